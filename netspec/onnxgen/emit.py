"""Graph -> Program: each layer as ONNX nodes.

Names are the spec's: a layer's last node and its output tensor are called as the layer, what comes
before it `<layer>/<op>`, its learned tensors `<layer>.<tensor>`. Each of the graph's outputs exists
under its own name too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from onnx import AttributeProto, NodeProto, TensorProto, defs, helper

from netspec.graph.graph import Graph, Node
from netspec.layers import Value
from netspec.machine.errors import UnusableError
from netspec.onnxgen.program import Program, Tensor
from netspec.onnxgen.target import Target


@dataclass(frozen=True)
class Mode:
    """Which layers train: they add noise, drawn by the seed, and take the batch's statistics."""

    training: frozenset[str] = frozenset()
    seed: int = 0

    @classmethod
    def of_all(cls, graph: Graph, seed: int = 0) -> Mode:
        """All layers train."""
        return cls(frozenset(graph.by_name), seed)


#: No layer trains.
INFERENCE = Mode()


def emit(graph: Graph, target: Target, keep: Iterable[str] = (), mode: Mode = INFERENCE) -> Program:
    """The program of a graph as it is written, in float32.  `keep` names layers whose results no
    pass may do away with.

    UnusableError where two things of the model would have one name.
    """
    _refuse_shared_names(graph)
    nodes: list[NodeProto] = []
    exact: set[str] = set()
    after: dict[str, str] = {}
    for node in graph.nodes:
        if node.name not in graph.inputs:
            emitter = LayerEmitter(node.name, target.opset, mode)
            made = _lower(graph, node, emitter)
            nodes += made
            after |= emitter.after
            if node.layer.exact:
                exact.update(node.name for node in made)
    nodes.extend(
        helper.make_node("Identity", [layer], [name], name=name)
        for name, layer in graph.outputs.items()
        if name != layer
    )
    types = {node.name: node.type for node in graph.nodes}
    return Program(
        graph=graph,
        target=target,
        nodes=tuple(nodes),
        tensors={name: Tensor(weight.shape, (name,)) for name, weight in graph.all_weights()},
        types=types | {name: types[layer] for name, layer in graph.outputs.items()},
        dtypes={},
        exact=frozenset(exact),
        kept=frozenset(keep),
        inputs=tuple(graph.inputs),
        outputs=tuple(graph.outputs),
        after=after,
    )


class LayerEmitter:
    """The Emitter that one layer's rules talk to: collects its nodes and names them.

    Their names begin with `scope`, which is the layer's name unless more is said.
    """

    def __init__(self, layer: str, opset: int, mode: Mode = INFERENCE, *, scope: str = "") -> None:
        self.layer, self.opset, self._mode = layer, opset, mode
        self.scope = scope or layer
        self.made: list[NodeProto] = []
        self.after: dict[str, str] = {}
        self._used: dict[str, int] = {}

    @property
    def training(self) -> bool:
        """Whether the layer trains."""
        return self.layer in self._mode.training

    def weight(self, name: str) -> str:
        """The ONNX name of the layer's tensor."""
        return f"{self.layer}.{name}"

    def const(self, value: int | float | Sequence[int] | Sequence[float]) -> str:
        """A Constant node: the initializers of a model are its learned tensors and no others."""
        many = isinstance(value, Sequence)
        numbers = list(value) if isinstance(value, Sequence) else [value]
        whole = all(isinstance(n, int) for n in numbers)
        element = TensorProto.INT64 if whole else TensorProto.FLOAT
        tensor = helper.make_tensor("", element, [len(numbers)] if many else [], numbers)
        return self._add("Constant", (), [helper.make_attribute("value", tensor)])[0]

    def number(self, name: str) -> str:
        """A Cast and no CastLike, which is a function: a runtime that inlines it loses its place in
        the order of nodes.
        """
        return self.node("Cast", name, to=TensorProto.FLOAT)

    def node(self, op: str, *inputs: str, **attributes: Any) -> str:
        """One node; answers the name of its output."""
        return self.nodes(op, *inputs, outputs=1, **attributes)[0]

    def nodes(self, op: str, *inputs: str, outputs: int, **attributes: Any) -> tuple[str, ...]:
        """One node; answers the names of its outputs."""
        kinds = _attribute_kinds(op, self.opset)
        made = [
            helper.make_attribute(key, _as_kind(attributes[key], kinds[key]))
            for key in sorted(attributes)
        ]
        while inputs and not inputs[-1]:
            inputs = inputs[:-1]
        return self._add(op, inputs, made, outputs)

    def noise(self, like: str) -> str:
        """Uniform random numbers, seeded by the mode and the layer's name."""
        text = f"{self._mode.seed} {self.layer}"
        seed = float(int.from_bytes(hashlib.sha256(text.encode()).digest()[:3]))
        return self.node("RandomUniformLike", like, seed=seed)

    def becomes(self, name: str, value: str) -> None:
        """What the layer's tensor is after a step."""
        self.after[self.weight(name)] = value

    def _add(
        self, op: str, inputs: Sequence[str], attributes: list[AttributeProto], outputs: int = 1
    ) -> tuple[str, ...]:
        count = self._used[op] = self._used.get(op, 0) + 1
        name = f"{self.scope}/{op}" + (f"_{count}" if count > 1 else "")
        names = (name, *(f"{name}:{at}" for at in range(1, outputs)))
        self.made.append(
            NodeProto(op_type=op, name=name, input=inputs, output=names, attribute=attributes)
        )
        return names

    def finish(self, result: str) -> list[NodeProto]:
        """The nodes; the one that makes `result`, or a copy of it, is called as the layer."""
        maker = next((node for node in self.made if node.output[0] == result), None)
        if maker is None:
            self._add("Identity", (result,), [])
            maker = self.made[-1]
        inner = maker.output[0]
        maker.name = maker.output[0] = self.layer
        for node in self.made:
            for at, name in enumerate(node.input):
                if name == inner:
                    node.input[at] = self.layer
        return self.made


def _lower(graph: Graph, node: Node, emitter: LayerEmitter) -> list[NodeProto]:
    values = tuple(Value(name, graph.by_name[name].type) for name in node.inputs)
    return emitter.finish(node.layer.lower(values, emitter))


@cache
def _attribute_kinds(op: str, opset: int) -> dict[str, object]:
    schema = defs.get_schema(op, opset)
    return {name: attribute.type for name, attribute in schema.attributes.items()}


def _as_kind(value: Any, kind: object) -> Any:
    """An attribute's value as its operator wants it: `slope: 1` in a spec is a float for ONNX."""
    if kind == AttributeProto.FLOAT:
        return float(value)
    return list(map(float, value)) if kind == AttributeProto.FLOATS else value


def _refuse_shared_names(graph: Graph) -> None:
    taken: dict[str, str] = {node.name: f"layer `{node.name}`" for node in graph.nodes}
    more: Iterable[tuple[str, str]] = (
        *((name, f"output `{name}`") for name, layer in graph.outputs.items() if name != layer),
        *((name, f"weight `{name}`") for name, _ in graph.all_weights()),
    )
    for name, what in more:
        if name in taken:
            raise UnusableError(
                f"{taken[name]} and {what} would be one tensor of the model",
                help="give the layer another name with `name=`",
            )
        taken[name] = what
