"""Moved connections: a layer that reads another tensor than before.

A layer behind an insertion reads what was inserted, which is no move: tensors are followed back
through added and removed layers to the paired layers that they come from.
"""

from __future__ import annotations

from collections.abc import Sequence

from netspec.analysis.diff.pair import Pair
from netspec.graph import Graph, Node

#: Paired layers that a tensor is followed back to; behind more merges only the first way is.
_MOST = 64
#: The positions of pairs that a tensor comes from.
Origin = frozenset[int]


class Origins:
    """For each tensor of a net the paired layers that it comes from."""

    def __init__(self, graph: Graph, pairs: Sequence[Pair], *, right: bool) -> None:
        self._of: dict[str, Origin] = {}
        at = {}
        for position, pair in enumerate(pairs):
            node = pair.right if right else pair.left
            if node is not None and pair.left is not None and pair.right is not None:
                at[node.name] = position
        for node in graph.nodes:
            self._of[node.name] = (
                frozenset((at[node.name],)) if node.name in at else self._behind(node)
            )

    def __getitem__(self, name: str) -> Origin:
        return self._of[name]

    def _behind(self, node: Node) -> Origin:
        """The origin of a layer that has no pair."""
        origins = [self._of[name] for name in node.inputs]
        union = frozenset[int]().union(*origins)
        return union if len(union) <= _MOST else origins[0]


def changed_reads(
    left: Node, right: Node, before: Origins, after: Origins
) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """The tensors that only the left layer reads, and those that only the right one does; all of
    them where only the order differs; None where nothing does.
    """
    a, b = list(enumerate(left.inputs)), list(enumerate(right.inputs))
    in_order = True
    candidates = sorted(
        ((i, j) for i, _ in a for j, _ in b), key=lambda ij: (abs(ij[0] - ij[1]), sum(ij))
    )
    for i, j in candidates:
        one, other = (i, left.inputs[i]), (j, right.inputs[j])
        if one in a and other in b and before[one[1]] & after[other[1]]:
            a.remove(one)
            b.remove(other)
            in_order &= i == j or len(left.inputs) != len(right.inputs)
    if a or b:
        return tuple(name for _, name in a), tuple(name for _, name in b)
    return None if in_order else (left.inputs, right.inputs)
