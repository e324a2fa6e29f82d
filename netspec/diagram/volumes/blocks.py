"""Graph -> blocks: the tensors that are drawn, each with the layers that change it in place."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from netspec.graph import Graph, Node
from netspec.layers import TensorType


@dataclass(frozen=True, eq=False)
class Block:
    """A tensor that is drawn: the layer that makes it, and those that keep its shape after it.

    `others` are the blocks that it stands for besides, where a repeat is drawn once.
    """

    nodes: tuple[Node, ...]
    inputs: tuple[TensorType, ...]
    others: tuple[Block, ...] = ()

    @property
    def head(self) -> Node:
        """The layer that makes the tensor."""
        return self.nodes[0]

    @property
    def type(self) -> TensorType:
        """The tensor that is drawn."""
        return self.head.type

    @property
    def bands(self) -> tuple[Node, ...]:
        """The layers after the first that change the values and not the shape."""
        return tuple(node for node in self.nodes[1:] if node.type == self.type)

    @property
    def sizes(self) -> tuple[int, int, int]:
        """(C, H, W); of a tensor of another rank the first axis, those between, the last."""
        shape = self.type.shape
        match len(shape):
            case 0 | 1:
                return self.type.numel, 1, 1
            case 2:
                return shape[0], shape[1], 1
        between = TensorType(shape[1:-1]).numel
        return shape[0], between, shape[-1]

    @property
    def column(self) -> bool:
        """Whether it is a vector."""
        return self.type.rank <= 1

    @cached_property
    def join(self) -> bool:
        """Whether it takes several tensors and is of the shape of one of them, as sums are."""
        return self.head.layer.merges and len(self.inputs) > 1 and self.type in self.inputs

    @property
    def layers(self) -> tuple[object, ...]:
        """What makes it equal to another: layers and shapes, and no names."""
        return self.inputs, self.type, *(node.layer for node in self.nodes)

    @property
    def form(self) -> tuple[object, ...]:
        """What makes it like another that differs in channels alone."""
        kinds = tuple(
            (node.kind, node.layer.summary(), *node.layer.unsaid().items()) for node in self.nodes
        )
        return kinds, self.type.rank, self.type.shape[1:], len(self.inputs)


@dataclass(frozen=True)
class Net:
    """The blocks of a graph in order of execution, and for each those that it reads."""

    blocks: tuple[Block, ...]
    sources: tuple[tuple[int, ...], ...]


def blocks(graph: Graph) -> Net:
    """The blocks of a graph."""
    runs: list[list[Node]] = []
    home: dict[str, int] = {}  # the block that each layer stands in
    for node in graph.nodes:
        if _stays(graph, node) and runs[home[node.inputs[0]]][-1].name == node.inputs[0]:
            home[node.name] = home[node.inputs[0]]
            runs[home[node.name]].append(node)
        else:
            home[node.name] = len(runs)
            runs.append([node])
    sources = tuple(tuple(dict.fromkeys(home[name] for name in run[0].inputs)) for run in runs)
    return Net(tuple(Block(tuple(run), graph.input_types(run[0])) for run in runs), sources)


def _stays(graph: Graph, node: Node) -> bool:
    """Whether the layer shows in the block that it reads: it is the one that keeps the shape there,
    or the one that lays the elements out as a vector.
    """
    if not _keeps(graph, node):
        return False
    readers = (graph.by_name[name] for name in graph.readers[node.inputs[0]])
    return sum(_keeps(graph, reader) for reader in readers) == 1


def _keeps(graph: Graph, node: Node) -> bool:
    layer = node.layer
    if layer.source or layer.merges or layer.linear or layer.pools or len(node.inputs) != 1:
        return False
    inputs = graph.input_types(node)
    if layer.view and node.type.rank == 1 and layer.window(inputs) is None:
        return True
    return node.type == inputs[0] and layer.window(inputs) is None
