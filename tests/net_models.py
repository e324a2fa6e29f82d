"""A net as an ONNX model, and what ONNX and ONNX Runtime say of each of its layers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import sqrt
from typing import TypeAlias

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray

from netspec.graph.graph import Graph
from netspec.onnxgen.build import build
from netspec.onnxgen.emit import emit
from netspec.onnxgen.model import compile_model
from netspec.onnxgen.program import as_model
from netspec.onnxgen.target import Target
from netspec.weights.values import ArrayValues

Array: TypeAlias = NDArray[np.float32]
BATCH = 2


def random_weights(graph: Graph, seed: int = 0) -> dict[str, Array]:
    """Weights that keep the size of activations, biases and shifts that are not 0, variances above
    0.5.
    """
    rng = np.random.default_rng(seed)
    made = {}
    for name, weight in graph.all_weights():
        values: Array = rng.standard_normal(weight.shape, np.float32)
        if weight.role == "weight":
            values *= np.float32(sqrt(2 / max(weight.fan_in, 1)))
        elif weight.role == "variance":
            values = np.abs(values, dtype=np.float32) + np.float32(0.5)
        elif weight.role == "scale":
            values = values / np.float32(4) + np.float32(1)
        else:
            values /= np.float32(8)
        made[name] = values
    return made


def random_feeds(graph: Graph, batch: int = BATCH, seed: int = 1) -> dict[str, Array]:
    """Values for the inputs."""
    rng = np.random.default_rng(seed)
    return {
        name: rng.standard_normal((batch, *kind.shape), np.float32)
        for name, kind in graph.inputs.items()
    }


def checked_model(graph: Graph, weights: Mapping[str, Array]) -> onnx.ModelProto:
    """The model as it is written, of any batch size; ONNX's full check and strict inference must
    accept it.
    """
    model = compile_model(build(graph, optimised=False), ArrayValues(graph, weights))
    onnx.checker.check_model(model, full_check=True)
    onnx.shape_inference.infer_shapes(model, strict_mode=True, data_prop=True)
    return model


def weightless_model(graph: Graph) -> onnx.ModelProto:
    """The model with its weights as inputs, for what their values do not matter to."""
    model = as_model(emit(graph, Target()))
    model.graph.input.extend(
        onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, weight.shape)
        for name, weight in graph.all_weights()
    )
    return model


def inferred_shapes(model: onnx.ModelProto) -> dict[str, tuple[int | str, ...]]:
    """The shape of each tensor by ONNX's own inference, which sees the inputs' shapes alone."""
    bare = onnx.ModelProto()
    bare.CopyFrom(model)
    bare.graph.ClearField("value_info")
    for output in bare.graph.output:
        output.type.tensor_type.ClearField("shape")
    typed = onnx.shape_inference.infer_shapes(bare, strict_mode=True, data_prop=True).graph
    found = {}
    for value in (*typed.input, *typed.value_info, *typed.output):
        dims = value.type.tensor_type.shape.dim
        found[value.name] = tuple(dim.dim_param or dim.dim_value for dim in dims)
    return found


def run_layers(
    model: onnx.ModelProto, feeds: Mapping[str, Array], layers: Iterable[str]
) -> dict[str, Array]:
    """The value of each layer's tensor by ONNX Runtime on the CPU, as the model is written."""
    asked = list(layers)
    open_model = onnx.ModelProto()
    open_model.CopyFrom(model)
    open_model.graph.ClearField("value_info")
    open_model.graph.ClearField("output")
    open_model.graph.output.extend(
        onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None) for name in asked
    )
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(
        open_model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    return dict(zip(asked, session.run(asked, dict(feeds)), strict=True))
