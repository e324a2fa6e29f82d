"""Dissection: the patches of many pictures that excite a channel most."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, islice, product
from typing import TypeAlias

import numpy as np

from netspec.analysis.receptive import receptive_fields
from netspec.explain.largest import Best
from netspec.explain.maps import Array
from netspec.explain.net import Net
from netspec.explain.patches import Patch, View
from netspec.explain.progress import Progress, unheard
from netspec.explain.samples import Sample, file_name, read
from netspec.runtime.errors import InputError
from netspec.text.printable import printable

#: Channels that are looked at unless some are named.
_MOST = 16

#: The number of a file, and that of a sample in it.
_Place: TypeAlias = tuple[int, int]
_Batch: TypeAlias = list[tuple[_Place, Sample]]


@dataclass(frozen=True, eq=False)
class Dissected:
    """A channel of a layer with its patches, the most exciting one first."""

    layer: str
    channel: int
    patches: tuple[Patch, ...]


def dissect(
    net: Net,
    paths: Sequence[str],
    layers: Sequence[str],
    channels: Sequence[int] = (),
    top: int = 9,
    *,
    name_of: Callable[[str], str] = file_name,
    fail: Callable[[InputError], object] | None = None,
    progress: Progress = unheard,
) -> tuple[tuple[Dissected, ...], ...]:
    """Of each layer and channel the `top` patches of pictures, one of a picture at most: where the
    channel is largest, what its receptive field covers. A vector's elements see all of it.

    Source: Zeiler & Fergus 2013, "Visualizing and understanding convolutional networks", figure 2;
    Bau et al. 2017, "Network dissection". Files are read as `read` has it, one batch at a time. No
    channels are the 16 that are excited most. Patches say what files are called as `name_of` has
    it. `progress` is told how many files of how many are done, `fail` of each that cannot be read;
    without it InputError, and where none can be read. UnusableError where a layer has no such
    channel.
    """
    for layer, channel in product(layers, channels):
        net.check_channel(layer, channel)
    best, places = [Best(net.layer(name).type.channels, top) for name in layers], list[_Place]()
    files = _Files(net, paths, name_of)
    for batch in _batches(files.all(fail, progress), net.batch):
        for part, answers in _answers(net, batch, layers, fail):
            numbers = range(len(places), len(places) + len(part))
            places += [place for place, _ in part]
            for layer, held in zip(layers, best, strict=True):
                held.take(numbers, answers[layer])
    if not places:
        raise InputError("there is no picture to take patches of")
    found = _cut(files, places, layers, best, channels)
    return tuple(
        tuple(Dissected(layer, at, tuple(patches)) for at, patches in of.items())
        for layer, of in zip(layers, found, strict=True)
    )


@dataclass(frozen=True)
class _Files:
    """The samples of files, which are called as `name_of` has it."""

    net: Net
    paths: Sequence[str]
    name_of: Callable[[str], str]

    def samples(self, number: int) -> Iterator[Sample]:
        """Those of a file."""
        path = self.paths[number]
        return read(self.net, path, self.name_of(path))

    def all(
        self, fail: Callable[[InputError], object] | None, progress: Progress
    ) -> Iterator[tuple[_Place, Sample]]:
        """Those of all files that can be read."""
        for number in range(len(self.paths)):
            try:
                yield from (((number, at), one) for at, one in enumerate(self.samples(number)))
            except InputError as error:
                if fail is None:
                    raise
                fail(error)
            progress(number + 1, len(self.paths))

    def again(
        self, places: Sequence[_Place], numbers: Sequence[int]
    ) -> Iterator[tuple[int, Sample]]:
        """Some by their numbers in `places`, in order."""
        for file, some in groupby(numbers, lambda number: places[number][0]):
            at = {places[number][1]: number for number in some}
            for place, sample in enumerate(self.samples(file)):
                if place in at:
                    yield at[place], sample


def _answers(
    net: Net,
    batch: _Batch,
    layers: Sequence[str],
    fail: Callable[[InputError], object] | None,
) -> Iterator[tuple[_Batch, dict[str, Array]]]:
    """What layers answer to a batch; one by one where a sample leads to what is no number."""
    x = {name: np.concatenate([one.x[name] for _, one in batch]) for name in net.graph.inputs}
    try:
        yield batch, net.activations(x, layers)
    except InputError as error:
        if len(batch) > 1:
            for one in batch:
                yield from _answers(net, [one], layers, fail)
        elif fail is None:
            raise
        else:
            fail(InputError(f"{printable(batch[0][1].name)}: {error}"))


def _batches(samples: Iterator[tuple[_Place, Sample]], size: int) -> Iterator[_Batch]:
    while batch := list(islice(samples, size)):
        yield batch


def _cut(
    files: _Files,
    places: Sequence[_Place],
    layers: Sequence[str],
    best: Sequence[Best],
    channels: Sequence[int],
) -> list[dict[int, list[Patch]]]:
    """The patches of each layer by channel, the strongest first; each file is read once more, and
    the samples that were chosen are looked at once more.
    """
    net = files.net
    fields = receptive_fields(net.graph.nodes)
    views = [View(fields[name], net.layer(name).type.shape) for name in layers]
    found = [dict[int, list[Patch]]() for _ in layers]
    wanted = defaultdict[int, list[tuple[int, int, int]]](list)
    for number, held in enumerate(best):
        for channel in channels or held.strongest(_MOST):
            found[number][channel] = []
            for rank, picture in enumerate(held.pictures[channel]):
                wanted[int(picture)].append((number, channel, rank))
    ranked: dict[tuple[int, int, int], Patch] = {}
    for picture, sample in files.again(places, sorted(wanted)):
        answers = net.activations(sample.x, layers)
        for at in wanted[picture]:
            number, channel, rank = at
            spot, held = (channel, rank), best[number]
            plane = answers[layers[number]][0, channel]
            place, value = int(held.places[spot]), float(held.values[spot])
            ranked[at] = views[number].patch(sample, place, value, plane)
    for number, channel, rank in sorted(ranked):
        found[number][channel].append(ranked[number, channel, rank])
    return found
