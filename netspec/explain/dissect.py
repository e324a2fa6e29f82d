"""Dissection: the patches of many pictures that excite a channel most."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, islice
from typing import TypeAlias

import numpy as np

from netspec.analysis.receptive import receptive_fields
from netspec.explain.largest import Best
from netspec.explain.net import Net
from netspec.explain.patches import Patch, View
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
    fail: Callable[[InputError], object] | None = None,
    progress: Progress = unheard,
) -> tuple[tuple[Dissected, ...], ...]:
    """Of each layer and channel the `top` patches of pictures, one of a picture at most: where the
    channel is largest, what its receptive field covers. A vector's elements see all of it.

    Source: Zeiler & Fergus 2013, "Visualizing and understanding convolutional networks", figure 2;
    Bau et al. 2017, "Network dissection". Files are read as `read` has it, one batch at a time. No
    channels are the 16 that are excited most. `progress` is told how many files of how many are
    done, `fail` of each that cannot be read; without it InputError, and where none can be read.
    UnusableError where a layer has no such channel.
    """
    for layer in layers:
        _check_channels(net, layer, channels)
    best, places = [Best(net.layer(name).type.channels, top) for name in layers], list[_Place]()
    for batch in _batches(_samples(net, paths, fail, progress), net.batch):
        numbers = range(len(places), len(places) + len(batch))
        places += [place for place, _ in batch]
        x = {name: np.concatenate([one.x[name] for _, one in batch]) for name in net.graph.inputs}
        answers = net.activations(x, layers)
        for layer, held in zip(layers, best, strict=True):
            held.take(numbers, answers[layer])
    if not places:
        raise InputError("there is no picture to take patches of")
    found = _cut(net, paths, places, layers, best, channels)
    return tuple(
        tuple(Dissected(layer, at, tuple(patches)) for at, patches in of.items())
        for layer, of in zip(layers, found, strict=True)
    )


def _check_channels(net: Net, layer: str, channels: Sequence[int]) -> None:
    count = net.layer(layer).type.channels
    for at in channels:
        if not 0 <= at < count:
            raise UnusableError(
                f"`{printable(layer)}` has no channel {at}",
                help=f"give a number from 0 to {count - 1}",
            )


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


def _cut(
    net: Net,
    paths: Sequence[str],
    places: Sequence[_Place],
    layers: Sequence[str],
    best: Sequence[Best],
    channels: Sequence[int],
) -> list[dict[int, list[Patch]]]:
    """The patches of each layer by channel, the strongest first; each file is read once more, and
    the samples that were chosen are looked at once more.
    """
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
    for picture, sample in _read_again(net, paths, places, sorted(wanted)):
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


def _read_again(
    net: Net, paths: Sequence[str], places: Sequence[_Place], numbers: Sequence[int]
) -> Iterator[tuple[int, Sample]]:
    """Samples by number, in order."""
    for file, some in groupby(numbers, lambda number: places[number][0]):
        at = {places[number][1]: number for number in some}
        for place, sample in enumerate(read(net, paths[file])):
            if place in at:
                yield at[place], sample
