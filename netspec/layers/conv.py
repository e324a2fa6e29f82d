"""Convolutions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import Annotated, Any

from netspec.layers.base import KW_ONLY, Emitter, Gradients, Layer, Value, Weight, Window
from netspec.layers.emitter import per_channel
from netspec.layers.gradients import channel_sum, placed
from netspec.layers.guards import check_divides
from netspec.layers.hyperparameter import Meta, Pad, Pair
from netspec.layers.kernel_gradient import kernel_gradient
from netspec.layers.tensor import Shape, TensorType
from netspec.layers.unrolled import Unrolled
from netspec.layers.window import (
    slide,
    unread_margin,
    window_over,
    window_summary,
)


@dataclass(frozen=True)
class Convolution(Layer):
    """What CONV and DECONV share."""

    family = "conv"

    filters: Annotated[int, Meta("output channels F", ge=1)]
    kernel: Annotated[Pair, Meta("sides of the window, pixels", ge=1)] = (3, 3)
    stride: Annotated[Pair, Meta("step of the window, pixels", ge=1)] = (1, 1)
    _: KW_ONLY
    pad: Annotated[Pad, Meta("zeros around the input, pixels", ge=0)] = "valid"
    dilation: Annotated[Pair, Meta("distance between the window's taps, pixels", ge=1)] = (1, 1)
    groups: Annotated[int, Meta("groups of channels that do not see each other", ge=1)] = 1
    bias: Annotated[bool, Meta("whether a number is added to each output channel")] = True

    spatial = True
    linear = True
    keeps = ("input",)

    def check_groups(self, x: TensorType) -> None:
        """LayerError unless `groups` divides the input channels and the filters."""
        sizes = {"input channels": x.channels, "filters": self.filters}
        check_divides("groups", self.keyword, "groups", self.groups, sizes)

    def mixes(self, inputs: tuple[TensorType, ...]) -> frozenset[str]:
        sides = zip("HW", self.kernel, strict=True)
        across = "" if self.groups == inputs[0].channels else "C"
        return frozenset((*across, *(axis for axis, side in sides if side > 1)))

    def with_bias(self, weight: Weight) -> Mapping[str, Weight]:
        """The weight, and the bias if there is one."""
        bias = {"bias": Weight((self.filters,), "bias")} if self.bias else {}
        return {"weight": weight, **bias}

    def with_bias_gradient(
        self, weight: str, dy: str, output: TensorType, emit: Emitter
    ) -> Mapping[str, str]:
        """The gradient of the weight, and the bias's if there is one."""
        return {"weight": weight} | ({"bias": channel_sum(emit, dy, output)} if self.bias else {})

    def taps(self) -> Mapping[str, Any]:
        """The ONNX attributes of a kernel's taps."""
        return {"dilations": self.dilation, "group": self.groups}

    def summary(self) -> str:
        groups = (f"groups {self.groups}",) if self.groups > 1 else ()
        return window_summary(self.kernel, self.stride, self.dilation, *groups)


