"""Normalisation over the batch, and over neighbouring channels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from netspec.layers.base import KW_ONLY, Emitter, Gradients, Kept, Layer, Value, Weight
from netspec.layers.emitter import per_channel
from netspec.layers.gradients import (
    channel_sum,
    moments,
    standardised,
    standardised_gradient,
)
from netspec.layers.hyperparameter import Meta
from netspec.layers.tensor import TensorType

#: How far running statistics move to those of a batch, as a part of the way.
_PACE = 0.1


@dataclass(frozen=True)
class Normalisation(Layer):
    """What the layers share that subtract a mean, divide by a deviation, and learn a scale and a
    shift.
    """

    _: KW_ONLY
    eps: Annotated[float, Meta("number added to the variance, against division by 0", gt=0)] = 1e-5

    family = "norm"
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


class BatchNorm(Normalisation, keyword="BN"):
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
        (x,) = inputs
        if not emit.training:
            return self.normalise("BatchNormalization", x, emit)
        self._follow(x, emit)
        normal, _ = standardised(emit, x.name, _over_channel(x.type), self.eps)
        scale, shift = (per_channel(emit, emit.weight(n), x.type) for n in ("weight", "bias"))
        return emit.node("Add", emit.node("Mul", normal, scale), shift)

    def grad(self, inputs: tuple[Value, ...], output: Value, dy: str, emit: Emitter) -> Gradients:
        (x,), axes = inputs, _over_channel(inputs[0].type)
        scaled = emit.node("Mul", dy, per_channel(emit, emit.weight("weight"), x.type))
        if emit.training:
            normal, rate = standardised(emit, x.name, axes, self.eps)
            dx = standardised_gradient(emit, scaled, normal, rate, axes)
        else:
            normal, rate = self._running(x, emit)
            dx = emit.node("Mul", scaled, rate)
        weight = channel_sum(emit, emit.node("Mul", dy, normal), x.type)
        return Gradients((dx,), {"weight": weight, "bias": channel_sum(emit, dy, x.type)})

    def _follow(self, x: Value, emit: Emitter) -> None:
        """The running statistics move a tenth of the way to the batch's; the variance is that of a
        sample of a population, as in PyTorch. One number for a channel tells none: they stay.
        """
        mean, _, variance = moments(emit, x.name, _over_channel(x.type))
        first = emit.node("Slice", x.name, *map(emit.const, ([0], [1], [1])))
        # counted on the device, which has no kernel for Size
        there = emit.number(emit.node("GreaterOrEqual", first, first))
        count = emit.node("ReduceSum", there, keepdims=0)
        several = emit.node("Greater", count, emit.const(1.0))
        others = emit.node("Max", emit.node("Sub", count, emit.const(1.0)), emit.const(1.0))
        sample = emit.node("Div", emit.node("Mul", variance, count), others)
        for name, now in (("running_mean", mean), ("running_var", sample)):
            flat = emit.node("Reshape", now, emit.const([x.type.channels]))
            kept = emit.node("Mul", emit.weight(name), emit.const(1 - _PACE))
            moved = emit.node("Add", kept, emit.node("Mul", flat, emit.const(_PACE)))
            emit.becomes(name, emit.node("Where", several, moved, emit.weight(name)))

    def _running(self, x: Value, emit: Emitter) -> tuple[str, str]:
        """The input by the running statistics, and 1 / sqrt(running_var + eps)."""
        variance = emit.node("Add", emit.weight("running_var"), emit.const(self.eps))
        rate = emit.node("Reciprocal", emit.node("Sqrt", variance))
        mean, rate = (per_channel(emit, n, x.type) for n in (emit.weight("running_mean"), rate))
        return emit.node("Mul", emit.node("Sub", x.name, mean), rate), rate


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

    def grad(self, inputs: tuple[Value, ...], output: Value, dy: str, emit: Emitter) -> Gradients:
        """dX = dY * b^-beta - 2*alpha*beta/size * x * s(dY * y / b),  b = k + alpha/size * s(x^2),
        s the sum over the channels that read a channel.
        """
        (x,) = inputs
        base = self._base(x, emit)
        direct = emit.node("Mul", dy, emit.node("Pow", base, emit.const(-float(self.beta))))
        share = emit.node("Div", emit.node("Mul", dy, output.name), base)
        mean = self._mean(share, x.type, (self.size - 1) // 2, emit)
        factor = emit.node("Mul", x.name, emit.const(2.0 * self.alpha * self.beta))
        return Gradients((emit.node("Sub", direct, emit.node("Mul", factor, mean)),))

    def _even_divisor(self, x: Value, emit: Emitter) -> str:
        """(k + alpha * mean square)^beta in parts: ONNX Runtime's LRN takes odd sizes only."""
        return emit.node("Pow", self._base(x, emit), emit.const(float(self.beta)))

    def _base(self, x: Value, emit: Emitter) -> str:
        """k + alpha * mean square."""
        squares = emit.node("Mul", x.name, x.name)
        mean = self._mean(squares, x.type, self.size // 2, emit)
        scaled = emit.node("Mul", mean, emit.const(float(self.alpha)))
        return emit.node("Add", scaled, emit.const(float(self.k)))

    def _mean(self, name: str, kind: TensorType, before: int, emit: Emitter) -> str:
        """The sum over `size` channels, `before` of them before each, divided by `size`."""
        channels, height, width = kind.shape
        flat = emit.node("Reshape", name, emit.const([0, 1, channels, height * width]))
        ends = emit.const([0, 0, before, 0, 0, 0, self.size - 1 - before, 0])
        mean = emit.node("AveragePool", emit.node("Pad", flat, ends), kernel_shape=(self.size, 1))
        return emit.node("Reshape", mean, emit.const([0, channels, height, width]))


def _over_channel(kind: TensorType) -> tuple[int, ...]:
    """The axes over which the elements of a channel lie, the batch's among them."""
    return (0, *range(2, kind.rank + 1))
