"""Occlusion: what the net still sees of a picture when a part of it is covered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from queue import SimpleQueue
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from netspec.analysis.units import percent
from netspec.explain.blur import blurred
from netspec.explain.maps import Array, Map, maps_of
from netspec.explain.net import Inputs, Net
from netspec.explain.progress import Progress, unheard
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
    progress: Progress = unheard,
) -> Occlusion:
    """What the probabilities of classes lose when a square slides over one sample.

    Source: Zeiler & Fergus 2013, "Visualizing and understanding convolutional networks", section
    4.2. The picture is cut into cells of `stride` x `stride` pixels; the square of `size` x `size`
    lies over the middle of a cell, cut off at the borders, and what it does is the number of all
    the cell's pixels. Pixels; by default a seventh and a 28th of the shorter side. It is `grey`,
    127.5 of 255 in each channel, the picture's own `mean` colour, or the picture in a `blur` whose
    sigma is half of `size`. No class is the winner.

    `net.batch` samples run at a time; after each batch `progress` is told how many squares of how
    many are done. UnusableError where the input has no area, or for `grey` no `image:` section, and
    where the square covers all, or is moved by more than all.
    """
    feeds = net.feeds(x)
    picture = feeds[net.input][0]
    if picture.ndim != 3:
        kind = net.graph.inputs[net.input]
        raise UnusableError(
            f"`{printable(net.input)}` is {kind}, which has no area that a square could cover",
            help="`saliency` explains a net of any inputs",
        )
    area = picture.shape[1:]
    size, stride = _pixels(area, size, _SIZE, "covers"), _pixels(area, stride, _STEP, "moves by")
    squares = _squares(area, size, stride)
    scores = net.scores(feeds)
    before = net.meaning.probabilities(scores)[0]
    for number in numbers:
        net.meaning.check(number)
    asked = list(numbers) or [int(before.argmax())]
    falls, winners = np.empty((len(asked), *area), np.float32), np.empty(area, np.int64)
    covering = _Covering(net, feeds, _filling(net, picture, fill, size), len(squares))
    done = 0
    for batch, chances in covering.chances(squares):
        for square, found in zip(batch, chances, strict=True):
            falls[(..., *square.cell)] = (before - found)[asked, None, None]
            winners[square.cell] = found.argmax()
        done += len(batch)
        progress(done, len(squares))
    maps = maps_of(net, scores, asked, list(falls), "occlusion", layer=net.input, signed=True)
    how = f"square {size}, step {stride}, {fill}"
    said = tuple(replace(one, note=f"{how}: {_most(net, one)}") for one in maps)
    return Occlusion(said, winners)


def _most(net: Net, found: Map) -> str:
    """How far a class falls at most, in words."""
    fall = float(found.values.max())
    said = percent(fall) if net.meaning.probable else f"{fall:.3g}"
    return f"falls by {said} at most" if fall > 0 else "falls nowhere"


def _pixels(area: tuple[int, ...], given: int | None, part: int, what: str) -> int:
    """The side of a square, or its step: as given, else a part of the shorter side.

    UnusableError where that is all of a picture.
    """
    pixels = given or max(1, round(min(area) / part))
    if pixels > 1 and pixels >= max(area):
        raise UnusableError(
            f"a square that {what} {pixels} pixels of {'x'.join(map(str, area))} tells no places "
            "apart",
            help=f"{max(area) // 2} is the most that makes sense",
        )
    return pixels


def _squares(area: tuple[int, ...], size: int, stride: int) -> list[_Square]:
    rows, columns = (list(_along(side, size, stride)) for side in area)
    return [_Square((row[0], column[0]), (row[1], column[1])) for row in rows for column in columns]


def _along(side: int, size: int, stride: int) -> Iterator[tuple[slice, slice]]:
    """The cells along an axis, and what the square covers over each."""
    for first in range(0, side, stride):
        start = min(first + (stride - size) // 2, side - 1)
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

    def __init__(self, net: Net, feeds: Mapping[str, Array], filling: Array, squares: int) -> None:
        self.net, self.filling, self.picture = net, filling, feeds[net.input][0]
        self._free = SimpleQueue[dict[str, Array]]()
        self._workers = 1 if net.device == "cpu" else 2
        for _ in range(self._workers):
            rows = min(net.batch, squares)
            self._free.put({name: np.repeat(array, rows, 0) for name, array in feeds.items()})

    def chances(self, squares: Sequence[_Square]) -> Iterator[tuple[Sequence[_Square], Array]]:
        """What the net says under each, (n, classes), of so many at a time, in order.

        On a GPU two batches are under way: one gets there while the other is computed.
        """
        size = self.net.batch
        batches = [squares[first : first + size] for first in range(0, len(squares), size)]
        with ThreadPoolExecutor(self._workers) as pool:
            yield from zip(batches, pool.map(self._chances, batches), strict=True)

    def _chances(self, squares: Sequence[_Square]) -> Array:
        """Only the squares are written into a batch of the picture, and the picture back there."""
        held = self._free.get()
        rows = held[self.net.input]
        for row, square in zip(rows, squares, strict=False):
            row[(..., *square.cover)] = self.filling[(..., *square.cover)]
        try:
            return self.net.probabilities({k: of[: len(squares)] for k, of in held.items()})
        finally:  # others wait for it, whatever comes of this batch
            for row, square in zip(rows, squares, strict=False):
                row[(..., *square.cover)] = self.picture[(..., *square.cover)]
            self._free.put(held)