class Conv(Convolution, keyword="CONV"):
    """2-D convolution.  CxHxW -> FxH'xW',
    H' = (H + pads - dilation*(kernel - 1) - 1) // stride + 1.

    Weight F x C/groups x kh x kw; each of the groups reads C/groups channels.
    Source: LeCun et al. 1998, "Gradient-based learning applied to document recognition".
    """

    elsewhere = ("convolution",)

    def output_shape(self, inputs: tuple[TensorType, ...]) -> Shape:
        (x,) = inputs
        self.check_groups(x)
        return self.filters, *slide(self.keyword, x, self.window(inputs))

    def window(self, inputs: tuple[TensorType, ...]) -> Window:
        return window_over(inputs[0].area, self.kernel, self.stride, self.pad, self.dilation)

    def unread(self, inputs: tuple[TensorType, ...]) -> Pair | None:
        return unread_margin(inputs[0], self.window(inputs), self.infer(inputs).area)

    def weights(self, inputs: tuple[TensorType, ...]) -> Mapping[str, Weight]:
        depth, taps = inputs[0].channels // self.groups, prod(self.kernel)
        fan_out = self.filters // self.groups * taps
        shape = (self.filters, depth, *self.kernel)
        return self.with_bias(Weight(shape, "weight", depth * taps, fan_out))

    def macs(self, inputs: tuple[TensorType, ...], output: TensorType) -> int:
        return output.numel * (inputs[0].channels // self.groups) * prod(self.kernel)

    def lower(self, inputs: tuple[Value, ...], emit: Emitter) -> str:
        (x,), small = inputs, self._unrolled(inputs[0].type, emit)
        if small:
            made = small.forward(x.name, emit.weight("weight"))
            bias = per_channel(emit, emit.weight("bias"), small.y) if self.bias else ""
            return emit.node("Add", made, bias) if bias else made
        return emit.node(
            "Conv",
            x.name,
            *(emit.weight(name) for name in self.weights((x.type,))),
            kernel_shape=self.kernel,
            strides=self.stride,
            pads=self.window((x.type,)).pads,
            dilations=self.dilation,
            group=self.groups,
        )

    def grad(self, inputs: tuple[Value, ...], output: Value, dy: str, emit: Emitter) -> Gradients:
        """dX is the transposed convolution of dY by the kernel (Dumoulin & Visin 2016, section
        4).
        """
        (x,), small = inputs, self._unrolled(inputs[0].type, emit)
        dx = self._input_gradient(x.type, output.type, dy, emit)
        if small:
            dw = small.kernel_gradient(x.name, dy)
        else:
            window, y = self.window((x.type,)), Value(dy, output.type)
            dw = kernel_gradient(emit, x, y, window, self.kernel, **self.taps())
        return Gradients((dx,), self.with_bias_gradient(dw, dy, output.type, emit))

    def _input_gradient(self, x: TensorType, y: TensorType, dy: str, emit: Emitter) -> str:
        """Of stride 1 it is also a convolution, of dY by the kernel turned around, which runtimes
        do faster unless it reads more channels than it makes.
        """
        window, small = self.window((x,)), self._unrolled(x, emit)
        if small and self.stride == (1, 1):
            return small.input_gradient(dy, emit.weight("weight"))
        before = [window.extent[i] - 1 - window.pads[i] for i in range(2)]
        after = [x.area[i] - y.area[i] + window.pads[i] for i in range(2)]
        if self.stride != (1, 1) or min(*before, *after) < 0 or self.filters > x.channels:
            areas = (x.area, y.area)
            return placed(emit, dy, emit.weight("weight"), window, areas, **self.taps())
        return emit.node(
            "Conv", dy, self._turned_kernel(x, emit), pads=(*before, *after), **self.taps()
        )

    def _unrolled(self, x: TensorType, emit: Emitter) -> Unrolled | None:
        """As one matrix product, where that is faster: while kernels change."""
        y, window = self.infer((x,)), self.window((x,))
        unrolled = Unrolled(emit, x, y, window, self.kernel, self.dilation)
        return unrolled if emit.training and self.groups == 1 and unrolled.suits else None

    def _turned_kernel(self, x: TensorType, emit: Emitter) -> str:
        """F x C/groups x kh x kw -> C x F/groups x kh x kw, rows and columns from the last."""
        ends = [-1, -1], [-1 - side for side in self.kernel], [2, 3], [-1, -1]
        turned = emit.node("Slice", emit.weight("weight"), *map(emit.const, ends))
        depth, filters = x.channels // self.groups, self.filters // self.groups
        split = emit.const([self.groups, filters, depth, *self.kernel])
        apart = emit.node("Transpose", emit.node("Reshape", turned, split), perm=(0, 2, 1, 3, 4))
        return emit.node("Reshape", apart, emit.const([x.channels, filters, *self.kernel]))
