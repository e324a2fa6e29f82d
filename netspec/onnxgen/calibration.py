"""Models around quantization: one that shows all it computes, and one put in order afterwards."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, TensorProto, shape_inference
from onnx.numpy_helper import from_array

from netspec.machine.errors import UnusableError
from netspec.onnxgen.card import Card
from netspec.onnxgen.program import Program
from netspec.text.printable import printable


def typed(model: ModelProto) -> ModelProto:
    """The model with the type of every tensor that it computes.

    UnusableError for an average over pixels apart: ONNX Runtime (seen in 1.31) has one of int8 that
    knows no dilation, and takes the attribute for an error even where it is 1.
    """
    made: ModelProto = shape_inference.infer_shapes(model, strict_mode=True, data_prop=True)
    for node in made.graph.node:
        if node.op_type != "AveragePool":
            continue
        for at, attribute in enumerate(node.attribute):
            if attribute.name == "dilations" and set(attribute.ints) == {1}:
                del node.attribute[at]
                break
            if attribute.name == "dilations":
                name = printable(node.name)
                raise UnusableError(f"ONNX Runtime has no int8 for the dilated average `{name}`")
    return made


def takes_no_int8(node: NodeProto) -> bool:
    """Whether ONNX Runtime's quantizer stumbles over a node: over the bias of a transposed
    convolution in groups (seen in 1.31), for the scales of its weight are those of one group.
    """
    groups = next((at.i for at in node.attribute if at.name == "group"), 1)
    return node.op_type == "ConvTranspose" and groups > 1 and len(node.input) > 2


def watched(model: ModelProto) -> ModelProto:
    """The model, which is typed, with every float32 tensor that it computes among its outputs."""
    made = ModelProto()
    made.CopyFrom(model)
    made.graph.output.extend(
        value
        for value in model.graph.value_info
        if value.type.tensor_type.elem_type == TensorProto.FLOAT
    )
    return made


def filled(model: ModelProto, arrays: Mapping[str, NDArray[np.generic]]) -> ModelProto:
    """The model with these arrays as its weights, inside."""
    made = ModelProto()
    made.CopyFrom(model)
    made.graph.ClearField("initializer")
    made.graph.initializer.extend(from_array(array, name) for name, array in arrays.items())
    return made


def tidied(model: ModelProto, program: Program) -> ModelProto:
    """A quantized model that says of itself what that of the program would: whose it is, the card,
    and the types of the layers' results that are still there, all float32.
    """
    made = ModelProto()
    made.CopyFrom(model)
    made.producer_name = "netspec"
    made.ClearField("metadata_props")
    Card.of(program.graph).write(made)
    kept = [value for value in made.graph.value_info if value.name in program.types]
    made.graph.ClearField("value_info")
    made.graph.value_info.extend(kept)
    return made
