"""Normalisation of each sample by itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from netspec.layers.base import Emitter, Gradients, Kept, Value, Weight
from netspec.layers.emitter import per_channel
from netspec.layers.gradients import (
    batch_sum,
    channel_sum,
    shaped,
    standardised,
    standardised_gradient,
)
from netspec.layers.guards import check_divides
from netspec.layers.hyperparameter import Meta
from netspec.layers.norm import Normalisation
from netspec.layers.tensor import Shape, TensorType


class LayerNorm(Normalisation, keyword="LAYERNORM"):
    """Layer normalisation over the whole sample.  CxHxW -> CxHxW,  N -> N,
    y = weight * (x - mean) / sqrt(variance + eps) + bias, element by element.

    Weight and bias have the sample's shape, as torch.nn.LayerNorm([C, H, W]) has them.
    Source: Ba, Kiros & Hinton 2016, "Layer normalization".
    """

    elsewhere = ("layernormalization", "ln")

    nonlinear = True

    def weights(self, inputs: tuple[TensorType, ...]) -> Mapping[str, Weight]:
        shape = inputs[0].shape
        return {"weight": Weight(shape, "scale"), "bias": Weight(shape, "shift")}

    def kept(self, inputs: tuple[TensorType, ...], output: TensorType) -> tuple[Kept, ...]:
        """Mean and deviation of each sample."""
        return (Kept("statistics", 2, "float32"),)

    def lower(self, inputs: tuple[Value, ...], emit: Emitter) -> str:
        return self.normalise("LayerNormalization", inputs[0], emit, axis=1)

    def grad(self, inputs: tuple[Value, ...], output: Value, dy: str, emit: Emitter) -> Gradients:
        (x,), axes = inputs, range(1, inputs[0].type.rank + 1)
        normal, rate = standardised(emit, x.name, axes, self.eps)
        scaled = emit.node("Mul", dy, emit.weight("weight"))
        dx = standardised_gradient(emit, scaled, normal, rate, axes)
        weight = batch_sum(emit, emit.node("Mul", dy, normal))
        return Gradients((dx,), {"weight": weight, "bias": batch_sum(emit, dy)})


@dataclass(frozen=True)
class GroupNorm(Normalisation, keyword="GROUPNORM"):
    """Group normalisation: each group of channels by its own mean and variance.  CxHxW -> CxHxW,  N
    -> N.

    Weight and bias C. `groups` divides C.
    Source: Wu & He 2018, "Group normalization".
    """

    elsewhere = ("groupnormalization", "gn")

    groups: Annotated[int, Meta("groups of channels", ge=1)] = 32

    nonlinear = True
    equivariant = False  # neighbours share a group

    def output_shape(self, inputs: tuple[TensorType, ...]) -> Shape:
        sizes = {"channels": inputs[0].channels}
        check_divides("groups", self.keyword, "groups", self.groups, sizes)
        return inputs[0].shape

    def kept(self, inputs: tuple[TensorType, ...], output: TensorType) -> tuple[Kept, ...]:
        """Mean and deviation of each group of each sample."""
        return (Kept("statistics", 2 * self.groups, "float32"),)

    def lower(self, inputs: tuple[Value, ...], emit: Emitter) -> str:
        # As planes of one row each: ONNX's own GroupNormalization has no shape inference.
        (x,) = inputs
        ones, zeros = emit.const([1.0] * self.groups), emit.const([0.0] * self.groups)
        groups = emit.node("Reshape", x.name, emit.const([0, self.groups, -1]))
        normal = emit.node("InstanceNormalization", groups, ones, zeros, epsilon=self.eps)
        whole = emit.node("Reshape", normal, emit.const([0, *x.type.shape]))
        scale, shift = (per_channel(emit, emit.weight(n), x.type) for n in ("weight", "bias"))
        return emit.node("Add", emit.node("Mul", whole, scale), shift)

    def summary(self) -> str:
        return f"groups {self.groups}"

    def grad(self, inputs: tuple[Value, ...], output: Value, dy: str, emit: Emitter) -> Gradients:
        (x,) = inputs
        apart = emit.const([0, self.groups, -1])
        normal, rate = standardised(emit, emit.node("Reshape", x.name, apart), (2,), self.eps)
        scaled = emit.node("Mul", dy, per_channel(emit, emit.weight("weight"), x.type))
        grouped = emit.node("Reshape", scaled, apart)
        dx = shaped(emit, standardised_gradient(emit, grouped, normal, rate, (2,)), x.type)
        along = emit.node("Mul", dy, shaped(emit, normal, x.type))
        weights = {
            "weight": channel_sum(emit, along, x.type),
            "bias": channel_sum(emit, dy, x.type),
        }
        return Gradients((dx,), weights)


class InstanceNorm(Normalisation, keyword="INSTANCENORM"):
    """Instance normalisation: each plane by its own mean and variance.  CxHxW -> CxHxW.

    Weight and bias C, as torch.nn.InstanceNorm2d(affine=True) has them.
    Source: Ulyanov, Vedaldi & Lempitsky 2016, "Instance normalization".
    """

    elsewhere = ("instancenormalization",)

    spatial = True
    nonlinear = True
    centres = True

    def kept(self, inputs: tuple[TensorType, ...], output: TensorType) -> tuple[Kept, ...]:
        """Mean and deviation of each plane, and the weights repeated for each sample."""
        channels = output.channels
        return Kept("statistics", 2 * channels, "float32"), Kept("weights", channels)

    def lower(self, inputs: tuple[Value, ...], emit: Emitter) -> str:
        return self.normalise("InstanceNormalization", inputs[0], emit)

    def grad(self, inputs: tuple[Value, ...], output: Value, dy: str, emit: Emitter) -> Gradients:
        (x,), axes = inputs, (2, 3)
        normal, rate = standardised(emit, x.name, axes, self.eps)
        scaled = emit.node("Mul", dy, per_channel(emit, emit.weight("weight"), x.type))
        dx = standardised_gradient(emit, scaled, normal, rate, axes)
        weight = channel_sum(emit, emit.node("Mul", dy, normal), x.type)
        return Gradients((dx,), {"weight": weight, "bias": channel_sum(emit, dy, x.type)})
