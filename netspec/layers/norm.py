"""Normalisation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from netspec.layers.base import KW_ONLY, Emitter, Kept, Layer, Value, Weight
from netspec.layers.emitter import per_channel
from netspec.layers.guards import check_divides
from netspec.layers.hyperparameter import Meta
from netspec.layers.tensor import Shape, TensorType


@dataclass(frozen=True)
class _Normalisation(Layer):
    """What the layers share that subtract a mean, divide by a deviation, and learn a scale and a
    shift.
    """

    _: KW_ONLY
    eps: Annotated[float, Meta("number added to the variance, against division by 0", gt=0)] = 1e-5

    exact = True
    equivariant = True
    keeps = ("input",)

    def weights(self, inputs: tuple[TensorType, ...]) -> Mapping[str, Weight]:
        shape = inputs[0].shape[:1]
        return {"weight": Weight(shape, "scale"), "bias": Weight(shape, "shift")}

    def normalise(self, op: str, x: Value, emit: Emitter, **attributes: int) -> str:
        """One ONNX operator, which reads the layer's tensors in their order."""
        tensors = (emit.weight(name) for name in self.weights((x.type,)))
        return emit.node(op, x.name, *tensors, epsilon=self.eps, **attributes)


class BatchNorm(_Normalisation, keyword="BN"):
    """Batch normalisation, with the running statistics at inference.  CxHxW -> CxHxW,  N -> N,
    y = weight * (x - running_mean) / sqrt(running_var + eps) + bias, channel by channel.

    The running statistics are state, not parameters.
    Source: Ioffe & Szegedy 2015, "Batch normalization", algorithm 2.
    """

    elsewhere = ("batchnorm", "batchnormalization")

    centres = True

    def weights(self, inputs: tuple[TensorType, ...]) -> Mapping[str, Weight]:
        shape = inputs[0].shape[:1]
        return {
            **super().weights(inputs),
            "running_mean": Weight(shape, "mean"),
            "running_var": Weight(shape, "variance"),
        }

    def kept(self, inputs: tuple[TensorType, ...], output: TensorType) -> tuple[Kept, ...]:
        """Mean and deviation of each channel, over the batch."""
        return (Kept("statistics", 2 * output.channels, "float32", for_each=False),)

    def lower(self, inputs: tuple[Value, ...], emit: Emitter) -> str:
        return self.normalise("BatchNormalization", inputs[0], emit)


@dataclass(frozen=True)
class LocalResponseNorm(Layer, keyword="LRN"):
    """Local response normalisation across channels.  CxHxW -> CxHxW,
    y = x / (k + alpha/size * s)^beta,  s = the sum of squares over `size` channels around each.

    Of an even size the odd channel comes before, as in PyTorch; channels beyond the ends are zeros.
    Source: Krizhevsky, Sutskever & Hinton 2012, "ImageNet classification with deep convolutional
    neural networks", section 3.3 (whose alpha is alpha/size here).
    """

    elsewhere = ("localresponsenorm", "localresponsenormalization")

    size: Annotated[int, Meta("channels in the sum", ge=1)] = 5
    _: KW_ONLY
    alpha: Annotated[float, Meta("weight of the mean square", gt=0)] = 1e-4
    beta: Annotated[float, Meta("exponent", gt=0)] = 0.75
    k: Annotated[float, Meta("number added to the mean square", gt=0)] = 1.0

    spatial = True
    nonlinear = True
    exact = True
    keeps = ("input",)

    def kept(self, inputs: tuple[TensorType, ...], output: TensorType) -> tuple[Kept, ...]:
        """The squares with zero channels around them, k + alpha * mean square, and the divisor."""
        plane = output.numel // output.channels
        return (
            Kept("squares", (output.channels + self.size - 1) * plane),
            Kept("bases", output.numel),
            Kept("divisors", output.numel),
        )

    def lower(self, inputs: tuple[Value, ...], emit: Emitter) -> str:
        (x,) = inputs
        if self.size % 2:
            return emit.node(
                "LRN", x.name, size=self.size, alpha=self.alpha, beta=self.beta, bias=self.k
            )
        return emit.node("Div", x.name, self._even_divisor(x, emit))

    def summary(self) -> str:
        return f"size {self.size}"

    def _even_divisor(self, x: Value, emit: Emitter) -> str:
        """(k + alpha * mean square)^beta in parts: ONNX Runtime's LRN takes odd sizes only."""
        channels, height, width = x.type.shape
        flat = emit.const([0, 1, channels, height * width])
        squares = emit.node("Reshape", emit.node("Mul", x.name, x.name), flat)
        ends = emit.const([0, 0, self.size // 2, 0, 0, 0, (self.size - 1) // 2, 0])
        mean = emit.node(
            "AveragePool", emit.node("Pad", squares, ends), kernel_shape=(self.size, 1)
        )
        mean = emit.node("Reshape", mean, emit.const([0, channels, height, width]))
        scaled = emit.node("Mul", mean, emit.const(self.alpha))
        return emit.node("Pow", emit.node("Add", scaled, emit.const(self.k)), emit.const(self.beta))


class LayerNorm(_Normalisation, keyword="LAYERNORM"):
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


@dataclass(frozen=True)
class GroupNorm(_Normalisation, keyword="GROUPNORM"):
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


class InstanceNorm(_Normalisation, keyword="INSTANCENORM"):
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
