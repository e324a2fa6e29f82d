"""The whole of folding: repeats from the inside out, then blocks that occur again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import groupby

from netspec.diagram.folding.likeness import Part
from netspec.diagram.folding.runs import fold_equals, fold_iterations
from netspec.diagram.folding.tree import Box, Leaf, Member, grow
from netspec.graph import Graph

#: A block of fewer layers is drawn wherever it occurs: a reference would not be shorter.
_FEWEST = 5


def fold(graph: Graph, unroll: int | None = 0) -> Box:
    """The layers of a graph in the boxes that a diagram shows, in a root that is none.

    Runs of equal parts are drawn once, and blocks that occur again as a reference to the first.
    What is nested in fewer than `unroll` boxes is drawn as often as it runs; None unfolds all.
    """
    root = grow(graph)
    if unroll is None:
        return root
    return _References(graph, unroll).within(_folded(graph, root, 0, unroll), 0)


def _folded(graph: Graph, box: Box, depth: int, unroll: int) -> Box:
    members: list[Member] = [
        _folded(graph, member, depth + 1, unroll) if isinstance(member, Box) else member
        for member in box.members
    ]
    if depth >= unroll:
        members = fold_equals(graph, fold_iterations(graph, members))
    return replace(box, members=tuple(members))


class _References:
    """Finds blocks that have been drawn, and differ in sizes and shapes alone."""

    def __init__(self, graph: Graph, unroll: int) -> None:
        self.graph, self.unroll = graph, unroll
        self.drawn: dict[object, Box] = {}

    def within(self, box: Box, depth: int) -> Box:
        """The box with references in the stead of the blocks that were drawn before."""
        members = tuple(
            self._reference(member, depth) if isinstance(member, Box) else member
            for member in box.members
        )
        return replace(box, members=members)

    def _reference(self, box: Box, depth: int) -> Box:
        part = Part(self.graph, (box,))
        block = bool(box.steps) and box.steps[0].kind == "block"
        ends = {part.places[name] for name in part.exits}
        if not block or depth < self.unroll or len(part.leaves) < _FEWEST or len(ends) != 1:
            return self.within(box, depth + 1)
        runs = tuple(_changes(inner.counts) for inner in box.boxes() if inner is not box)
        key = (box.steps[0].label, part.structure, runs, tuple(map(_said, part.leaves)))
        if key in self.drawn:
            return replace(box, like=self.drawn[key])
        self.drawn[key] = box
        return self.within(box, depth + 1)


def _said(leaf: Leaf) -> tuple[object, ...]:
    """The hyperparameters of the layers that a leaf stands for, but sizes such as filters."""
    layers = [node.layer for node in leaf.nodes]
    return _changes((layer.summary(), tuple(layer.unsaid().items())) for layer in layers)


def _changes(values: Iterable[object]) -> tuple[object, ...]:
    """Values; those that follow each other and are equal once."""
    return tuple(value for value, _ in groupby(values))
