"""The graph that a spec elaborates to: named, typed layers in the order of execution."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from netspec.layers import Layer, TensorType, Weight
from netspec.text.source import Span
from netspec.text.spec import Spec


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the way from the net to a layer: a stage, an iteration of a repeat, or a call of
    a block.

    Steps form a chain through `parent`; layers that came the same way share it. `values` are the
    names that it binds, a row's or a block's parameters, with what would be written for them.
    """

    parent: Step | None
    kind: str  # "stage", "repeat" or "block"
    label: str  # the stage's label, the repeat's count as written, the block's name
    index: int = 1  # which iteration, from 1
    count: int = 1  # of how many
    span: Span | None = None
    values: tuple[tuple[str, str], ...] = ()

    def chain(self) -> tuple[Step, ...]:
        """The steps from the outermost to this one."""
        steps: list[Step] = []
        at: Step | None = self
        while at is not None:
            steps.append(at)
            at = at.parent
        return tuple(reversed(steps))


@dataclass(frozen=True, slots=True)
class Node:
    """One layer of a graph; its name is also its output tensor's."""

    name: str
    layer: Layer
    inputs: tuple[str, ...]
    type: TensorType
    span: Span
    step: Step | None = None

    @property
    def kind(self) -> str:
        """The keyword of the layer kind."""
        return self.layer.keyword

    @property
    def stage(self) -> str:
        """The label of the stage that it stands in, "" for none."""
        first = self.step.chain()[0] if self.step else None
        return first.label if first and first.kind == "stage" else ""


@dataclass(frozen=True)
class Graph:
    """A net.  `nodes` are topological: each node's inputs are nodes before it; the INPUTs are nodes
    too.

    `outputs` maps the names that users see ("output", and the spec's extra ones) to nodes.
    """

    spec: Spec
    nodes: tuple[Node, ...]
    inputs: Mapping[str, TensorType]
    outputs: Mapping[str, str]

    @property
    def name(self) -> str:
        """The spec's name."""
        return self.spec.name

    @cached_property
    def by_name(self) -> Mapping[str, Node]:
        """Nodes by name."""
        return {node.name: node for node in self.nodes}

    @cached_property
    def readers(self) -> Mapping[str, tuple[str, ...]]:
        """For each node the nodes that read it, in order of execution."""
        readers: dict[str, list[str]] = {node.name: [] for node in self.nodes}
        for node in self.nodes:
            for name in dict.fromkeys(node.inputs):
                readers[name].append(node.name)
        return {name: tuple(found) for name, found in readers.items()}

    def input_types(self, node: Node) -> tuple[TensorType, ...]:
        """The types of what a node reads."""
        return tuple(self.by_name[name].type for name in node.inputs)

    def weights(self, node: Node) -> Mapping[str, Weight]:
        """The tensors that a node's layer keeps, by their names after the layer's own."""
        return node.layer.weights(self.input_types(node))

    def params(self, node: Node) -> int:
        """How many numbers training learns in a node's layer."""
        return sum(weight.numel for weight in self.weights(node).values() if weight.learned)

    def all_weights(self) -> Iterator[tuple[str, Weight]]:
        """(`conv1.weight`, its Weight) for all layers, in the order of execution."""
        for node in self.nodes:
            for name, weight in self.weights(node).items():
                yield f"{node.name}.{name}", weight
