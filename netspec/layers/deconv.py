"""Transposed convolution."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import Annotated

from netspec.layers.base import KW_ONLY, Emitter, Gradients, Value, Weight, Window
from netspec.layers.conv import Convolution
from netspec.layers.emitter import padded
from netspec.layers.hyperparameter import Meta, Pair
from netspec.layers.kernel_gradient import kernel_gradient
from netspec.layers.tensor import Shape, TensorType
from netspec.layers.window import Pads, add_pads, extent, resolve_pads, times
from netspec.text.diagnostics import LayerError


@dataclass(frozen=True)
class Deconv(Convolution, keyword="DECONV"):
    """Transposed 2-D convolution, the gradient of CONV.  CxHxW -> FxH'xW',
    H' = (H - 1)*stride - pads + dilation*(kernel - 1) + 1 + output_pad.

    `pad` crops the output; `same` makes it H*stride exactly. Weight C x F/groups x kh x kw.
    Source: Zeiler et al. 2010, "Deconvolutional networks"; Dumoulin & Visin 2016, section 4.
    """

    elsewhere = ("convtranspose", "transposedconv", "transposeconv", "upconv")

    _: KW_ONLY
    output_pad: Annotated[Pair, Meta("rows and columns added at the end, pixels", ge=0)] = (0, 0)

    def output_shape(self, inputs: tuple[TensorType, ...]) -> Shape:
        (x,) = inputs
        self.check_groups(x)
        self._check_output_pad()
        pads, added = self._crop()
        full = self._full(x)
        height, width = (full[i] - pads[i] - pads[i + 2] + added[i] for i in range(2))
        if height < 1 or width < 1:
            raise LayerError(
                "padding",
                f"{self.keyword} makes {times(full)} of {x}, and pads {list(pads)} crop all of it",
                argument="pad",
            )
        return self.filters, height, width

    def window(self, inputs: tuple[TensorType, ...]) -> Window:
        reach = extent(self.kernel, self.dilation)
        crop, _ = self._crop()
        top, left, bottom, right = (reach[i % 2] - 1 - crop[i] for i in range(4))
        return Window(reach, pads=(top, left, bottom, right), zoom=self.stride)

    def weights(self, inputs: tuple[TensorType, ...]) -> Mapping[str, Weight]:
        channels, taps = inputs[0].channels, prod(self.kernel)
        depth = self.filters // self.groups
        # Of all taps only one in stride*stride meets an input pixel at any one output pixel.
        fan_in = max(channels // self.groups * taps // prod(self.stride), 1)
        return self.with_bias(
            Weight((channels, depth, *self.kernel), "weight", fan_in, depth * taps)
        )

    def macs(self, inputs: tuple[TensorType, ...], output: TensorType) -> int:
        return inputs[0].numel * (self.filters // self.groups) * prod(self.kernel)

    def lower(self, inputs: tuple[Value, ...], emit: Emitter) -> str:
        (x,) = inputs
        name, (pads, added) = x.name, self._crop()
        if added[0] >= self.stride[0] or added[1] >= self.stride[1]:
            # ONNX Runtime refuses it: zeros at the end of the input make the room instead.
            rows, columns = -(-added[0] // self.stride[0]), -(-added[1] // self.stride[1])
            name = padded(emit, name, (0, 0, rows, columns))
            over = rows * self.stride[0] - added[0], columns * self.stride[1] - added[1]
            pads, added = add_pads(pads, (0, 0, *over)), (0, 0)
        return emit.node(
            "ConvTranspose",
            name,
            *(emit.weight(name) for name in self.weights((x.type,))),
            kernel_shape=self.kernel,
            strides=self.stride,
            pads=pads,
            dilations=self.dilation,
            group=self.groups,
            output_padding=added,
        )

    def grad(self, inputs: tuple[Value, ...], output: Value, dy: str, emit: Emitter) -> Gradients:
        """dX is the convolution of dY by the kernel; dW is that of CONV, X and dY exchanged."""
        (x,), (pads, _) = inputs, self._crop()
        window = Window(extent(self.kernel, self.dilation), self.stride, pads)
        dx = emit.node(
            "Conv", dy, emit.weight("weight"), strides=self.stride, pads=pads, **self.taps()
        )
        # where `output_pad` reaches beyond the stride there is a row too many
        first, last, axes = emit.const([0, 0]), emit.const(x.type.area), emit.const([2, 3])
        dx = emit.node("Slice", dx, first, last, axes)
        dw = kernel_gradient(emit, Value(dy, output.type), x, window, self.kernel, **self.taps())
        return Gradients((dx,), self.with_bias_gradient(dw, dy, output.type, emit))

    def _full(self, x: TensorType) -> Pair:
        """Rows and columns before cropping."""
        reach = extent(self.kernel, self.dilation)
        height, width = ((x.area[i] - 1) * self.stride[i] + reach[i] for i in range(2))
        return height, width

    def _crop(self) -> tuple[Pads, Pair]:
        """Pixels cropped from the four sides, and those added at the end."""
        reach = extent(self.kernel, self.dilation)
        if self.pad != "same":
            return resolve_pads(self.pad, reach, reach, self.stride), self.output_pad
        # (H - 1)*stride + extent exceeds H*stride by extent - stride, or falls short of it.
        rows, columns = reach[0] - self.stride[0], reach[1] - self.stride[1]
        added = max(-rows, 0), max(-columns, 0)
        rows, columns = max(rows, 0), max(columns, 0)
        return (rows // 2, columns // 2, rows - rows // 2, columns - columns // 2), added

    def _check_output_pad(self) -> None:
        if self.pad == "same" and self.output_pad != (0, 0):
            raise LayerError(
                "output-pad",
                f"{self.keyword} with `pad=same` makes H*stride x W*stride and takes no output_pad",
                argument="output_pad",
                help="leave output_pad out, or give pad as numbers",
            )
        for added, step, spread in zip(self.output_pad, self.stride, self.dilation, strict=True):
            if added >= max(step, spread):
                raise LayerError(
                    "output-pad",
                    f"output_pad must be below the stride {times(self.stride)} or the dilation"
                    f" {times(self.dilation)}, found {times(self.output_pad)}",
                    argument="output_pad",
                )
