"""Which of a file's tensors are a net's, by name."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from netspec.graph.graph import Graph
from netspec.layers import Weight
from netspec.machine.errors import UnusableError
from netspec.text.printable import printable
from netspec.weights.faults import (
    UnfitError,
    advice,
    find_faults,
    listed,
    near,
    unfit_layers,
)
from netspec.weights.names.matching import Match, find_match
from netspec.weights.names.refusal import UnmatchedError
from netspec.weights.renaming import idle, rename
from netspec.weights.stored import Stored

#: What PyTorch counts in training, and no net needs to run.
_UNUSED = "num_batches_tracked"

T = TypeVar("T")


@dataclass(frozen=True)
class Assigned:
    """Our tensors -> the file's, in the order of execution, with the file's shapes; and what of the
    file is left out.
    """

    theirs: Mapping[str, str]
    shapes: Mapping[str, tuple[int, ...]]
    extra: tuple[str, ...]


def assign_names(
    graph: Graph,
    path: Path | None,
    stored: Mapping[str, Stored],
    renames: Mapping[str, str],
    *,
    allow_extra: bool,
    besides: Collection[str] = (),
) -> Assigned:
    """The tensors of a file that are those of a net: the ones with our names, once `renames` has
    mapped those it names, else the ones whose own names and shapes tell which layers they belong
    to. Layers `besides` take nothing from the file, whatever it has for them.

    UnusableError, which names every tensor that is missing, left over or doubtful, and the file if
    it is one.
    """
    if lines := idle(renames, stored):
        faults = [f"{line} stands in the map, and fits no name of the file" for line in lines]
        raise _unfit(path, faults, "mend or remove these lines")
    weights = dict(graph.all_weights())
    wanted = _without(besides, weights)
    held = {n: t for n, t in stored.items() if n.rpartition(".")[2] != _UNUSED or n in renames}
    names: Mapping[str, str] = _by_our_names(path, held, renames)
    found: Mapping[str, Stored] = {ours: held[name] for ours, name in names.items()}
    try:
        if any(name not in found or found[name].shape != w.shape for name, w in wanted.items()):
            names, found = _matched(graph, weights, held, names, besides)
    except UnmatchedError as error:
        raise _unfit(path, error.faults, error.help) from None
    faults = find_faults(wanted, _without(besides, found), allow_extra)
    if faults:
        raise _unfit(path, faults, advice(faults), unfit_layers(wanted, found))
    theirs = {name: names[name] for name in wanted}
    extra = tuple(sorted(held.keys() - set(theirs.values())))
    return Assigned(theirs, {name: held[n].shape for name, n in theirs.items()}, extra)


def _matched(
    graph: Graph,
    wanted: Mapping[str, Weight],
    held: Mapping[str, Stored],
    names: Mapping[str, str],
    besides: Collection[str],
) -> tuple[Mapping[str, str], Mapping[str, Stored]]:
    """What each tensor of the file is, one of ours or by its own name one too many; and the tensors
    by these names, in our shapes.

    A file most of whose names are ours is one of ours with mistakes: it stays as it is named.
    """
    mapped = {ours: name for ours, name in names.items() if ours != name}
    unknown = sorted(mapped.keys() - wanted.keys())
    if unknown:
        faults = (f"{mapped[n]} is mapped to {n}{near(n, wanted)}" for n in unknown)
        raise UnmatchedError(faults, "map to names that the net has; `netspec weights` lists them")
    try:
        match = _match(graph, held, mapped, besides)
    except UnmatchedError:
        if 2 * sum(name in held for name in wanted) > len(wanted):
            return names, {ours: held[name] for ours, name in names.items()}
        raise
    clash = sorted(wanted.keys() & set(match.extra))
    if clash:
        raise UnmatchedError(
            f"doubtful: {name} is left over, and is a name of ours" for name in clash
        )
    found = {ours: held[name] for ours, name in mapped.items()}
    for ours in match.theirs.keys() - mapped.keys():
        found[ours] = replace(held[match.theirs[ours]], shape=wanted[ours].shape)
    extra = {name: name for name in match.extra}
    return {**match.theirs, **extra}, {**found, **{name: held[name] for name in extra}}


def _match(
    graph: Graph,
    held: Mapping[str, Stored],
    mapped: Mapping[str, str],
    besides: Collection[str],
) -> Match:
    """The match of all layers, else of those that take something from the file."""
    try:
        return find_match(graph, held, mapped)
    except UnmatchedError:
        if not besides:
            raise
        return find_match(graph, held, mapped, besides)


def _without(layers: Collection[str], tensors: Mapping[str, T]) -> Mapping[str, T]:
    """Tensors by name, but for those of some layers."""
    return {name: t for name, t in tensors.items() if name.rpartition(".")[0] not in layers}


def _unfit(
    path: Path | None, faults: list[str], help: str | None, layers: Iterable[str] = ()
) -> UnfitError:
    what = f"{printable(str(path))} does" if path else "the weights do"
    return UnfitError(f"{what} not fit the net:{listed(faults)}", help, layers)


def _by_our_names(
    path: Path | None, stored: Mapping[str, Stored], renames: Mapping[str, str]
) -> dict[str, str]:
    theirs: dict[str, str] = {}
    for name in stored:
        ours = rename(name, renames)
        if ours in theirs:
            both = f"{printable(theirs[ours])} and {printable(name)}"
            where = f"{printable(str(path))}: " if path else ""
            raise UnusableError(f"{where}{both} are both mapped to {printable(ours)}")
        theirs[ours] = name
    return theirs
