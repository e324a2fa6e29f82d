"""Pooling of whole planes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from netspec.layers.base import KW_ONLY, Emitter, Gradients, Layer, Value, Window
from netspec.layers.gradients import first_largest, shaped
from netspec.layers.hyperparameter import Meta
from netspec.layers.tensor import Shape, TensorType


@dataclass(frozen=True)
class _GlobalPool(Layer):
    """What GAP and GMP share."""

    _: KW_ONLY
    keep: Annotated[bool, Meta("whether the result stays Cx1x1")] = False

    family = "pool"
    spatial = True
    pools = True

    def output_shape(self, inputs: tuple[TensorType, ...]) -> Shape:
        channels = inputs[0].channels
        return (channels, 1, 1) if self.keep else (channels,)

    def window(self, inputs: tuple[TensorType, ...]) -> Window:
        return Window(inputs[0].area)

    def reduce(self, op: str, x: Value, emit: Emitter) -> str:
        """The plane's pixels by one ONNX operator, as a vector unless `keep`."""
        # ONNX Runtime pools channels in blocks, as its convolutions leave them, and puts C numbers
        # in order afterwards. ReduceMean, PyTorch's export, needs the whole plane in order first.
        pooled = emit.node(op, x.name)
        return pooled if self.keep else emit.node("Flatten", pooled, axis=1)


class GlobalAveragePool(_GlobalPool, keyword="GAP"):
    """Global average pooling: the mean of each plane.  CxHxW -> C,  or CxHxW -> Cx1x1 with `keep`.

    Source: Lin, Chen & Yan 2013, "Network in network", section 3.2.
    """

    elsewhere = ("globalavgpool", "globalaveragepool", "globalaveragepooling", "adaptiveavgpool")

    def lower(self, inputs: tuple[Value, ...], emit: Emitter) -> str:
        return self.reduce("GlobalAveragePool", inputs[0], emit)

    def grad(self, inputs: tuple[Value, ...], output: Value, dy: str, emit: Emitter) -> Gradients:
        (x,), (height, width) = inputs, inputs[0].type.area
        one = emit.node("Reshape", dy, emit.const([0, x.type.channels, 1, 1]))
        share = emit.node("Div", one, emit.const(float(height * width)))
        return Gradients((emit.node("Expand", share, emit.const([1, 1, height, width])),))


class GlobalMaxPool(_GlobalPool, keyword="GMP"):
    """Global max pooling: the largest of each plane.  CxHxW -> C,  or CxHxW -> Cx1x1 with `keep`.

    Source: Oquab et al. 2015, "Is object localization for free?", section 3.
    """

    elsewhere = ("globalmaxpool", "globalmaxpooling", "adaptivemaxpool")

    nonlinear = True
    keeps = ("input", "output")

    def lower(self, inputs: tuple[Value, ...], emit: Emitter) -> str:
        return self.reduce("GlobalMaxPool", inputs[0], emit)

    def grad(self, inputs: tuple[Value, ...], output: Value, dy: str, emit: Emitter) -> Gradients:
        """dY goes to the first of the largest pixels."""
        (x,), (height, width) = inputs, inputs[0].type.area
        flat = emit.node("Reshape", x.name, emit.const([0, x.type.channels, height * width]))
        one = emit.node("Reshape", dy, emit.const([0, x.type.channels, 1]))
        chosen = first_largest(emit, flat, one, 2, height * width, 3)
        return Gradients((shaped(emit, chosen, x.type),))
