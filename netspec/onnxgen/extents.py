"""How large each tensor of a program is, for a batch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from math import prod

from onnx import ModelProto, ValueInfoProto, helper, shape_inference

from netspec.onnxgen.program import Operator, Program, as_model, operator


@dataclass(frozen=True, slots=True)
class Extent:
    """A tensor's shape, the batch axis included, and the bytes of an element."""

    shape: tuple[int, ...]
    itemsize: int

    @property
    def nbytes(self) -> int:
        """Bytes of the tensor."""
        return prod(self.shape) * self.itemsize


def extents(program: Program, batch: int) -> Mapping[str, Extent]:
    """What is known of the inputs and results of a program, by name, by ONNX's shape inference."""
    nodes = tuple(_transparent(program.nodes))
    fixed = replace(program, nodes=nodes, target=replace(program.target, batch=batch))
    # constants are not followed through nodes: that takes a step's memory for a net of some size
    return dict(_declared(shape_inference.infer_shapes(as_model(fixed))))


def _transparent(nodes: tuple[Operator, ...]) -> Iterator[Operator]:
    """The nodes, those that fill a tensor as large as another one written as copies of that one:
    inference does not see through Shape.
    """
    measured: dict[str, str] = {}
    for node in nodes:
        if node.op_type == "Shape":
            measured[node.output[0]] = node.input[0]
        if node.op_type == "ConstantOfShape" and node.input[0] in measured:
            yield operator("Identity", [measured[node.input[0]]], node.output[0])
        else:
            yield node


def _declared(model: ModelProto) -> Iterator[tuple[str, Extent]]:
    graph = model.graph
    values: tuple[ValueInfoProto, ...] = (*graph.input, *graph.value_info, *graph.output)
    for value in values:
        tensor = value.type.tensor_type
        shape = tuple([axis.dim_value for axis in tensor.shape.dim])
        if tensor.HasField("shape") and all(shape):  # an axis that is not known is 0
            yield value.name, Extent(shape, _itemsize(tensor.elem_type))


@cache
def _itemsize(element: int) -> int:
    return helper.tensor_dtype_to_np_dtype(element).itemsize
