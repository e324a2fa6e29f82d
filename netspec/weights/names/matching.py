"""A file's names -> ours, or why not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from netspec.graph.graph import Graph
from netspec.text.limits import MATCH_STEPS
from netspec.weights.names.assign import Assignment, assign
from netspec.weights.names.modules import Module, read_modules, trunk, with_open_lists, without
from netspec.weights.names.refusal import (
    doubtful,
    either_part,
    left_over,
    no_order,
    too_open,
)
from netspec.weights.names.slots import Places, Shapes, find_places
from netspec.weights.names.steps import Steps, TooManyStepsError
from netspec.weights.names.tiling import Tiling
from netspec.weights.stored import Stored


@dataclass(frozen=True)
class Match:
    """Our tensors -> the file's, and what the file has besides."""

    theirs: Mapping[str, str]
    extra: tuple[str, ...]


def find_match(
    graph: Graph,
    stored: Mapping[str, Stored],
    settled: Mapping[str, str] | None = None,
    besides: Collection[str] = (),
) -> Match:
    """The tensors of a file, called by the names of PyTorch's modules, that are those of a net.

    `settled` are our tensors whose counterparts are known, and layers `besides` look for none: what
    no other layer can be is left out in their place. UnmatchedError where a tensor is missing or
    doubtful, or where the names leave too much open. The file's order has no influence.
    """
    known = dict(settled or {})
    layers = {name.rpartition(".")[0] for name in known}
    places = find_places(graph, layers | set(besides))
    rest = {name: stored[name] for name in sorted(stored.keys() - set(known.values()))}
    others = _without_theirs(places, rest, len(besides))
    root, strangers = read_modules(others)
    spare = _spare(places, root)
    if spare is None:
        places = replace(places, exact=False)
        spare = _spare(places, root)
    if spare is None:
        raise left_over(places, root, {name: others[name] for name in strangers})
    try:
        assignment = _only(places, root, spare)
    except TooManyStepsError:
        raise too_open() from None
    if assignment.doubts:
        raise doubtful(places, assignment.doubts)
    for at, module in assignment.modules.items():
        layer = places.slots[at].layer
        known |= {f"{layer}.{ours}": theirs for ours, theirs in module.tensors.items()}
    used = set(known.values())
    return Match(known, tuple(name for name in others if name not in used))


def _without_theirs(
    places: Places, stored: Mapping[str, Stored], most: int
) -> Mapping[str, Stored]:
    """The tensors but for those of modules whose shapes are no layer's; all where these are more
    than so many.
    """
    bare = replace(places, exact=False)
    wanted = {bare.key(slot.shapes) for slot in places.slots}
    root, _ = read_modules(stored)
    gone = [leaf for leaf in root.leaves if leaf.tensors and bare.key(leaf.shapes) not in wanted]
    if len(gone) > most:
        return stored
    names = {name for leaf in gone for name in leaf.tensors.values()}
    return {name: tensor for name, tensor in stored.items() if name not in names}


def _spare(places: Places, root: Module) -> Counter[Shapes] | None:
    """How many modules of each kind the file has too many; None where it has too few of one."""
    wanted = Counter(places.key(slot.shapes) for slot in places.slots)
    there = Counter(places.key(leaf.shapes) for leaf in root.leaves if leaf.tensors)
    return None if wanted - there else there - wanted


def _only(places: Places, root: Module, spare: Counter[Shapes]) -> Assignment:
    """Where the modules of the one part of the tree stand that fits the net."""
    steps = Steps(MATCH_STEPS)
    tiling = Tiling(places, steps)
    for read in (trunk, with_open_lists):
        top = trunk(read(root))
        fitting = ((part, assign(tiling, part)) for part in _parts(places, top, spare, steps))
        found = list(islice(((p, a) for p, a in fitting if a is not None), 2))
        if len(found) == 1:
            return found[0][1]
        if found:
            raise either_part(top, found[0][0], found[1][0])
    raise left_over(places, root, {}) if spare else no_order(places, tiling.reached)


def _parts(places: Places, top: Module, spare: Counter[Shapes], steps: Steps) -> Iterator[Module]:
    """The module without those of its children that hold what the file has too much of."""
    bags = {
        name: Counter(places.key(leaf.shapes) for leaf in child.leaves)
        for name, child in (top.children.items() if spare else ())
    }
    small = [(name, bag) for name, bag in bags.items() if bag <= spare]
    for gone in _covers(small, spare, steps):
        yield without(top, gone)


def _covers(
    bags: Sequence[tuple[str, Counter[Shapes]]], spare: Counter[Shapes], steps: Steps
) -> Iterator[tuple[str, ...]]:
    """The names of bags that are `spare` together."""
    stack: list[tuple[int, Counter[Shapes], tuple[str, ...]]] = [(0, spare, ())]
    while stack:
        at, left, names = stack.pop()
        steps.take(len(left) + len(names) + 1)
        if not left:
            yield names
        elif at < len(bags):
            name, bag = bags[at]
            stack.append((at + 1, left, names))
            if bag <= left:
                stack.append((at + 1, left - bag, (*names, name)))
