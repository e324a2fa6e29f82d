"""Activations: functions of each element, of the input's shape."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

from netspec.layers.base import Emitter, Layer, Value, Weight
from netspec.layers.emitter import per_channel
from netspec.layers.hyperparameter import Meta
from netspec.layers.tensor import TensorType


@dataclass(frozen=True)
class _Activation(Layer):
    """A function of each element, which is the one ONNX operator `op` unless `lower` says more."""

    op: ClassVar[str]
    nonlinear = True
    activation = True
    equivariant = True
    keeps: ClassVar[tuple[str, ...]] = ("input",)

    def lower(self, inputs: tuple[Value, ...], emit: Emitter) -> str:
        return emit.node(self.op, inputs[0].name)


class Relu(_Activation, keyword="RELU"):
    """Rectified linear unit.  shape -> shape,  y = max(x, 0).

    Source: Nair & Hinton 2010, "Rectified linear units improve restricted Boltzmann machines".
    """

    op = "Relu"
    rectifier = True
    keeps = ("output",)


@dataclass(frozen=True)
class LeakyRelu(_Activation, keyword="LEAKYRELU"):
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


class PRelu(_Activation, keyword="PRELU"):
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


class Elu(_Activation, keyword="ELU"):
    """Exponential linear unit.  shape -> shape,  y = x where x > 0, else exp(x) - 1.

    Source: Clevert, Unterthiner & Hochreiter 2015, "Fast and accurate deep network learning by
    ELUs".
    """

    op = "Elu"
    rectifier = True


class Selu(_Activation, keyword="SELU"):
    """Scaled ELU, which keeps mean 0 and variance 1.  shape -> shape,  y = 1.0507 * (x or
    1.6733*(exp(x) - 1)).

    Source: Klambauer et al. 2017, "Self-normalizing neural networks".
    """

    op = "Selu"


class Gelu(_Activation, keyword="GELU"):
    """Gaussian error linear unit, exact.  shape -> shape,  y = x * (1 + erf(x / sqrt(2))) / 2.

    Source: Hendrycks & Gimpel 2016, "Gaussian error linear units".
    """

    op = "Gelu"
    rectifier = True


class Silu(_Activation, keyword="SILU"):
    """Sigmoid linear unit, or swish.  shape -> shape,  y = x * sigmoid(x).

    Source: Elfwing, Uchibe & Doya 2017, "Sigmoid-weighted linear units"; Ramachandran et al. 2017.
    """

    elsewhere = ("swish",)

    rectifier = True

    def lower(self, inputs: tuple[Value, ...], emit: Emitter) -> str:
        x = inputs[0].name
        return emit.node("Mul", x, emit.node("Sigmoid", x))


class Relu6(_Activation, keyword="RELU6"):
    """Rectifier that ends at 6.  shape -> shape,  y = min(max(x, 0), 6).

    Source: Krizhevsky 2010, "Convolutional deep belief networks on CIFAR-10".
    """

    rectifier = True

    def lower(self, inputs: tuple[Value, ...], emit: Emitter) -> str:
        return emit.node("Clip", inputs[0].name, emit.const(0.0), emit.const(6.0))


class HardSwish(_Activation, keyword="HARDSWISH"):
    """Swish in straight pieces.  shape -> shape,  y = x * min(max(x + 3, 0), 6) / 6.

    Source: Howard et al. 2019, "Searching for MobileNetV3", section 5.2.
    """

    elsewhere = ("hswish",)

    op = "HardSwish"
    rectifier = True


class HardSigmoid(_Activation, keyword="HARDSIGMOID"):
    """Sigmoid in straight pieces.  shape -> shape,  y = min(max(x + 3, 0), 6) / 6.

    Source: Howard et al. 2019, "Searching for MobileNetV3", section 5.2.
    """

    def lower(self, inputs: tuple[Value, ...], emit: Emitter) -> str:
        return emit.node("HardSigmoid", inputs[0].name, alpha=1 / 6, beta=0.5)


class Sigmoid(_Activation, keyword="SIGMOID"):
    """Logistic function.  shape -> shape,  y = 1 / (1 + exp(-x)).

    Source: Rumelhart, Hinton & Williams 1986, "Learning representations by back-propagating
    errors".
    """

    elsewhere = ("logistic",)

    op = "Sigmoid"
    keeps = ("output",)


class Tanh(_Activation, keyword="TANH"):
    """Hyperbolic tangent.  shape -> shape,  y = tanh(x).

    Source: LeCun et al. 1998, "Efficient backprop", section 4.4.
    """

    op = "Tanh"
    keeps = ("output",)


class Softplus(_Activation, keyword="SOFTPLUS"):
    """Smooth rectifier.  shape -> shape,  y = log(1 + exp(x)).

    Source: Dugas et al. 2000, "Incorporating second-order functional knowledge for better option
    pricing".
    """

    op = "Softplus"
    rectifier = True


class Abs(_Activation, keyword="ABS"):
    """Absolute value.  shape -> shape,  y = |x|.

    Source: Jarrett et al. 2009, "What is the best multi-stage architecture for object
    recognition?".
    """

    op = "Abs"
    activation = False  # it rectifies what an activation has made


class Identity(_Activation, keyword="IDENTITY"):
    """The input as it is.  shape -> shape,  y = x."""

    elsewhere = ("noop", "passthrough")

    op = "Identity"
    nonlinear = False
    activation = False
    view = True
    passes_gradient = True
    keeps = ()
