"""What ONNX says of the types in a program."""

from __future__ import annotations

import onnx
from onnx import TensorProto, defs, helper

from netspec.onnxgen.program import Program, as_model, declare

_NAMES = {
    TensorProto.FLOAT: "tensor(float)",
    TensorProto.FLOAT16: "tensor(float16)",
    TensorProto.BFLOAT16: "tensor(bfloat16)",
    TensorProto.INT64: "tensor(int64)",
    TensorProto.BOOL: "tensor(bool)",
}


def types_of(program: Program) -> dict[str, str]:
    """The type of each result, as ONNX writes it.

    The model must pass ONNX's full check and strict inference, and each type be one that the
    operator's schema allows, which neither of them looks at.
    """
    model = as_model(program)
    tensors = [declare(name, tensor) for name, tensor in program.tensors.items()]
    model.graph.input.extend(
        helper.make_tensor_value_info(tensor.name, tensor.data_type, tensor.dims)
        for tensor in tensors
    )
    onnx.checker.check_model(model, full_check=True)
    typed = onnx.shape_inference.infer_shapes(
        model, strict_mode=True, check_type=True, data_prop=True
    ).graph
    types = {
        value.name: _NAMES[value.type.tensor_type.elem_type]
        for value in (*typed.input, *typed.value_info, *typed.output)
    }
    for node in program.nodes:
        schema = defs.get_schema(node.op_type, program.target.opset)
        allowed = {at.type_param_str: at.allowed_type_strs for at in schema.type_constraints}
        for formal, names in ((schema.inputs, node.input), (schema.outputs, node.output)):
            for at, name in enumerate(names):
                asked = formal[min(at, len(formal) - 1)].type_str
                assert not name or types[name] in allowed.get(asked, [asked]), node.name
    return types
