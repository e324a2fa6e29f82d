"""Layers that compare, choose, reorder or add channels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from netspec.layers.base import KW_ONLY, Emitter, Gradients, Layer, Value
from netspec.layers.gradients import first_largest, shaped
from netspec.layers.guards import check_divides
from netspec.layers.hyperparameter import Meta
from netspec.layers.tensor import Shape, TensorType
from netspec.text.diagnostics import LayerError


@dataclass(frozen=True)
class Maxout(Layer, keyword="MAXOUT"):
    """The largest of every `pieces` channels that follow each other.  CxHxW -> C/pieces x H x W,  N
    -> N/pieces.

    Output channel c is the maximum of input channels c*pieces up to (c + 1)*pieces - 1.
    Source: Goodfellow et al. 2013, "Maxout networks", section 2.
    """

    pieces: Annotated[int, Meta("channels of which one is kept", ge=1)]

    nonlinear = True
    keeps = ("input", "output")

    def output_shape(self, inputs: tuple[TensorType, ...]) -> Shape:
        (x,) = inputs
        check_divides("pieces", self.keyword, "pieces", self.pieces, {"channels": x.channels})
        return x.channels // self.pieces, *x.shape[1:]

    def lower(self, inputs: tuple[Value, ...], emit: Emitter) -> str:
        (x,) = inputs
        channels, *rest = x.type.shape
        apart = emit.const([0, channels // self.pieces, self.pieces, *rest])
        pieces = emit.node("Reshape", x.name, apart)
        return emit.node("ReduceMax", pieces, emit.const([2]), keepdims=0)

    def summary(self) -> str:
        return f"pieces {self.pieces}"

    def grad(self, inputs: tuple[Value, ...], output: Value, dy: str, emit: Emitter) -> Gradients:
        (x,) = inputs
        apart = emit.const([0, output.type.channels, self.pieces, *x.type.shape[1:]])
        pieces = emit.node("Reshape", x.name, apart)
        given = emit.node("Unsqueeze", dy, emit.const([2]))
        chosen = first_largest(emit, pieces, given, 2, self.pieces, x.type.rank + 2)
        return Gradients((shaped(emit, chosen, x.type),))


@dataclass(frozen=True)
class Softmax(Layer, keyword="SOFTMAX"):
    """Softmax: positive numbers that add to 1 along an axis.  shape -> shape,  y = exp(x) / sum of
    exp(x).

    Source: Bridle 1990, "Probabilistic interpretation of feedforward classification network
    outputs".
    """

    _: KW_ONLY
    axis: Annotated[int, Meta("axis of a sample: 0 channels, 1 rows, 2 columns", ge=0)] = 0

    nonlinear = True
    equivariant = True
    keeps = ("output",)
    exact = True
    op = "Softmax"

    def output_shape(self, inputs: tuple[TensorType, ...]) -> Shape:
        (x,) = inputs
        if self.axis >= x.rank:
            raise LayerError(
                "axis",
                f"{self.keyword} finds axes 0 to {x.rank - 1} in {x}, and no axis {self.axis}",
                argument="axis",
                help="leave `axis` out for the channels; the batch axis does not count",
            )
        return x.shape

    def chances(self) -> bool:
        return self.axis == 0

    def lower(self, inputs: tuple[Value, ...], emit: Emitter) -> str:
        return emit.node(self.op, inputs[0].name, axis=self.axis + 1)

    def grad(self, inputs: tuple[Value, ...], output: Value, dy: str, emit: Emitter) -> Gradients:
        axes = emit.const([self.axis + 1])
        along = emit.node("ReduceSum", emit.node("Mul", dy, output.name), axes, keepdims=1)
        return Gradients((emit.node("Mul", emit.node("Sub", dy, along), output.name),))


class LogSoftmax(Softmax, keyword="LOGSOFTMAX"):
    """Logarithm of softmax.  shape -> shape,  y = x - log(sum of exp(x)).

    Source: Bridle 1990, "Probabilistic interpretation of feedforward classification network
    outputs".
    """

    op = "LogSoftmax"

    def grad(self, inputs: tuple[Value, ...], output: Value, dy: str, emit: Emitter) -> Gradients:
        total = emit.node("ReduceSum", dy, emit.const([self.axis + 1]), keepdims=1)
        chances = emit.node("Exp", output.name)
        return Gradients((emit.node("Sub", dy, emit.node("Mul", chances, total)),))


@dataclass(frozen=True)
class PadChannels(Layer, keyword="PADC"):
    """Zero channels appended at the end.  CxHxW -> FxHxW,  N -> F,  F = filters.

    Source: He et al. 2015, "Deep residual learning for image recognition", section 4.2, shortcut A.
    """

    filters: Annotated[int, Meta("output channels F, at least the input's", ge=1)]

    def output_shape(self, inputs: tuple[TensorType, ...]) -> Shape:
        (x,) = inputs
        if self.filters < x.channels:
            raise LayerError(
                "channels",
                f"{self.keyword} cannot pad the {x.channels} channels of {x} to {self.filters}",
                argument="filters",
                help=f"at least {x.channels}; `CONV({self.filters}, 1)` makes fewer",
            )
        return self.filters, *x.shape[1:]

    def lower(self, inputs: tuple[Value, ...], emit: Emitter) -> str:
        (x,) = inputs
        before, rest = [0] * (x.type.rank + 1), [0] * (x.type.rank - 1)
        return emit.node(
            "Pad", x.name, emit.const([*before, 0, self.filters - x.type.channels, *rest])
        )

    def grad(self, inputs: tuple[Value, ...], output: Value, dy: str, emit: Emitter) -> Gradients:
        last = emit.const([inputs[0].type.channels])
        return Gradients((emit.node("Slice", dy, emit.const([0]), last, emit.const([1])),))


@dataclass(frozen=True)
class Shuffle(Layer, keyword="SHUFFLE"):
    """Channel shuffle: channel j of group i becomes channel i of position j.  CxHxW -> CxHxW,  N ->
    N.

    Source: Zhang et al. 2017, "ShuffleNet", section 3.1.
    """

    elsewhere = ("channelshuffle",)

    groups: Annotated[int, Meta("groups of channels to deal out in turn", ge=1)]

    def output_shape(self, inputs: tuple[TensorType, ...]) -> Shape:
        sizes = {"channels": inputs[0].channels}
        check_divides("groups", self.keyword, "groups", self.groups, sizes)
        return inputs[0].shape

    def lower(self, inputs: tuple[Value, ...], emit: Emitter) -> str:
        (x,) = inputs
        return self._dealt(x.name, x.type, self.groups, emit)

    def grad(self, inputs: tuple[Value, ...], output: Value, dy: str, emit: Emitter) -> Gradients:
        (x,) = inputs
        return Gradients((self._dealt(dy, x.type, x.type.channels // self.groups, emit),))

    def _dealt(self, name: str, kind: TensorType, groups: int, emit: Emitter) -> str:
        """The channels of so many groups, dealt out in turn."""
        channels, *rest = kind.shape
        apart = emit.const([0, groups, channels // groups, *rest])
        axes = (0, 2, 1, *range(3, 3 + len(rest)))
        dealt = emit.node("Transpose", emit.node("Reshape", name, apart), perm=axes)
        return emit.node("Reshape", dealt, emit.const([0, channels, *rest]))

    def summary(self) -> str:
        return f"groups {self.groups}"


@dataclass(frozen=True)
class Split(Layer, keyword="SPLIT"):
    """One of equal slices of the channels.  CxHxW -> C/of x H x W,  N -> N/of.

    Source: Krizhevsky et al. 2012, "ImageNet classification with deep convolutional neural
    networks", figure 2.
    """

    elsewhere = ("chunk",)

    index: Annotated[int, Meta("which slice, from 0", ge=0)]
    of: Annotated[int, Meta("how many slices", ge=1)]

    def output_shape(self, inputs: tuple[TensorType, ...]) -> Shape:
        (x,) = inputs
        if self.index >= self.of:
            raise LayerError(
                "slice",
                f"{self.keyword} of {self.of} makes slices 0 to {self.of - 1}, and no {self.index}",
                argument="index",
            )
        check_divides("slice", self.keyword, "of", self.of, {"channels": x.channels})
        return x.channels // self.of, *x.shape[1:]

    def lower(self, inputs: tuple[Value, ...], emit: Emitter) -> str:
        (x,) = inputs
        size = x.type.channels // self.of
        first, last = emit.const([self.index * size]), emit.const([(self.index + 1) * size])
        return emit.node("Slice", x.name, first, last, emit.const([1]))

    def summary(self) -> str:
        return f"{self.index} of {self.of}"

    def grad(self, inputs: tuple[Value, ...], output: Value, dy: str, emit: Emitter) -> Gradients:
        (x,), size = inputs, output.type.channels
        before, after = self.index * size, (self.of - 1 - self.index) * size
        rest = [0] * (x.type.rank - 1)
        pads = emit.const([0, before, *rest, 0, after, *rest])
        return Gradients((emit.node("Pad", dy, pads),))
