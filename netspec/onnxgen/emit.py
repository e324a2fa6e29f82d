"""Graph -> ModelProto without the values of its weights.

Names are the spec's: a layer's last node and its output tensor are called as the layer, what comes
before it `<layer>/<op>`, its learned tensors `<layer>.<tensor>`. Each of the graph's outputs exists
under its own name too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from onnx import (
    AttributeProto,
    GraphProto,
    ModelProto,
    NodeProto,
    OperatorSetIdProto,
    TensorProto,
    ValueInfoProto,
    defs,
    helper,
)

from netspec import __version__
from netspec.graph.graph import Graph, Node
from netspec.layers import TensorType, Value
from netspec.machine.errors import UnusableError
from netspec.onnxgen.card import Card

#: Operator sets that the layers are written for, and the version of the format that carries them.
#: Said here, for the onnx package's own defaults are newer than ONNX Runtime reads.
OPSETS, IR_VERSION = (21, 22, 23), 10
#: Where convolution and pooling first take a type that is not as old as they are.
_FIRST_OPSET = {"bfloat16": 22}
#: What the free batch axis is called.
BATCH_AXIS = "N"
ELEMENTS = {
    "float32": TensorProto.FLOAT,
    "float16": TensorProto.FLOAT16,
    "bfloat16": TensorProto.BFLOAT16,
}


@dataclass(frozen=True, slots=True)
class Target:
    """What a model is written for: operator set, batch size (None: any), type of all tensors."""

    opset: int = OPSETS[0]
    batch: int | None = None
    dtype: str = "float32"

    @classmethod
    def choose(cls, opset: int | None, batch: int | None, dtype: str) -> Target:
        """The target with the lowest operator set that has the type, where none is named.

        UnusableError where the layers cannot be written in the operator set.
        """
        there = [known for known in OPSETS if known >= _FIRST_OPSET.get(dtype, 0)]
        if opset is not None and opset not in there:
            choices = ", ".join(map(str, there))
            raise UnusableError(f"opset {opset} cannot be written; for {dtype} there are {choices}")
        return cls(there[0] if opset is None else opset, batch, dtype)


#: Any batch size, in float32.
DEFAULT = Target()


def emit(graph: Graph, target: Target) -> ModelProto:
    """The model of a graph, all but the initializers.

    UnusableError where two things of the model would have one name.
    """
    _refuse_shared_names(graph)
    opset, element = target.opset, ELEMENTS[target.dtype]
    axis = BATCH_AXIS if target.batch is None else target.batch
    nodes: list[NodeProto] = []
    for node in graph.nodes:
        if node.name not in graph.inputs:
            nodes.extend(_lower(graph, node, element, opset))
    nodes.extend(
        helper.make_node("Identity", [layer], [name], name=name)
        for name, layer in graph.outputs.items()
        if name != layer
    )
    types = {node.name: node.type for node in graph.nodes}
    hidden = types.keys() - graph.inputs.keys() - graph.outputs.keys()
    body = GraphProto(
        name=graph.name,
        doc_string=graph.spec.doc,
        node=nodes,
        input=[_value(name, kind, element, axis) for name, kind in graph.inputs.items()],
        output=[_value(name, types[at], element, axis) for name, at in graph.outputs.items()],
        value_info=[_value(name, types[name], element, axis) for name in types if name in hidden],
    )
    model = ModelProto(
        ir_version=IR_VERSION,
        opset_import=[OperatorSetIdProto(domain="", version=opset)],
        producer_name="netspec",
        producer_version=__version__,
        graph=body,
    )
    Card.of(graph).write(model)
    return model


class _LayerEmitter:
    """The Emitter that one layer's `lower` talks to: collects its nodes and names them."""

    def __init__(self, layer: str, element: int, opset: int) -> None:
        self.layer, self.element, self.opset = layer, element, opset
        self.nodes: list[NodeProto] = []
        self._used: dict[str, int] = {}

    def weight(self, name: str) -> str:
        """The ONNX name of the layer's tensor."""
        return f"{self.layer}.{name}"

    def const(self, value: int | float | Sequence[int] | Sequence[float]) -> str:
        """A Constant node: the initializers of a model are its learned tensors and no others."""
        many = isinstance(value, Sequence)
        numbers = list(value) if isinstance(value, Sequence) else [value]
        element = TensorProto.INT64 if all(isinstance(n, int) for n in numbers) else self.element
        tensor = helper.make_tensor("", element, [len(numbers)] if many else [], numbers)
        return self._add("Constant", (), [helper.make_attribute("value", tensor)])

    def node(self, op: str, *inputs: str, **attributes: Any) -> str:
        """One node; answers the name of its first output."""
        kinds = _attribute_kinds(op, self.opset)
        made = [
            helper.make_attribute(key, _as_kind(attributes[key], kinds[key]))
            for key in sorted(attributes)
        ]
        while inputs and not inputs[-1]:
            inputs = inputs[:-1]
        return self._add(op, inputs, made)

    def _add(self, op: str, inputs: Sequence[str], attributes: list[AttributeProto]) -> str:
        count = self._used[op] = self._used.get(op, 0) + 1
        name = f"{self.layer}/{op}" + (f"_{count}" if count > 1 else "")
        self.nodes.append(
            NodeProto(op_type=op, name=name, input=inputs, output=[name], attribute=attributes)
        )
        return name

    def finish(self, result: str) -> list[NodeProto]:
        """The nodes; the one that makes `result`, or a copy of it, is called as the layer."""
        maker = next((node for node in self.nodes if node.output[0] == result), None)
        if maker is None:
            self._add("Identity", (result,), [])
            maker = self.nodes[-1]
        inner = maker.output[0]
        maker.name = maker.output[0] = self.layer
        for node in self.nodes:
            for at, name in enumerate(node.input):
                if name == inner:
                    node.input[at] = self.layer
        return self.nodes


def _lower(graph: Graph, node: Node, element: int, opset: int) -> list[NodeProto]:
    emitter = _LayerEmitter(node.name, element, opset)
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


def _value(name: str, kind: TensorType, element: int, axis: int | str) -> ValueInfoProto:
    return helper.make_tensor_value_info(name, element, (axis, *kind.shape))


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
