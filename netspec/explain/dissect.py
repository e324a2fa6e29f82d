"""Dissection: the patches of many pictures that excite a channel most."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import floor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from netspec.analysis.receptive import Field, Pixels, receptive_fields
from netspec.explain.maps import Array
from netspec.explain.net import Net
from netspec.machine.errors import UnusableError
from netspec.runtime.errors import InputError
from netspec.text.printable import printable

#: Channels that are looked at unless some are named.
_MOST = 16


@dataclass(frozen=True, eq=False)
class Patch:
    """What a place of a channel sees of a picture: `box` is (top, left, bottom, right) of the part
    of its receptive field that lies in the picture, `pixels` are those, (h, w) or (h, w, 3); the
    channel's `value` is its largest in the picture.
    """

    path: Path
    value: float
    box: tuple[int, int, int, int]
    pixels: NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Dissected:
    """A channel of a layer with its patches, the most exciting one first."""

    layer: str
    channel: int
    patches: tuple[Patch, ...]


def dissect(
    net: Net,
    pictures: Sequence[Path],
    layer: str,
    channels: Sequence[int] = (),
    top: int = 9,
    *,
    fail: Callable[[InputError], object] | None = None,
    progress: Callable[[int, int], object] = lambda done, count: None,
) -> tuple[Dissected, ...]:
    """Of each channel of a layer the `top` patches of pictures, one of a picture at most: where the
    channel is largest, what its receptive field covers. A vector's elements see all of it.

    Source: Zeiler & Fergus 2013, "Visualizing and understanding convolutional networks", figure 2;
    Bau et al. 2017, "Network dissection". No channels are the 16 that are excited most. Pictures
    are read one batch at a time. `progress` is told how many of how many are done, `fail` of each
    that cannot be read; without it InputError. UnusableError where the layer has no such channel,
    or no picture can be read.
    """
    kind = net.layer(layer).type
    for at in channels:
        if not 0 <= at < kind.channels:
            raise UnusableError(
                f"`{printable(layer)}` has no channel {at}",
                help=f"give a number from 0 to {kind.channels - 1}",
            )
    best = _Best(kind.channels, top)
    done = 0
    for first in range(0, len(pictures), net.batch):
        numbers = range(first, min(first + net.batch, len(pictures)))
        good, x = _read(net, pictures, numbers, fail)
        if good:
            best.take(good, net.activations(x, (layer,))[layer])
        done += len(numbers)
        progress(done, len(pictures))
    if not best.found:
        raise UnusableError("there is no picture to take patches of")
    chosen = list(channels) or best.strongest(_MOST)
    cut = _Cut(net, pictures, receptive_fields(net.graph.nodes)[layer], kind.shape)
    return cut.patches(layer, best, chosen)


def _read(
    net: Net,
    pictures: Sequence[Path],
    numbers: Sequence[int],
    fail: Callable[[InputError], object] | None,
) -> tuple[list[int], Array]:
    """The numbers of the pictures that can be read, and those as a batch."""
    good: list[int] = []
    rows: list[Array] = []
    for number in numbers:
        try:
            x, _ = net.prepare(pictures[number])
        except InputError as error:
            if fail is None:
                raise
            fail(error)
        else:
            good.append(number)
            rows.append(x)
    return good, np.concatenate(rows) if rows else np.empty(0, np.float32)


class _Best:
    """The largest values of each channel, (C, K) from the largest down, with the `pictures` that
    they are of and the `places` in the plane, counted along its rows.
    """

    def __init__(self, channels: int, top: int) -> None:
        self.top = top
        self.values = np.empty((channels, 0), np.float32)
        self.pictures = np.empty((channels, 0), np.int64)
        self.places = np.empty((channels, 0), np.int64)

    @property
    def found(self) -> bool:
        return self.values.shape[1] > 0

    def take(self, numbers: Sequence[int], answers: Array) -> None:
        """The answers of a layer for pictures of these numbers, (N, C, ...)."""
        planes = answers.reshape(*answers.shape[:2], -1)
        places = planes.argmax(axis=2)
        values = np.take_along_axis(planes, places[..., None], 2)[..., 0]
        of = np.broadcast_to(np.asarray(numbers), values.T.shape)
        together = np.concatenate([self.values, values.T], axis=1)
        order = np.argsort(-together, axis=1, kind="stable")[:, : self.top]
        self.values = np.take_along_axis(together, order, 1)
        self.pictures = np.take_along_axis(np.concatenate([self.pictures, of], 1), order, 1)
        self.places = np.take_along_axis(np.concatenate([self.places, places.T], 1), order, 1)

    def strongest(self, count: int) -> list[int]:
        """The channels whose largest values are the largest."""
        return [int(at) for at in np.argsort(-self.values[:, 0], kind="stable")[:count]]


@dataclass(frozen=True)
class _Cut:
    """Cuts patches out of pictures: what the places of a layer of a `shape` see."""

    net: Net
    pictures: Sequence[Path]
    field: Field | None
    shape: tuple[int, ...]

    def patches(self, layer: str, best: _Best, channels: Sequence[int]) -> tuple[Dissected, ...]:
        """Those of channels; each picture is read once."""
        found: dict[tuple[int, int], Patch] = {}
        wanted = (
            (int(best.pictures[at]), at)
            for at in np.ndindex(best.values.shape)
            if at[0] in channels
        )
        last, pixels = -1, np.empty(0, np.uint8)
        for number, at in sorted(wanted):
            if number != last:
                last, (_, pixels) = number, self.net.prepare(self.pictures[number])
            box = self._box(int(best.places[at]), pixels.shape)
            part = pixels[box[0] : box[2], box[1] : box[3]].copy()
            found[at] = Patch(self.pictures[number], float(best.values[at]), box, part)
        count = best.values.shape[1]
        return tuple(
            Dissected(layer, at, tuple(found[at, rank] for rank in range(count))) for at in channels
        )

    def _box(self, place: int, area: tuple[int, ...]) -> tuple[int, int, int, int]:
        """What a place sees, cut off at the picture's borders."""
        height, width = area[:2]
        if self.field is None or self.field.stride is None or self.field.padding is None:
            return 0, 0, height, width
        spots = divmod(place, self.shape[2])
        (top, bottom), (left, right) = (
            _span(*each)
            for each in zip(
                spots, self.field.stride, self.field.padding, self.field.size, area, strict=False
            )
        )
        return top, left, bottom, right


def _span(spot: int, stride: Pixels, pad: int, size: int, side: int) -> tuple[int, int]:
    """From where to where a place sees along an axis; one pixel at least."""
    start = floor(spot * stride) - pad
    first = min(max(start, 0), side - 1)
    return first, max(min(start + size, side), first + 1)
