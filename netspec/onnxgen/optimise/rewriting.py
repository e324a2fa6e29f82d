"""What passes do to nodes: copies that read or write other names, for a node is never changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from onnx import NodeProto, helper, numpy_helper

from netspec.onnxgen.program import Program


def renamed(node: NodeProto, names: Mapping[str, str]) -> NodeProto:
    """The node with what it reads and writes by other names; itself where there are none."""
    if not any(name in names for name in (*node.input, *node.output)):
        return node
    return wired(
        node,
        [names.get(name, name) for name in node.input],
        [names.get(name, name) for name in node.output],
    )


def wired(node: NodeProto, inputs: Iterable[str], outputs: Iterable[str]) -> NodeProto:
    """A copy of the node that reads and writes these."""
    made = NodeProto()
    made.CopyFrom(node)
    made.input[:], made.output[:] = inputs, outputs
    return made


def with_numbers(node: NodeProto, **attributes: int | Sequence[int]) -> NodeProto:
    """A copy of the node with some attributes of whole numbers set anew."""
    made = NodeProto()
    made.CopyFrom(node)
    rest = [attribute for attribute in node.attribute if attribute.name not in attributes]
    set_anew = [helper.make_attribute(name, value) for name, value in attributes.items()]
    made.ClearField("attribute")
    made.attribute.extend(sorted((*rest, *set_anew), key=lambda attribute: attribute.name))
    return made


def attribute_of(node: NodeProto, name: str, default: Any) -> Any:
    """The value of an attribute, or what ONNX takes where there is none."""
    for attribute in node.attribute:
        if attribute.name == name:
            return helper.get_attribute_value(attribute)
    return default


def numbers(program: Program, name: str) -> list[int] | None:
    """The whole numbers of a Constant node; None for what is none."""
    maker = program.makers.get(name)
    if maker is None or maker.op_type != "Constant":
        return None
    values = numpy_helper.to_array(maker.attribute[0].t)
    return [int(value) for value in values] if values.dtype.kind == "i" and values.ndim else None


def lone_reader(program: Program, name: str) -> NodeProto | None:
    """The one node that reads a result; None where there are more, or somebody outside reads it."""
    readers = program.readers.get(name, ())
    return readers[0] if len(readers) == 1 and name not in program.visible else None
