"""Occlusion: what the net still sees of a picture when a part of it is covered."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from netspec.explain.blur import blurred
from netspec.explain.maps import Array, Map
from netspec.explain.net import Inputs, Net
from netspec.machine.errors import UnusableError
from netspec.runtime.images import to_input
from netspec.text.printable import printable

#: What a square is covered with.
Fill: TypeAlias = Literal["grey", "mean", "blur"]

#: Parts of the shorter side that a square and its step are, unless they are given.
_SIZE, _STEP = 7, 28


@dataclass(frozen=True, eq=False)
class Occlusion:
    """Of some classes the `falls` of their probability where the square stands, and the numbers of
    the classes that win then, `winners`, (H, W).
    """

    falls: tuple[Map, ...]
    winners: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Square:
    """A cell of the picture, and the square that lies over it: slices of rows and columns."""

    cell: tuple[slice, slice]
    cover: tuple[slice, slice]


def occlude(
    net: Net,
    x: Inputs,
    numbers: Sequence[int] = (),
    *,
    fill: Fill = "grey",
    size: int | None = None,
    stride: int | None = None,
    progress: Callable[[int, int], object] = lambda done, count: None,
) -> Occlusion:
    """What the probabilities of classes lose when a square slides over one sample.

    Source: Zeiler & Fergus 2013, "Visualizing and understanding convolutional networks", section
    4.2. The picture is cut into cells of `stride` x `stride` pixels; the square of `size` x `size`
    lies over the middle of a cell, cut off at the borders, and what it does is the number of all
    the cell's pixels. Pixels; by default a seventh and a 28th of the shorter side. It is `grey`,
    127.5 of 255 in each channel, the picture's own `mean` colour, or the picture in a `blur` whose
    sigma is half of `size`. No class is the winner.

    `net.batch` samples run at a time; after each batch `progress` is told how many squares of how
    many are done. UnusableError where the input has no area, or for `grey` no `image:` section.
    """
    feeds = net.feeds(x)
    picture = feeds[net.input][0]
    if picture.ndim != 3:
        kind = net.graph.inputs[net.input]
        raise UnusableError(
            f"`{printable(net.input)}` is {kind}, which has no area that a square could cover",
            help="`saliency` explains a net of any inputs",
        )
    area, short = picture.shape[1:], min(picture.shape[1:])
    size = size or max(1, round(short / _SIZE))
    squares = _squares(area, size, stride or max(1, round(short / _STEP)))
    before = net.probabilities(feeds)[0]
    asked = list(numbers) or [int(before.argmax())]
    falls, winners = np.empty((len(asked), *area), np.float32), np.empty(area, np.int64)
    covering = _Covering(net, feeds, _filling(net, picture, fill, size))
    done = 0
    for batch, chances in covering.chances(squares):
        for square, found in zip(batch, chances, strict=True):
            falls[(..., *square.cell)] = (before - found)[asked, None, None]
            winners[square.cell] = found.argmax()
        done += len(batch)
        progress(done, len(squares))
    said = (
        Map("occlusion", net.input, net.label(at), at, float(before[at]), fall, signed=True)
        for at, fall in zip(asked, falls, strict=True)
    )
    return Occlusion(tuple(said), winners)


def _squares(area: tuple[int, ...], size: int, stride: int) -> list[_Square]:
    rows, columns = (list(_along(side, size, stride)) for side in area)
    return [_Square((row[0], column[0]), (row[1], column[1])) for row in rows for column in columns]


def _along(side: int, size: int, stride: int) -> Iterator[tuple[slice, slice]]:
    """The cells along an axis, and what the square covers over each."""
    for first in range(0, side, stride):
        start = first + (stride - size) // 2
        yield slice(first, first + stride), slice(max(start, 0), start + size)


def _filling(net: Net, picture: Array, fill: Fill, size: int) -> Array:
    """What shows in the place of the picture where it is covered."""
    match fill:
        case "grey":
            if net.input not in net.images:
                raise UnusableError(
                    f"which number of `{printable(net.input)}` is grey, only an `image:` section of"
                    " the spec could say",
                    help="fill with `mean` or `blur`, which need none",
                )
            grey = np.full_like(picture, 127.5)
            to_input(grey, net.images[net.input], grey)
            return grey
        case "mean":
            return np.broadcast_to(picture.mean(axis=(1, 2), keepdims=True), picture.shape)
        case "blur":
            return blurred(picture, size / 2)


class _Covering:
    """A sample, under squares in which `filling` shows in place of its picture."""

    def __init__(self, net: Net, feeds: Mapping[str, Array], filling: Array) -> None:
        self.net, self.filling, self.picture = net, filling, feeds[net.input][0]
        self._feeds = feeds
        self._free: list[dict[str, Array]] = []

    def chances(self, squares: Sequence[_Square]) -> Iterator[tuple[Sequence[_Square], Array]]:
        """What the net says under each, (n, classes), of so many at a time, in order.

        On a GPU two batches are under way: one gets there while the other is computed.
        """
        size = self.net.batch
        batches = [squares[first : first + size] for first in range(0, len(squares), size)]
        with ThreadPoolExecutor(1 if self.net.device == "cpu" else 2) as pool:
            yield from zip(batches, pool.map(self._chances, batches), strict=True)

    def _chances(self, squares: Sequence[_Square]) -> Array:
        """Only the squares are written into a batch of the picture, and the picture back there."""
        held = self._free.pop() if self._free else self._batch()
        rows = held[self.net.input]
        for row, square in zip(rows, squares, strict=False):
            row[(..., *square.cover)] = self.filling[(..., *square.cover)]
        chances = self.net.probabilities({k: rows[: len(squares)] for k, rows in held.items()})
        for row, square in zip(rows, squares, strict=False):
            row[(..., *square.cover)] = self.picture[(..., *square.cover)]
        self._free.append(held)
        return chances

    def _batch(self) -> dict[str, Array]:
        return {name: np.repeat(array, self.net.batch, 0) for name, array in self._feeds.items()}
