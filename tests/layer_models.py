"""An ONNX model of a single layer, and ONNX Runtime's answers to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from netspec.layers import Value
from tests.layer_samples import Sample

Array = NDArray[np.float32]
BATCH = 2


class LayerModel:
    """The Emitter of one layer, and the model that comes of it."""

    def __init__(self, sample: Sample) -> None:
        self.sample = sample
        self.made: list[onnx.NodeProto] = []
        self.asked: list[str] = []
        values = tuple(Value(f"x{i}", x) for i, x in enumerate(sample.inputs))
        self.result = sample.layer.lower(values, self)

    def weight(self, name: str) -> str:
        if name not in self.asked:
            self.asked.append(name)
        return name

    def const(self, value: int | float | Sequence[int] | Sequence[float]) -> str:
        listed = list(value) if isinstance(value, Sequence) else value
        array = np.asarray(listed)
        kind = np.int64 if array.dtype.kind == "i" else np.float32
        return self.node("Constant", value=numpy_helper.from_array(np.asarray(array, kind)))

    training = False

    def number(self, name: str) -> str:
        return self.node("Cast", name, to=TensorProto.FLOAT)

    def node(self, op: str, *inputs: str, **attributes: Any) -> str:
        return self.nodes_of(op, inputs, 1, attributes)[0]

    def nodes(self, op: str, *inputs: str, outputs: int, **attributes: Any) -> tuple[str, ...]:
        return self.nodes_of(op, inputs, outputs, attributes)

    def noise(self, like: str) -> str:
        raise AssertionError("inference adds no noise")

    def becomes(self, name: str, value: str) -> None:
        raise AssertionError("inference changes nothing")

    def nodes_of(
        self, op: str, inputs: Sequence[str], outputs: int, attributes: Mapping[str, Any]
    ) -> tuple[str, ...]:
        names = tuple(f"{op}{len(self.made)}_{at}" for at in range(outputs))
        while inputs and not inputs[-1]:
            inputs = inputs[:-1]
        self.made.append(helper.make_node(op, inputs, names, names[0], **attributes))
        return names

    def build(self) -> onnx.ModelProto:
        """The model, opset 21 and IR 10, with a free batch axis and an output of unknown sizes."""
        tensors = self.sample.layer.weights(self.sample.inputs)
        inputs = {f"x{i}": shape for i, shape in enumerate(self.sample.shapes)}
        rank = self.sample.layer.infer(self.sample.inputs).rank
        output = helper.make_node("Identity", [self.result], ["y"])
        graph = helper.make_graph(
            [*self.made, output],
            "layer",
            [
                helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", *shape])
                for name, shape in inputs.items()
            ]
            + [
                helper.make_tensor_value_info(name, TensorProto.FLOAT, tensors[name].shape)
                for name in self.asked
            ],
            [helper.make_tensor_value_info("y", TensorProto.FLOAT, [None] * (1 + rank))],
        )
        return helper.make_model(graph, ir_version=10, opset_imports=[helper.make_opsetid("", 21)])


def inferred_shape(model: onnx.ModelProto) -> tuple[int | str, ...]:
    """The output's shape by ONNX's own strict inference."""
    onnx.checker.check_model(model, full_check=True)
    typed = onnx.shape_inference.infer_shapes(model, strict_mode=True, data_prop=True)
    dims = typed.graph.output[0].type.tensor_type.shape.dim
    return tuple(dim.dim_param or dim.dim_value for dim in dims)


def random_feeds(sample: Sample, batch: int = BATCH) -> dict[str, Array]:
    """Values for the inputs and the layer's own tensors, variances above 0."""
    rng = np.random.default_rng(0)
    feeds = {
        f"x{i}": rng.normal(0, 2, (batch, *shape)).astype(np.float32)
        for i, shape in enumerate(sample.shapes)
    }
    for name, weight in sample.layer.weights(sample.inputs).items():
        values = rng.normal(0, 1, weight.shape).astype(np.float32)
        feeds[name] = np.abs(values) + np.float32(0.5) if weight.role == "variance" else values
    return feeds


def run(model: onnx.ModelProto, feeds: Mapping[str, Array]) -> Array:
    """The output by ONNX Runtime on the CPU."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    output: Array = session.run(None, dict(feeds))[0]
    return output
