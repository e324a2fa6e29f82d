"""Pictures turned, scaled and shifted, as one affine map of the places of their pixels."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from netspec.text.training import Choice
from netspec.train.data.draws import Draws

#: What is one resampling together.
MOVES = ("turn", "scale", "shift")
#: Places that are worked on at a time: what is known of them stays in a processor's cache.
_BLOCK = 1 << 16


def moved(
    x: NDArray[np.float32],
    moves: Mapping[str, Choice],
    indices: NDArray[np.int64],
    draws: Draws,
    lane: int,
) -> NDArray[np.float32]:
    """The pictures, turned about their centre, scaled, then shifted, each by a part of the most.

    (n, C, H, W) -> same, bilinear; beyond an edge is what is at the edge.
    """

    def part(name: str, option: str, at: int) -> NDArray[np.float64]:
        most = moves[name][option] if name in moves else 0.0
        return draws.between(-most, most, indices, lane + at)[:, None, None]

    height, width = x.shape[2:]
    angle, zoom = np.deg2rad(part("turn", "degrees", 0)), 1 + part("scale", "part", 1)
    down, across = part("shift", "part", 2) * height, part("shift", "part", 3) * width
    cos, sin = np.cos(angle) / zoom, np.sin(angle) / zoom
    middle = (height - 1) / 2, (width - 1) / 2
    result, step = np.empty_like(x), max(_BLOCK // (height * width), 1)
    for start in range(0, len(x), step):
        some = slice(start, start + step)
        y = np.arange(height)[:, None] - middle[0] - down[some]
        z = np.arange(width) - middle[1] - across[some]
        rows, columns = cos[some] * y - sin[some] * z, sin[some] * y + cos[some] * z
        _sample(x[some], rows + middle[0], columns + middle[1], result[some])
    return result


def _sample(
    x: NDArray[np.float32],
    rows: NDArray[np.float64],
    columns: NDArray[np.float64],
    into: NDArray[np.float32],
) -> None:
    """The pictures at places (n, H, W), between pixels by their nearness."""
    count, channels, height, width = x.shape
    top, down = _between(rows, height)
    left, across = _between(columns, width)
    place = top * width + left + np.arange(count)[:, None, None] * (channels * height * width)
    right = place + (left < width - 1)
    below = width * (top < height - 1)
    flat = x.reshape(-1)
    for channel in range(channels):
        values = flat[channel * height * width :]
        upper = _mixed(values.take(place), values.take(right), across)
        lower = _mixed(values.take(place + below), values.take(right + below), across)
        into[:, channel] = _mixed(upper, lower, down)


def _mixed(
    first: NDArray[np.float32], second: NDArray[np.float32], share: NDArray[np.float32]
) -> NDArray[np.float32]:
    """first + share * (second - first), in their own memory"""
    second -= first
    second *= share
    first += second
    return first


def _between(
    places: NDArray[np.float64], size: int
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """The pixel before each place, and how far behind it that is; places are brought inside."""
    inside = np.clip(places, 0, size - 1)
    before = inside.astype(np.int64)
    return before, (inside - before).astype(np.float32)
