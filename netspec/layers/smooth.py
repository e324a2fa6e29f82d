"""More activations: gates, sigmoids, and those in straight pieces."""

from __future__ import annotations

from math import pi, sqrt

from netspec.layers.activation import Activation
from netspec.layers.base import Emitter, Gradients, Value
from netspec.layers.gradients import between


class Gelu(Activation, keyword="GELU"):
    """Gaussian error linear unit, exact.  shape -> shape,  y = x * (1 + erf(x / sqrt(2))) / 2.

    Source: Hendrycks & Gimpel 2016, "Gaussian error linear units".
    """

    op = "Gelu"
    rectifier = True

    def derivative(self, x: str, y: str, emit: Emitter) -> str:
        below = emit.node("Erf", emit.node("Mul", x, emit.const(1 / sqrt(2))))
        chance = emit.node("Add", emit.node("Mul", below, emit.const(0.5)), emit.const(0.5))
        power = emit.node("Mul", emit.node("Mul", x, x), emit.const(-0.5))
        density = emit.node("Mul", emit.node("Exp", power), emit.const(1 / sqrt(2 * pi)))
        return emit.node("Add", chance, emit.node("Mul", x, density))


class Silu(Activation, keyword="SILU"):
    """Sigmoid linear unit, or swish.  shape -> shape,  y = x * sigmoid(x).

    Source: Elfwing, Uchibe & Doya 2017, "Sigmoid-weighted linear units"; Ramachandran et al. 2017.
    """

    elsewhere = ("swish",)

    rectifier = True

    def lower(self, inputs: tuple[Value, ...], emit: Emitter) -> str:
        x = inputs[0].name
        return emit.node("Mul", x, emit.node("Sigmoid", x))

    def derivative(self, x: str, y: str, emit: Emitter) -> str:
        gate = emit.node("Sigmoid", x)
        rest = emit.node("Mul", y, emit.node("Sub", emit.const(1.0), gate))
        return emit.node("Add", gate, rest)


class Relu6(Activation, keyword="RELU6"):
    """Rectifier that ends at 6.  shape -> shape,  y = min(max(x, 0), 6).

    Source: Krizhevsky 2010, "Convolutional deep belief networks on CIFAR-10".
    """

    rectifier = True
    clamps = True

    def lower(self, inputs: tuple[Value, ...], emit: Emitter) -> str:
        return emit.node("Clip", inputs[0].name, emit.const(0.0), emit.const(6.0))

    def derivative(self, x: str, y: str, emit: Emitter) -> str:
        return between(x, 0.0, 6.0, emit.const(1.0), emit)


class HardSwish(Activation, keyword="HARDSWISH"):
    """Swish in straight pieces.  shape -> shape,  y = x * min(max(x + 3, 0), 6) / 6.

    Source: Howard et al. 2019, "Searching for MobileNetV3", section 5.2.
    """

    elsewhere = ("hswish",)

    op = "HardSwish"
    rectifier = True

    def lower(self, inputs: tuple[Value, ...], emit: Emitter) -> str:
        """In training in its parts: it is a function, and a runtime that inlines it loses its place
        in the order of nodes.
        """
        if not emit.training:
            return super().lower(inputs, emit)
        (x,) = inputs
        share = emit.node("HardSigmoid", x.name, alpha=1 / 6, beta=0.5)
        return emit.node("Mul", x.name, share)

    def derivative(self, x: str, y: str, emit: Emitter) -> str:
        middle = emit.node("Add", emit.node("Div", x, emit.const(3.0)), emit.const(0.5))
        end = emit.node("Greater", x, emit.const(3.0))
        slope = emit.node("Where", end, emit.const(1.0), middle)
        start = emit.node("Less", x, emit.const(-3.0))
        return emit.node("Where", start, emit.const(0.0), slope)


class HardSigmoid(Activation, keyword="HARDSIGMOID"):
    """Sigmoid in straight pieces.  shape -> shape,  y = min(max(x + 3, 0), 6) / 6.

    Source: Howard et al. 2019, "Searching for MobileNetV3", section 5.2.
    """

    def lower(self, inputs: tuple[Value, ...], emit: Emitter) -> str:
        return emit.node("HardSigmoid", inputs[0].name, alpha=1 / 6, beta=0.5)

    def derivative(self, x: str, y: str, emit: Emitter) -> str:
        return between(x, -3.0, 3.0, emit.const(1 / 6), emit)


class Sigmoid(Activation, keyword="SIGMOID"):
    """Logistic function.  shape -> shape,  y = 1 / (1 + exp(-x)).

    Source: Rumelhart, Hinton & Williams 1986, "Learning representations by back-propagating
    errors".
    """

    elsewhere = ("logistic",)

    op = "Sigmoid"
    logistic = True
    keeps = ("output",)

    def derivative(self, x: str, y: str, emit: Emitter) -> str:
        return emit.node("Mul", y, emit.node("Sub", emit.const(1.0), y))


class Tanh(Activation, keyword="TANH"):
    """Hyperbolic tangent.  shape -> shape,  y = tanh(x).

    Source: LeCun et al. 1998, "Efficient backprop", section 4.4.
    """

    op = "Tanh"
    keeps = ("output",)

    def derivative(self, x: str, y: str, emit: Emitter) -> str:
        return emit.node("Sub", emit.const(1.0), emit.node("Mul", y, y))


class Softplus(Activation, keyword="SOFTPLUS"):
    """Smooth rectifier.  shape -> shape,  y = log(1 + exp(x)).

    Source: Dugas et al. 2000, "Incorporating second-order functional knowledge for better option
    pricing".
    """

    op = "Softplus"
    rectifier = True

    def derivative(self, x: str, y: str, emit: Emitter) -> str:
        return emit.node("Sigmoid", x)


class Abs(Activation, keyword="ABS"):
    """Absolute value.  shape -> shape,  y = |x|.

    Source: Jarrett et al. 2009, "What is the best multi-stage architecture for object
    recognition?".
    """

    op = "Abs"
    activation = False  # it rectifies what an activation has made

    def derivative(self, x: str, y: str, emit: Emitter) -> str:
        return emit.node("Sign", x)


class Identity(Activation, keyword="IDENTITY"):
    """The input as it is.  shape -> shape,  y = x."""

    elsewhere = ("noop", "passthrough")

    op = "Identity"
    nonlinear = False
    activation = False
    view = True
    passes_gradient = True
    keeps = ()

    def grad(self, inputs: tuple[Value, ...], output: Value, dy: str, emit: Emitter) -> Gradients:
        return Gradients((dy,))
