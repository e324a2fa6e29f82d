"""What training rules emit, run in ONNX Runtime."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnx import helper

from netspec.onnxgen.emit import LayerEmitter
from netspec.onnxgen.target import DEFAULT, IR_VERSION

Array = NDArray[Any]


def floats(values: Any) -> Array:
    """An array of float32."""
    return np.asarray(values, np.float32)


def emitter(scope: str = "test") -> LayerEmitter:
    """An emitter as a training step has it."""
    return LayerEmitter(scope, DEFAULT.opset)


class Rig:
    """The nodes of emitters as a model; the first axis of its inputs and outputs is free."""

    def __init__(
        self,
        emitters: Iterable[LayerEmitter],
        inputs: Mapping[str, Array],
        outputs: Mapping[str, tuple[int, ...]],
    ) -> None:
        graph = helper.make_graph(
            [node for made in emitters for node in made.made],
            "rig",
            [_value(name, array.dtype, array.shape) for name, array in inputs.items()],
            [_value(name, np.dtype(np.float32), shape) for name, shape in outputs.items()],
        )
        opset = [helper.make_opsetid("", DEFAULT.opset)]
        model = helper.make_model(graph, ir_version=IR_VERSION, opset_imports=opset)
        onnx.checker.check_model(model, full_check=True)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.outputs = list(outputs)
        self.session = onnxruntime.InferenceSession(
            model.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )

    def run(self, feeds: Mapping[str, Array]) -> dict[str, Array]:
        """The outputs by name."""
        made = self.session.run(self.outputs, dict(feeds))
        return dict(zip(self.outputs, made, strict=True))


def _value(name: str, dtype: np.dtype[Any], shape: tuple[int, ...]) -> onnx.ValueInfoProto:
    axes = [None, *shape[1:]] if shape else []
    return helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(dtype), axes)
