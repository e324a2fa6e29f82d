"""The smallest model there is, to find out whether a provider starts."""

from __future__ import annotations

from onnx import OperatorSetIdProto, TensorProto, helper

from netspec.onnxgen.target import BATCH_AXIS, IR_VERSION, OPSETS


def probe_model() -> bytes:
    """A model that negates its input `x` of shape `(N, 1)`."""
    x, y = (
        helper.make_tensor_value_info(name, TensorProto.FLOAT, (BATCH_AXIS, 1)) for name in "xy"
    )
    graph = helper.make_graph([helper.make_node("Neg", ["x"], ["y"])], "probe", [x], [y])
    opsets = [OperatorSetIdProto(domain="", version=OPSETS[0])]
    model = helper.make_model(graph, ir_version=IR_VERSION, opset_imports=opsets)
    content: bytes = model.SerializeToString()
    return content
