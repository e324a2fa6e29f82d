"""Runs of equal layers and equal changes, each said once."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from netspec.analysis.diff.pair import Pair

#: The longest block, in layers, that is looked for as one that repeats.
_PERIOD = 64
#: From how many on equal runs at different places are said once.
_ALIKE = 3


@dataclass(frozen=True, slots=True)
class Group:
    """Pairs that are printed together: equal runs of added or of removed layers, pairs in which the
    same changed, or all that follow.

    `after` has the pair before each run, None at the beginning; all runs are of one length.
    """

    what: str
    pairs: tuple[Pair, ...]
    after: tuple[Pair | None, ...] = ()

    def runs(self) -> list[tuple[Pair, ...]]:
        """The pairs of each run."""
        size = len(self.pairs) // len(self.after)
        return [self.pairs[at : at + size] for at in range(0, len(self.pairs), size)]


def groups(pairs: Sequence[Pair]) -> list[Group]:
    """What is to be printed, in the order of execution; what is equal stands where the first is."""
    equal: dict[Hashable, list[Group]] = {}
    for group in _pieces(pairs):
        equal.setdefault(_key(group), []).append(group)
    for key, found in list(equal.items()):
        if 1 < len(found) < _ALIKE and found[0].after:
            equal |= {(key, at): [group] for at, group in enumerate(found)}
            del equal[key]
    place = {id(pair): at for at, pair in enumerate(pairs)}
    merged = [_merged(found) for found in equal.values()]
    return sorted(merged, key=lambda g: (g.what == "follows", place[id(g.pairs[0])]))


def _pieces(pairs: Sequence[Pair]) -> Iterator[Group]:
    """Each run of added or of removed layers, and each other pair that is not the same."""
    paired: Pair | None = None
    for what, members in groupby(pairs, lambda pair: pair.what):
        run = tuple(members)
        if what in ("added", "removed"):
            yield Group(what, run, (paired,))
            continue
        paired = run[-1]
        if what != "same":
            yield from (Group(what, (pair,)) for pair in run)


def _key(group: Group) -> Hashable:
    """What groups have in common that are said once."""
    first = group.pairs[0]
    if group.what == "follows":
        return group.what
    if not group.after:
        kinds = [node.kind for node in (first.left, first.right) if node]
        return group.what, *kinds, first.changes
    before = group.after[0].left if group.after[0] else None
    nodes = [pair.left or pair.right for pair in group.pairs]
    return group.what, before and before.kind, *[node.layer for node in nodes if node]


def _merged(found: Sequence[Group]) -> Group:
    pairs = tuple(pair for group in found for pair in group.pairs)
    return Group(found[0].what, pairs, tuple(place for group in found for place in group.after))


def periods(keys: Sequence[Hashable]) -> Iterator[tuple[int, int, int]]:
    """(start, length, times) of the stretches of a sequence that repeat, and of what is between.

    Of several ways the one that covers most, in the shortest period.
    """
    at = 0
    while at < len(keys):
        length, times = 1, 1
        for period in range(1, min(_PERIOD, (len(keys) - at) // 2) + 1):
            same = 0
            while at + period + same < len(keys) and keys[at + same] == keys[at + period + same]:
                same += 1
            count = same // period + 1
            if count > 1 and count * period > length * times:
                length, times = period, count
        yield at, length, times
        at += length * times
