"""The layers of two nets in one row of items: what changed one by one, what did not together."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby

from netspec.analysis.diff import GraphDiff, Pair
from netspec.analysis.diff.fold import periods
from netspec.graph import Graph, Node

#: From how many on layers in a row that did not change are one item.
_FEW = 3
#: What becomes of layers that the picture need not show one by one.
_QUIET = ("same", "follows")


@dataclass(frozen=True, eq=False)
class Item:
    """What one box of the picture stands for: a layer that stands in the net several times, or,
    `whole`, layers in a row that did not change.
    """

    pairs: tuple[Pair, ...]
    times: int = 1
    whole: bool = False

    @property
    def count(self) -> int:
        """How many layers it stands for each time that it stands in the net."""
        return len(self.pairs) // self.times

    @property
    def what(self) -> str:
        """What became of its layers, as `Pair` says it."""
        return self.pairs[0].what


@dataclass(frozen=True, eq=False)
class Stretch:
    """Items that follow each other and stand in the net so often."""

    items: tuple[Item, ...]
    times: int = 1


def stretches(diff: GraphDiff) -> list[Stretch]:
    """The items of a difference, in the order of execution."""
    made: list[Stretch] = []
    plain: list[Pair] = []
    places = _Places(diff)
    for start, length, times in periods([places.key(pair) for pair in diff.pairs]):
        stretch = diff.pairs[start : start + length * times]
        if times == 1 or all(pair.what in _QUIET for pair in stretch):
            plain += stretch
            continue
        made += [Stretch((item,)) for item in _items(plain, 1)]
        made.append(Stretch(tuple(_items(stretch, times)), times))
        plain = []
    return made + [Stretch((item,)) for item in _items(plain, 1)]


def _items(pairs: Sequence[Pair], times: int) -> Iterator[Item]:
    """The items of pairs that run so often through the same."""
    length = len(pairs) // times
    at = 0
    for what, run in groupby(pairs[:length], lambda pair: pair.what):
        count = len(list(run))
        columns = [pairs[at + i :: length] for i in range(count)]
        if what in _QUIET and count >= _FEW:
            yield Item(tuple(pair for column in columns for pair in column), times, whole=True)
        else:
            yield from (Item(tuple(column), times) for column in columns)
        at += count


class _Places:
    """Where the layers of both nets stand, to tell stretches that repeat from those that do not."""

    def __init__(self, diff: GraphDiff) -> None:
        self.left = {node.name: at for at, node in enumerate(diff.left.nodes)}
        self.right = {node.name: at for at, node in enumerate(diff.right.nodes)}

    def key(self, pair: Pair) -> Hashable:
        """What is equal for layers that are drawn as one."""
        sides = ((pair.left, self.left), (pair.right, self.right))
        return pair.what, *(_form(node, places) for node, places in sides), pair.changes


def _form(node: Node | None, places: Mapping[str, int]) -> Hashable:
    if node is None:
        return None
    here = places[node.name]
    return node.layer, node.type, tuple(here - places[name] for name in node.inputs)


@dataclass(frozen=True)
class Link:
    """An arrow between two items; `left` and `right` say in which nets it is."""

    source: int
    target: int
    left: bool
    right: bool


@dataclass(frozen=True, eq=False)
class Links:
    """The arrows between the items of a difference."""

    diff: GraphDiff
    items: Sequence[Item]

    def __iter__(self) -> Iterator[Link]:
        """Each pair of items that an arrow joins in either net, once."""
        left, right = (self._links(side) for side in range(2))
        for source, target in dict.fromkeys((*right, *left)):
            yield Link(source, target, (source, target) in left, (source, target) in right)

    @cached_property
    def _of(self) -> tuple[dict[str, int], dict[str, int]]:
        """For each layer of the left and of the right net its item."""
        found: tuple[dict[str, int], dict[str, int]] = ({}, {})
        for at, item in enumerate(self.items):
            for pair in item.pairs:
                for side, node in enumerate((pair.left, pair.right)):
                    if node is not None:
                        found[side][node.name] = at
        return found

    def _links(self, side: int) -> dict[tuple[int, int], None]:
        graph: Graph = (self.diff.left, self.diff.right)[side]
        of = self._of[side]
        links = ((of[source], of[node.name]) for node in graph.nodes for source in node.inputs)
        # an arrow back is the way from the end of a stretch to where it starts again
        return dict.fromkeys((source, target) for source, target in links if source < target)
