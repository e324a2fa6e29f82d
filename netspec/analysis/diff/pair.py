"""What a difference is made of: layers in pairs, and what changed in each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any

from netspec.graph import Graph, Node


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that differs: a hyperparameter by its name, or "kind", "shape" and "image.mean" of
    an input, "reads" (names of layers), "output aux" or "labels" of the net.

    The values are as layers keep them; None, or no names, where one side has none.
    """

    what: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Pair:
    """A layer of the left net and the layer of the right net that it became; None for `left` where
    it was added, for `right` where it was removed.

    `changes` is what is written otherwise. A pair without any `follows` where its shapes differ all
    the same, by a change upstream.
    """

    left: Node | None
    right: Node | None
    changes: tuple[Change, ...] = ()
    follows: bool = False

    @property
    def what(self) -> str:
        """One of "added", "removed", "changed", "follows" and "same"."""
        if self.left is None:
            return "added"
        if self.right is None:
            return "removed"
        if self.changes:
            return "changed"
        return "follows" if self.follows else "same"

    @property
    def renamed(self) -> bool:
        """Whether the layer goes on under another name."""
        return (
            self.left is not None and self.right is not None and self.left.name != self.right.name
        )


@dataclass(frozen=True, eq=False)
class GraphDiff:
    """What changed from `left` to `right`.

    `pairs` has each layer of both nets once, in the order of execution of either; where layers were
    exchanged, those removed come first. `changes` are those of the net itself: outputs and labels.
    `fewest` is false where nets are so large and different that there may be a shorter account.
    """

    left: Graph
    right: Graph
    pairs: tuple[Pair, ...]
    changes: tuple[Change, ...]
    fewest: bool = True

    @cached_property
    def counts(self) -> Mapping[str, int]:
        """How many pairs are added, removed, changed, follow and are the same."""
        counts = dict.fromkeys(("added", "removed", "changed", "follows", "same"), 0)
        for pair in self.pairs:
            counts[pair.what] += 1
        return MappingProxyType(counts)

    @property
    def edits(self) -> int:
        """Layers added, removed and changed, and changes of the net itself."""
        layers = sum(self.counts[what] for what in ("added", "removed", "changed"))
        return layers + len(self.changes)

    @property
    def same(self) -> bool:
        """Whether both compute the same from the same weights; names may differ."""
        return self.edits == 0

    @property
    def renamed(self) -> tuple[Pair, ...]:
        """The pairs whose names differ."""
        return tuple(pair for pair in self.pairs if pair.renamed)
