"""Activations: functions of each element, of the input's shape.  Here are those that begin as a
rectifier does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

from netspec.layers.base import Emitter, Gradients, Layer, Value, Weight
from netspec.layers.emitter import per_channel
from netspec.layers.gradients import channel_sum, positive
from netspec.layers.hyperparameter import Meta
from netspec.layers.tensor import TensorType


@dataclass(frozen=True)
class Activation(Layer):
    """A function of each element, which is the one ONNX operator `op` unless `lower` says more."""

    family = "activation"
    op: ClassVar[str]
    nonlinear = True
    activation = True
    equivariant = True
    keeps: ClassVar[tuple[str, ...]] = ("input",)

    def lower(self, inputs: tuple[Value, ...], emit: Emitter) -> str:
        return emit.node(self.op, inputs[0].name)

    def grad(self, inputs: tuple[Value, ...], output: Value, dy: str, emit: Emitter) -> Gradients:
        slope = self.derivative(inputs[0].name, output.name, emit)
        return Gradients((emit.node("Mul", dy, slope),))

    def derivative(self, x: str, y: str, emit: Emitter) -> str:
        """dy/dx, element by element."""
        raise NotImplementedError(self.keyword)


class Relu(Activation, keyword="RELU"):
    """Rectified linear unit.  shape -> shape,  y = max(x, 0).

    Source: Nair & Hinton 2010, "Rectified linear units improve restricted Boltzmann machines".
    """

    op = "Relu"
    rectifier = True
    clamps = True
    keeps = ("output",)

    def derivative(self, x: str, y: str, emit: Emitter) -> str:
        return emit.number(emit.node("Greater", y, emit.const(0.0)))


@dataclass(frozen=True)
class LeakyRelu(Activation, keyword="LEAKYRELU"):
    """Leaky rectifier.  shape -> shape,  y = x where x > 0, else slope * x.

    Source: Maas, Hannun & Ng 2013, "Rectifier nonlinearities improve neural network acoustic
    models".
    """

    slope: Annotated[float, Meta("slope of the negative side", ge=0)] = 0.01

    rectifier = True

    def lower(self, inputs: tuple[Value, ...], emit: Emitter) -> str:
        return emit.node("LeakyRelu", inputs[0].name, alpha=self.slope)

    def summary(self) -> str:
        return f"{self.slope:g}"

    def derivative(self, x: str, y: str, emit: Emitter) -> str:
        return positive(x, emit.const(1.0), emit.const(float(self.slope)), emit)


class PRelu(Activation, keyword="PRELU"):
    """Parametric rectifier.  shape -> shape,  y = x where x > 0, else weight * x, a weight for each
    channel.

    Source: He et al. 2015, "Delving deep into rectifiers".
    """

    rectifier = True

    def weights(self, inputs: tuple[TensorType, ...]) -> Mapping[str, Weight]:
        return {"weight": Weight(inputs[0].shape[:1], "slope")}

    def lower(self, inputs: tuple[Value, ...], emit: Emitter) -> str:
        (x,) = inputs
        return emit.node("PRelu", x.name, per_channel(emit, emit.weight("weight"), x.type))

    def grad(self, inputs: tuple[Value, ...], output: Value, dy: str, emit: Emitter) -> Gradients:
        (x,) = inputs
        weight = per_channel(emit, emit.weight("weight"), x.type)
        slope = positive(x.name, emit.const(1.0), weight, emit)
        below = emit.node("Min", x.name, emit.const(0.0))
        dw = channel_sum(emit, emit.node("Mul", dy, below), x.type)
        return Gradients((emit.node("Mul", dy, slope),), {"weight": dw})


class Elu(Activation, keyword="ELU"):
    """Exponential linear unit.  shape -> shape,  y = x where x > 0, else exp(x) - 1.

    Source: Clevert, Unterthiner & Hochreiter 2015, "Fast and accurate deep network learning by
    ELUs".
    """

    op = "Elu"
    rectifier = True

    def derivative(self, x: str, y: str, emit: Emitter) -> str:
        return positive(x, emit.const(1.0), emit.node("Add", y, emit.const(1.0)), emit)


class Selu(Activation, keyword="SELU"):
    """Scaled ELU, which keeps mean 0 and variance 1.  shape -> shape,  y = 1.0507 * (x or
    1.6733*(exp(x) - 1)).

    Source: Klambauer et al. 2017, "Self-normalizing neural networks".
    """

    op = "Selu"

    #: What keeps mean and variance (Klambauer et al. 2017, equation 14).
    alpha: ClassVar[float] = 1.6732632423543772
    scale: ClassVar[float] = 1.0507009873554805

    def derivative(self, x: str, y: str, emit: Emitter) -> str:
        below = emit.node("Add", y, emit.const(self.alpha * self.scale))
        return positive(x, emit.const(self.scale), below, emit)
