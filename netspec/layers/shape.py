"""Layers that lay elements out anew, leave some out, or repeat them."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Annotated, Literal

from netspec.layers.base import KW_ONLY, Emitter, Gradients, Layer, Value, Window
from netspec.layers.gradients import shaped
from netspec.layers.hyperparameter import Meta, Pair, Size
from netspec.layers.tensor import Shape, TensorType
from netspec.layers.window import short
from netspec.text.diagnostics import LayerError


@dataclass(frozen=True)
class Flatten(Layer, keyword="FLATTEN"):
    """All elements as a vector, channel by channel, row by row.  CxHxW -> C*H*W."""

    view = True
    passes_gradient = True

    def output_shape(self, inputs: tuple[TensorType, ...]) -> Shape:
        return (inputs[0].numel,)

    def lower(self, inputs: tuple[Value, ...], emit: Emitter) -> str:
        return emit.node("Flatten", inputs[0].name, axis=1)

    def grad(self, inputs: tuple[Value, ...], output: Value, dy: str, emit: Emitter) -> Gradients:
        return Gradients((shaped(emit, dy, inputs[0].type),))


@dataclass(frozen=True)
class Reshape(Layer, keyword="RESHAPE"):
    """The elements in their order, in another shape of the same size.  CxHxW -> shape."""

    elsewhere = ("view",)

    shape: Annotated[Size, Meta("sizes of the output's axes, without the batch axis", ge=1)]

    view = True
    passes_gradient = True

    def output_shape(self, inputs: tuple[TensorType, ...]) -> Shape:
        (x,) = inputs
        if prod(self.shape) != x.numel:
            made = TensorType(self.shape)
            raise LayerError(
                "reshape",
                f"{self.keyword} cannot make {made} of {x}: {x.numel} elements, not {made.numel}",
                argument="shape",
            )
        return self.shape

    def lower(self, inputs: tuple[Value, ...], emit: Emitter) -> str:
        return emit.node("Reshape", inputs[0].name, emit.const([0, *self.shape]))

    def grad(self, inputs: tuple[Value, ...], output: Value, dy: str, emit: Emitter) -> Gradients:
        return Gradients((shaped(emit, dy, inputs[0].type),))


@dataclass(frozen=True)
class Subsample(Layer, keyword="SUBSAMPLE"):
    """Every stride-th row and column, from the first.  CxHxW -> CxH'xW',  H' = (H - 1) // stride +
    1.

    Source: He et al. 2015, "Deep residual learning for image recognition", section 4.2, shortcut A.
    """

    elsewhere = ("downsample",)

    stride: Annotated[Pair, Meta("step over rows and columns, pixels", ge=1)]

    spatial = True
    view = True  # a strided slice: the same elements with other steps between them

    def output_shape(self, inputs: tuple[TensorType, ...]) -> Shape:
        (x,) = inputs
        rows, columns = x.area
        return x.channels, (rows - 1) // self.stride[0] + 1, (columns - 1) // self.stride[1] + 1

    def window(self, inputs: tuple[TensorType, ...]) -> Window:
        return Window((1, 1), self.stride)

    def lower(self, inputs: tuple[Value, ...], emit: Emitter) -> str:
        (x,) = inputs
        first, last = emit.const([0, 0]), emit.const(x.type.area)
        return emit.node("Slice", x.name, first, last, emit.const([2, 3]), emit.const(self.stride))

    def summary(self) -> str:
        return f"/{short(self.stride)}"

    def grad(self, inputs: tuple[Value, ...], output: Value, dy: str, emit: Emitter) -> Gradients:
        (x,), (rows, columns) = inputs, self.stride
        channels, height, width = output.type.shape
        pixels = emit.node("Reshape", dy, emit.const([0, channels, height, 1, width, 1]))
        ends = emit.const([0] * 6 + [0, 0, 0, rows - 1, 0, columns - 1])
        spread = emit.node("Pad", pixels, ends)
        whole = emit.const([0, channels, height * rows, width * columns])
        plane = emit.node("Reshape", spread, whole)
        last, axes = emit.const(x.type.area), emit.const([2, 3])
        return Gradients((emit.node("Slice", plane, emit.const([0, 0]), last, axes),))


@dataclass(frozen=True)
class Upsample(Layer, keyword="UPSAMPLE"):
    """Rows and columns `scale` times as many.  CxHxW -> C x scale*H x scale*W.

    `nearest` repeats pixels; `bilinear` interpolates between their centres, the outermost held
    beyond the borders (PyTorch's align_corners=False).
    """

    elsewhere = ("interpolate", "resize", "upsampling")

    scale: Annotated[Pair, Meta("output pixels for each input pixel", ge=1)] = (2, 2)
    _: KW_ONLY
    mode: Annotated[Literal["nearest", "bilinear"], Meta("how pixels between are made")] = "nearest"

    spatial = True

    def output_shape(self, inputs: tuple[TensorType, ...]) -> Shape:
        (x,) = inputs
        return x.channels, x.area[0] * self.scale[0], x.area[1] * self.scale[1]

    def window(self, inputs: tuple[TensorType, ...]) -> Window:
        # Each pixel spreads over as many as the scale, or twice as many where it fades away.
        reach = [z if self.mode == "nearest" else 2 * z - z % 2 for z in self.scale]
        after = [0 if self.mode == "nearest" else z // 2 for z in self.scale]
        before = [size - 1 - end for size, end in zip(reach, after, strict=True)]
        pads = (before[0], before[1], after[0], after[1])
        return Window((reach[0], reach[1]), pads=pads, zoom=self.scale)

    def lower(self, inputs: tuple[Value, ...], emit: Emitter) -> str:
        how = {
            "nearest": {
                "mode": "nearest",
                "nearest_mode": "floor",
                "coordinate_transformation_mode": "asymmetric",
            },
            "bilinear": {"mode": "linear", "coordinate_transformation_mode": "half_pixel"},
        }[self.mode]
        # all axes are named: ONNX Runtime (seen in 1.31) loses count where it turns int8 to NHWC
        scales = emit.const([1.0, 1.0, *map(float, self.scale)])
        return emit.node("Resize", inputs[0].name, "", scales, **how)

    def summary(self) -> str:
        return f"x{short(self.scale)} {self.mode}"

    def grad(self, inputs: tuple[Value, ...], output: Value, dy: str, emit: Emitter) -> Gradients:
        (x,), (rows, columns) = inputs, self.scale
        if self.mode == "nearest":
            channels, height, width = x.type.shape
            blocks = emit.const([0, channels, height, rows, width, columns])
            apart = emit.node("Reshape", dy, blocks)
            return Gradients((emit.node("ReduceSum", apart, emit.const([3, 5]), keepdims=0),))
        down, across = (_bilinear(size, z) for size, z in zip(x.type.area, self.scale, strict=True))
        by_row = emit.node("MatMul", _matrix(emit, down), dy)
        back = emit.node("Transpose", _matrix(emit, across), perm=(1, 0))
        return Gradients((emit.node("MatMul", by_row, back),))


def _bilinear(size: int, scale: int) -> list[list[float]]:
    """How much of each input pixel (rows) is in each output pixel (columns) along an axis."""
    shares = [[0.0] * (size * scale) for _ in range(size)]
    for at in range(size * scale):
        centre = min(max((at + 0.5) / scale - 0.5, 0), size - 1)
        first = int(centre)
        shares[first][at] += 1 - (centre - first)
        if first + 1 < size:
            shares[first + 1][at] += centre - first
    return shares


def _matrix(emit: Emitter, rows: list[list[float]]) -> str:
    flat = emit.const([share for row in rows for share in row])
    return emit.node("Reshape", flat, emit.const([len(rows), len(rows[0])]))
