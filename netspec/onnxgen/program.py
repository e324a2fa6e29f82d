"""The nodes and tensors that compute a graph, before they are a file.

A pass is a pure function Program -> Program. It moves names and shapes alone: values are made when
the model is written, one tensor at a time, by the recipes that the passes leave behind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeAlias

from onnx import (
    GraphProto,
    ModelProto,
    NodeProto,
    OperatorSetIdProto,
    TensorProto,
    ValueInfoProto,
    helper,
)

from netspec import __version__
from netspec.graph.graph import Graph
from netspec.layers import DTYPES, TensorType
from netspec.onnxgen.card import Card
from netspec.onnxgen.target import BATCH_AXIS, ELEMENTS, IR_VERSION, Target
from netspec.weights.initial import FloatArray
from netspec.weights.values import Values

#: One operator of a program.
Operator: TypeAlias = NodeProto
#: How the values of a tensor come from those of the weights that it is made of. The first of them
#: is its own to change.
Recipe = Callable[..., FloatArray]


def as_it_is(values: FloatArray) -> FloatArray:
    """The recipe of a tensor that is one of the graph's weights."""
    return values


@dataclass(frozen=True, slots=True)
class Tensor:
    """A tensor that the model holds: its shape, its element type, the graph's weights that it is
    made of, and how.
    """

    shape: tuple[int, ...]
    sources: tuple[str, ...]
    recipe: Recipe = as_it_is
    dtype: str = "float32"

    @property
    def nbytes(self) -> int:
        """Bytes in the file."""
        return TensorType(self.shape).numel * DTYPES[self.dtype]

    def make(self, values: Values) -> FloatArray:
        """The values, in float32."""
        return self.recipe(*map(values.read, self.sources))


@dataclass(frozen=True)
class Program:
    """A graph as ONNX nodes in the order of execution.

    `types` are those of the inputs, the layers' results and the outputs, by name, the batch axis
    left out, which `whole` ones have not; `dtypes` their element types where they are not float32.
    `exact` names the nodes that compute in float32 whatever the target's type, `kept` the layers
    whose results must stay. In training `after` says by name what the tensors that are not learned
    become, such as running means.
    """

    graph: Graph
    target: Target
    nodes: tuple[NodeProto, ...]
    tensors: Mapping[str, Tensor]
    types: Mapping[str, TensorType]
    dtypes: Mapping[str, str]
    exact: frozenset[str]
    kept: frozenset[str]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    whole: frozenset[str] = frozenset()
    after: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def visible(self) -> frozenset[str]:
        """The results that are read from outside: the outputs and those of kept layers."""
        return self.kept.union(self.outputs)

    @cached_property
    def makers(self) -> Mapping[str, NodeProto]:
        """For each result the node that makes it."""
        return {name: node for node in self.nodes for name in node.output}

    @cached_property
    def readers(self) -> Mapping[str, tuple[NodeProto, ...]]:
        """For each result or tensor the nodes that read it, in order of execution."""
        found: dict[str, list[NodeProto]] = {}
        for node in self.nodes:
            for name in dict.fromkeys(node.input):
                found.setdefault(name, []).append(node)
        return {name: tuple(nodes) for name, nodes in found.items()}

    @property
    def nbytes(self) -> int:
        """Bytes of all tensors in the file."""
        return sum(tensor.nbytes for tensor in self.tensors.values())


def operator(op: str, inputs: Iterable[str], output: str) -> Operator:
    """An operator without attributes, called as its output."""
    return NodeProto(op_type=op, name=output, input=inputs, output=[output])


def as_model(program: Program) -> ModelProto:
    """The model of a program, all but the initializers."""
    graph = program.graph
    made = program.makers
    hidden = [
        name
        for name in program.types
        if name in made and name not in program.inputs and name not in program.outputs
    ]
    body = GraphProto(
        name=graph.name,
        doc_string=graph.spec.doc,
        node=program.nodes,
        input=[_value(program, name) for name in program.inputs],
        output=[_value(program, name) for name in program.outputs],
        value_info=[_value(program, name) for name in hidden],
    )
    model = ModelProto(
        ir_version=IR_VERSION,
        opset_import=[OperatorSetIdProto(domain="", version=program.target.opset)],
        producer_name="netspec",
        producer_version=__version__,
        graph=body,
    )
    Card.of(graph).write(model)
    return model


def declare(name: str, tensor: Tensor) -> TensorProto:
    """An initializer without its values."""
    return TensorProto(name=name, dims=tensor.shape, data_type=ELEMENTS[tensor.dtype])


def _value(program: Program, name: str) -> ValueInfoProto:
    batch = program.target.batch
    element = ELEMENTS[program.dtypes.get(name, "float32")]
    axis = () if name in program.whole else (BATCH_AXIS if batch is None else batch,)
    shape = (*axis, *program.types[name].shape)
    return helper.make_tensor_value_info(name, element, shape)
