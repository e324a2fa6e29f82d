"""Programs as plain values, for readers that know operators and not ONNX's messages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from onnx import AttributeProto, helper, numpy_helper

from netspec.onnxgen.program import Program


@dataclass(frozen=True)
class Step:
    """One operator: what it reads, the one result that it makes, its attributes as Python values
    (tensors as arrays).
    """

    op: str
    inputs: tuple[str, ...]
    output: str
    attributes: Mapping[str, Any]


def steps(program: Program) -> tuple[Step, ...]:
    """The operators of a program in the order of execution."""
    return tuple(
        Step(
            node.op_type,
            tuple(node.input),
            node.output[0],
            {attribute.name: _value(attribute) for attribute in node.attribute},
        )
        for node in program.nodes
    )


def _value(attribute: AttributeProto) -> Any:
    if attribute.type == AttributeProto.TENSOR:
        return numpy_helper.to_array(attribute.t)
    value = helper.get_attribute_value(attribute)
    return value.decode() if isinstance(value, bytes) else value
