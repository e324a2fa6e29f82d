"""Dissection: the patches of many pictures that excite a channel most."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, islice
from math import floor
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from netspec.analysis.receptive import Field, Pixels, receptive_fields
from netspec.explain.largest import Best
from netspec.explain.net import Net
from netspec.explain.progress import Progress, unheard
from netspec.explain.samples import Sample, read
from netspec.machine.errors import UnusableError
from netspec.runtime.errors import InputError
from netspec.text.printable import printable

#: Channels that are looked at unless some are named.
_MOST = 16

#: The number of a file, and that of a sample in it.
_Place: TypeAlias = tuple[int, int]


@dataclass(frozen=True, eq=False)
class Patch:
    """What a place of a channel sees of a picture, by its `name`: `box` is (top, left, bottom,
    right) of the part of its receptive field that lies in the picture, `pixels` are those, (h, w)
    or (h, w, 3); the channel's `value` is its largest in the picture.
    """

    name: str
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
    paths: Sequence[str],
    layer: str,
    channels: Sequence[int] = (),
    top: int = 9,
    *,
    fail: Callable[[InputError], object] | None = None,
    progress: Progress = unheard,
) -> tuple[Dissected, ...]:
    """Of each channel of a layer the `top` patches of pictures, one of a picture at most: where the
    channel is largest, what its receptive field covers. A vector's elements see all of it.

    Source: Zeiler & Fergus 2013, "Visualizing and understanding convolutional networks", figure 2;
    Bau et al. 2017, "Network dissection". Files are read as `read` has it, one batch at a time. No
    channels are the 16 that are excited most. `progress` is told how many files of how many are
    done, `fail` of each that cannot be read; without it InputError, and where none can be read.
    UnusableError where the layer has no such channel.
    """
    kind = net.layer(layer).type
    for at in channels:
        if not 0 <= at < kind.channels:
            raise UnusableError(
                f"`{printable(layer)}` has no channel {at}",
                help=f"give a number from 0 to {kind.channels - 1}",
            )
    best, places = Best(kind.channels, top), list[_Place]()
    for batch in _batches(_samples(net, paths, fail, progress), net.batch):
        numbers = range(len(places), len(places) + len(batch))
        places += [place for place, _ in batch]
        x = {name: np.concatenate([one.x[name] for _, one in batch]) for name in net.graph.inputs}
        best.take(numbers, net.activations(x, (layer,))[layer])
    if not places:
        raise InputError("there is no picture to take patches of")
    chosen = list(channels) or best.strongest(_MOST)
    cut = _Cut(net, paths, places, receptive_fields(net.graph.nodes)[layer], kind.shape)
    return cut.patches(layer, best, chosen)


def _samples(
    net: Net,
    paths: Sequence[str],
    fail: Callable[[InputError], object] | None,
    progress: Progress,
) -> Iterator[tuple[_Place, Sample]]:
    """Those of all files that can be read."""
    for number, path in enumerate(paths):
        try:
            yield from (((number, at), one) for at, one in enumerate(read(net, path)))
        except InputError as error:
            if fail is None:
                raise
            fail(error)
        progress(number + 1, len(paths))


def _batches(
    samples: Iterator[tuple[_Place, Sample]], size: int
) -> Iterator[list[tuple[_Place, Sample]]]:
    while batch := list(islice(samples, size)):
        yield batch


@dataclass(frozen=True)
class _Cut:
    """Cuts patches out of the samples of files: what the places of a layer of a `shape` see."""

    net: Net
    paths: Sequence[str]
    samples: Sequence[_Place]
    field: Field | None
    shape: tuple[int, ...]

    def patches(self, layer: str, best: Best, channels: Sequence[int]) -> tuple[Dissected, ...]:
        """Those of channels; each file is read once."""
        count = best.values.shape[1]
        wanted = defaultdict[int, list[tuple[int, int]]](list)
        for at in ((channel, rank) for channel in channels for rank in range(count)):
            wanted[int(best.pictures[at])].append(at)
        found: dict[tuple[int, int], Patch] = {}
        for number, sample in self._read(sorted(wanted)):
            for at in wanted[number]:
                box = self._box(int(best.places[at]), sample.pixels.shape)
                part = sample.pixels[box[0] : box[2], box[1] : box[3]].copy()
                found[at] = Patch(sample.name, float(best.values[at]), box, part)
        return tuple(
            Dissected(layer, at, tuple(found[at, rank] for rank in range(count))) for at in channels
        )

    def _read(self, numbers: Sequence[int]) -> Iterator[tuple[int, Sample]]:
        """Samples by number, in order."""
        for file, some in groupby(numbers, lambda number: self.samples[number][0]):
            at = {self.samples[number][1]: number for number in some}
            for place, sample in enumerate(read(self.net, self.paths[file])):
                if place in at:
                    yield at[place], sample

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
