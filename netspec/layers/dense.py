"""Fully connected layers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from netspec.layers.base import KW_ONLY, Emitter, Gradients, Layer, Value, Weight
from netspec.layers.gradients import batch_sum
from netspec.layers.hyperparameter import Meta
from netspec.layers.tensor import Shape, TensorType
from netspec.text.diagnostics import LayerError


@dataclass(frozen=True)
class FullyConnected(Layer, keyword="FC"):
    """Fully connected layer, y = W x + b.  N -> U,  U = units.

    Weight U x N. A tensor of higher rank comes to it through a FLATTEN of its own.
    Source: Rosenblatt 1958, "The perceptron".
    """

    elsewhere = ("linear", "dense", "gemm", "fullyconnected", "innerproduct")

    units: Annotated[int, Meta("output features U", ge=1)]
    _: KW_ONLY
    bias: Annotated[bool, Meta("whether a number is added to each output")] = True

    flattens = True
    linear = True
    keeps = ("input",)

    def output_shape(self, inputs: tuple[TensorType, ...]) -> Shape:
        (x,) = inputs
        if x.rank != 1:
            raise LayerError("rank", f"FC takes a vector, got {x}", help="`FLATTEN` before it")
        return (self.units,)

    def weights(self, inputs: tuple[TensorType, ...]) -> Mapping[str, Weight]:
        features = inputs[0].channels
        weight = Weight((self.units, features), "weight", features, self.units)
        bias = {"bias": Weight((self.units,), "bias")} if self.bias else {}
        return {"weight": weight, **bias}

    def along_elements(self, tensor: str) -> bool:
        return tensor == "weight"

    def macs(self, inputs: tuple[TensorType, ...], output: TensorType) -> int:
        return inputs[0].numel * self.units

    def lower(self, inputs: tuple[Value, ...], emit: Emitter) -> str:
        (x,) = inputs
        tensors = (emit.weight(name) for name in self.weights((x.type,)))
        return emit.node("Gemm", x.name, *tensors, transB=1)

    def grad(self, inputs: tuple[Value, ...], output: Value, dy: str, emit: Emitter) -> Gradients:
        weights = {"weight": emit.node("Gemm", dy, inputs[0].name, transA=1)}
        if self.bias:
            weights["bias"] = batch_sum(emit, dy)
        return Gradients((emit.node("Gemm", dy, emit.weight("weight")),), weights)
