"""The layers that keep tensors, as places that modules of a file may take."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from netspec.graph.graph import Graph, Node
from netspec.layers import TensorType, Weight

#: The shapes of the tensors of a layer by their names after the layer's own, sorted.
Shapes = tuple[tuple[str, tuple[int, ...]], ...]

#: Layers upstream that are remembered: those of a block are among the latest.
_SOURCES = 4


@dataclass(frozen=True, slots=True)
class Slot:
    """A layer that keeps tensors, the `node`-th of the graph.

    `sources` are the places of the latest such layers that it reads, through layers that keep none.
    `pooled` says that it reads a pooled tensor with no merge between. `unflattened` is the shape of
    its weight before the input is flattened, as a convolution over all of it would have.
    """

    layer: str
    kind: str
    node: int
    shapes: Shapes
    sources: tuple[int, ...]
    pooled: bool
    unflattened: tuple[int, ...] | None


@dataclass(frozen=True)
class Places:
    """The layers that keep tensors, in order of execution, and who reads whom.

    For each node of the graph, `reads` are the nodes that it reads: layers that keep tensors, and
    merges. `last` are the last nodes that read each, the end for an output. Unless they are
    `exact`, a layer also takes a tensor of another shape with the same numbers in the same order.
    """

    slots: tuple[Slot, ...]
    reads: tuple[tuple[int, ...], ...]
    last: tuple[int, ...]
    exact: bool = True

    def key(self, shapes: Shapes) -> Shapes:
        """Equal for tensors that a layer takes for each other: those of one shape, else also those
        of a 1x1 convolution and a linear layer, and of a convolution over a whole plane and a
        linear layer after FLATTEN.
        """
        if self.exact:
            return shapes
        bare = _bare(shapes)
        return self._planes.get(bare, bare)

    @cached_property
    def _planes(self) -> Mapping[Shapes, Shapes]:
        """The shapes of convolutions over a whole plane -> of the linear layer that they are."""
        planes = {
            tuple(
                (n, slot.unflattened if n == "weight" else shape) for n, shape in slot.shapes
            ): slot
            for slot in self.slots
            if slot.unflattened is not None
        }
        real = {_bare(slot.shapes) for slot in self.slots}
        return {_bare(p): _bare(s.shapes) for p, s in planes.items() if _bare(p) not in real}

    def wiring(self, start: int, size: int) -> tuple[object, ...]:
        """The kinds of some layers in a row and which of them read which: equal for two calls of a
        block.
        """
        return tuple(
            (slot.kind, tuple(at - start for at in slot.sources if at >= start))
            for slot in self.slots[start : start + size]
        )


def find_places(graph: Graph, settled: Collection[str] = ()) -> Places:
    """The layers of a graph that keep tensors, but for those that are `settled`."""
    slots: list[Slot] = []
    reads: list[tuple[int, ...]] = []
    above: dict[str, _Above] = {}
    for at, node in enumerate(graph.nodes):
        inputs = [above[name] for name in node.inputs]
        read = tuple(dict.fromkeys(each.node for each in inputs))
        weights = {} if node.name in settled else graph.weights(node)
        over = inputs[0] if len(inputs) == 1 else _Above(at, _latest(inputs), False)
        reads.append(read if weights or len(inputs) > 1 else ())
        if weights:
            above[node.name] = _Above(at, (len(slots),), False)
            shapes = tuple(sorted((name, weight.shape) for name, weight in weights.items()))
            plane = _unflattened(graph, node, weights) if node.layer.flattens else None
            slots.append(Slot(node.name, node.kind, at, shapes, over.slots, over.pooled, plane))
        else:
            above[node.name] = replace(over, pooled=True) if node.layer.pools else over
    last = [0] * len(reads)
    for at, read in enumerate(reads):
        for node_read in read:
            last[node_read] = at
    for name in graph.outputs.values():
        last[above[name].node] = len(reads)
    return Places(tuple(slots), tuple(reads), tuple(last))


@dataclass(frozen=True, slots=True)
class _Above:
    """What a tensor comes from: the node that keeps tensors or merges, and the latest places of
    those that keep tensors.
    """

    node: int
    slots: tuple[int, ...]
    pooled: bool


def _bare(shapes: Shapes) -> Shapes:
    """The shapes with a weight of FxCx1x1 as FxC."""
    return tuple((name, shape[:2] if shape[2:] == (1, 1) else shape) for name, shape in shapes)


def _latest(inputs: Sequence[_Above]) -> tuple[int, ...]:
    return tuple(sorted({place for each in inputs for place in each.slots})[-_SOURCES:])


def shown(shapes: Shapes) -> str:
    """`weight 64x3x7x7, bias 64`."""
    first = sorted(shapes, key=lambda each: each[0] != "weight")
    return ", ".join(f"{name} {TensorType(shape)}" for name, shape in first)


def _unflattened(graph: Graph, node: Node, weights: Mapping[str, Weight]) -> tuple[int, ...] | None:
    """The shape of a weight whose input was a plane before views of it made it a vector."""
    above = graph.by_name[node.inputs[0]]
    while above.layer.view and above.type.rank == 1:
        above = graph.by_name[above.inputs[0]]
    units, features = weights["weight"].shape
    fits = above.type.rank == 3 and above.type.numel == features
    return (units, *above.type.shape) if fits else None
