"""Models that measure a machine: whether a provider starts, and how fast it multiplies."""

from __future__ import annotations

from onnx import NodeProto, OperatorSetIdProto, TensorProto, ValueInfoProto, helper

from netspec.onnxgen.target import BATCH_AXIS, ELEMENTS, IR_VERSION, OPSETS


def probe_model() -> bytes:
    """A model that negates its input `x` of shape `(N, 1)`."""
    x, y = (
        helper.make_tensor_value_info(name, TensorProto.FLOAT, (BATCH_AXIS, 1)) for name in "xy"
    )
    return _model([helper.make_node("Neg", ["x"], ["y"])], [x], y)


def product_model(side: int, dtype: str) -> bytes:
    """A model of the product of two square matrices, `a` and `b`, computed in a type.

    They come and go in float32, so that every type is fed alike: n^2 casts beside n^3 products.
    """
    a, b, y = (
        helper.make_tensor_value_info(name, TensorProto.FLOAT, (side, side)) for name in "aby"
    )
    if dtype == "float32":
        return _model([helper.make_node("MatMul", ["a", "b"], ["y"])], [a, b], y)
    element = ELEMENTS[dtype]
    nodes = [
        helper.make_node("Cast", ["a"], ["a/cast"], to=element),
        helper.make_node("Cast", ["b"], ["b/cast"], to=element),
        helper.make_node("MatMul", ["a/cast", "b/cast"], ["y/cast"]),
        helper.make_node("Cast", ["y/cast"], ["y"], to=TensorProto.FLOAT),
    ]
    return _model(nodes, [a, b], y)


def _model(nodes: list[NodeProto], inputs: list[ValueInfoProto], output: ValueInfoProto) -> bytes:
    graph = helper.make_graph(nodes, "probe", inputs, [output])
    opsets = [OperatorSetIdProto(domain="", version=OPSETS[0])]
    model = helper.make_model(graph, ir_version=IR_VERSION, opset_imports=opsets)
    content: bytes = model.SerializeToString()
    return content
