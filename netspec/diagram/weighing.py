"""The share that each layer of a diagram has in what its net costs."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from netspec.diagram.folding import Leaf
from netspec.graph import Graph, Node


def shares(graph: Graph, leaves: list[Leaf], what: str) -> Mapping[Leaf, float]:
    """The part of the net's parameters, multiply-accumulates or activation bytes in each leaf."""
    cost = _COSTS[what]
    total = sum(cost(graph, node) for node in graph.nodes)
    return {leaf: sum(cost(graph, n) for n in leaf.nodes) / max(total, 1) for leaf in leaves}


def _macs(graph: Graph, node: Node) -> int:
    return 0 if node.layer.source else node.layer.macs(graph.input_types(node), node.type)


def _memory(graph: Graph, node: Node) -> int:
    return 0 if node.layer.view or node.layer.source else node.type.nbytes


_COSTS: Mapping[str, Callable[[Graph, Node], int]] = {
    "params": Graph.params,
    "macs": _macs,
    "memory": _memory,
}
