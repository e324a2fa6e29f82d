"""Pooling: windows that keep the largest or the mean.

ONNX Runtime's pools take less than PyTorch's, so `lower` says some things in other words: `ceil`
becomes pads at the end, and pads as large as the kernel (which only a dilated window can have) a
Pad before POOL or a convolution for AVGPOOL.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import inf
from typing import Annotated, Any

from netspec.layers.base import KW_ONLY, Emitter, Gradients, Kept, Layer, Value, Window
from netspec.layers.emitter import padded
from netspec.layers.gradients import placed
from netspec.layers.hyperparameter import Meta, Pad, Pair
from netspec.layers.tensor import Shape, TensorType
from netspec.layers.window import (
    NO_PADS,
    Pads,
    add_pads,
    check_no_window_empty,
    overhang,
    slide,
    unread_margin,
    window_over,
    window_summary,
)


@dataclass(frozen=True)
class _Pool(Layer):
    """What POOL and AVGPOOL share."""

    kernel: Annotated[Pair, Meta("sides of the window, pixels", ge=1)] = (2, 2)
    stride: Annotated[Pair | None, Meta("step of the window", ge=1, default="kernel")] = None
    _: KW_ONLY
    pad: Annotated[Pad, Meta("pixels around the input, smaller than the window", ge=0)] = "valid"
    ceil: Annotated[bool, Meta("whether a last window that ends outside is kept")] = False
    dilation: Annotated[Pair, Meta("distance between the window's taps, pixels", ge=1)] = (1, 1)

    spatial = True
    pools = True
    keeps = ("input",)

    @property
    def step(self) -> Pair:
        """The stride: the kernel where none is given."""
        return self.stride or self.kernel

    def output_shape(self, inputs: tuple[TensorType, ...]) -> Shape:
        (x,) = inputs
        window = self.window(inputs)
        sizes = slide(self.keyword, x, window, ceil=self.ceil)
        check_no_window_empty(self.keyword, x, window, self.dilation)
        return x.channels, *sizes

    def window(self, inputs: tuple[TensorType, ...]) -> Window:
        return window_over(inputs[0].area, self.kernel, self.step, self.pad, self.dilation)

    def unread(self, inputs: tuple[TensorType, ...]) -> Pair | None:
        return unread_margin(inputs[0], self.window(inputs), self.infer(inputs).area)

    def summary(self) -> str:
        return window_summary(self.kernel, self.step, self.dilation)

    def overhang(self, x: TensorType) -> Pads:
        """Pixels by which the windows that `ceil` keeps stand out of the padded input."""
        return overhang(x, self.window((x,)), self.infer((x,)).area)

    def attributes(self) -> dict[str, Any]:
        """ONNX attributes but the pads."""
        return {"kernel_shape": self.kernel, "strides": self.step, "dilations": self.dilation}

    def runtime_takes(self, pads: Pads) -> bool:
        """Whether ONNX Runtime's pools do: below the kernel's sides, whatever the dilation."""
        return all(size < self.kernel[i % 2] for i, size in enumerate(pads))


class MaxPool(_Pool, keyword="POOL"):
    """Max pooling.  CxHxW -> CxH'xW',  H' = (H + pads - dilation*(kernel - 1) - 1) // stride + 1.

    `ceil` rounds up instead, less a last window that would start in the end padding. Padding is
    never the maximum.
    Source: Ranzato et al. 2007, "Unsupervised learning of invariant feature hierarchies".
    """

    elsewhere = ("maxpool", "maxpooling")

    nonlinear = True

    def kept(self, inputs: tuple[TensorType, ...], output: TensorType) -> tuple[Kept, ...]:
        """Where each maximum was."""
        return (Kept("indices", output.numel, "int64"),)

    def lower(self, inputs: tuple[Value, ...], emit: Emitter) -> str:
        name, pads, _ = self._read(inputs[0], emit)
        return emit.node("MaxPool", name, pads=pads, **self.attributes())

    def grad(self, inputs: tuple[Value, ...], output: Value, dy: str, emit: Emitter) -> Gradients:
        """Each dY goes to the place of its maximum, the first of equal ones; places that several
        windows share add up.
        """
        (x,), flat = inputs, emit.const([-1])
        name, pads, (top, left, bottom, right) = self._read(x, emit)
        places = emit.nodes("MaxPool", name, outputs=2, pads=pads, **self.attributes())[1]
        zeros = emit.node("ConstantOfShape", emit.node("Shape", name))
        spread = emit.node(
            "ScatterElements",
            emit.node("Reshape", zeros, flat),
            emit.node("Reshape", places, flat),
            emit.node("Reshape", dy, flat),
            axis=0,
            reduction="add",
        )
        height, width = x.type.area
        area = height + top + bottom, width + left + right
        plane = emit.node("Reshape", spread, emit.const([-1, x.type.channels, *area]))
        first, last = emit.const([top, left]), emit.const([top + height, left + width])
        return Gradients((emit.node("Slice", plane, first, last, emit.const([2, 3])),))

    def _read(self, x: Value, emit: Emitter) -> tuple[str, Pads, Pads]:
        """What the windows slide over, its pads, and how much larger than the input it is."""
        pads = add_pads(self.window((x.type,)).pads, self.overhang(x.type))
        if self.runtime_takes(pads):
            return x.name, pads, NO_PADS
        return padded(emit, x.name, pads, emit.const(-inf)), NO_PADS, pads


@dataclass(frozen=True)
class AvgPool(_Pool, keyword="AVGPOOL"):
    """Average pooling.  CxHxW -> CxH'xW',  H' = (H + pads - dilation*(kernel - 1) - 1) // stride +
    1.

    The divisor is the number of the window's taps in the padded input (`count_pad`) or in the
    input; the part of a window that `ceil` keeps beyond the padding counts in neither.
    Source: LeCun et al. 1998, "Gradient-based learning applied to document recognition"
    (subsampling).
    """

    elsewhere = ("averagepool", "averagepooling", "avgpooling")

    _: KW_ONLY
    count_pad: Annotated[bool, Meta("whether zeros of the padding count in the divisor")] = True

    def lower(self, inputs: tuple[Value, ...], emit: Emitter) -> str:
        (x,) = inputs
        pads, beyond = self.window((x.type,)).pads, self.overhang(x.type)
        if not self.count_pad or pads == NO_PADS:
            counted, pads = NO_PADS, add_pads(pads, beyond)
        else:
            counted = pads
        # ONNX Runtime (seen up to 1.24) counts the pads of dilated windows wrongly.
        counts_well = counted == NO_PADS or (beyond == NO_PADS and self.dilation == (1, 1))
        if not counts_well or not self.runtime_takes(pads):
            return self._average_by_hand(x, emit)
        return emit.node(
            "AveragePool",
            x.name,
            pads=pads,
            count_include_pad=int(counted != NO_PADS),
            **self.attributes(),
        )

    def _average_by_hand(self, x: Value, emit: Emitter) -> str:
        """Sums over windows, by a convolution with ones, times 1/count of each row and column.

        A Pad before an AveragePool would do, but ONNX Runtime fuses the two and counts anew.
        """
        window = self.window((x.type,))
        ones = emit.node("Expand", emit.const(1.0), emit.const([x.type.channels, 1, *self.kernel]))
        attributes = self.attributes() | {"group": x.type.channels}
        reach = add_pads(window.pads, self.overhang(x.type))
        total = emit.node("Conv", x.name, ones, pads=reach, **attributes)
        return self._by_counts(total, x.type, emit)

    def grad(self, inputs: tuple[Value, ...], output: Value, dy: str, emit: Emitter) -> Gradients:
        """Each dY divided by the count of its window, spread over that window's taps."""
        (x,) = inputs
        share = self._by_counts(dy, x.type, emit)
        planes = emit.node("Reshape", share, emit.const([-1, 1, *output.type.area]))
        ones = emit.node("Expand", emit.const(1.0), emit.const([1, 1, *self.kernel]))
        areas = x.type.area, output.type.area
        window = self.window((x.type,))
        spread = placed(emit, planes, ones, window, areas, dilations=self.dilation)
        whole = emit.const([-1, *x.type.shape])
        return Gradients((emit.node("Reshape", spread, whole),))

    def _by_counts(self, total: str, x: TensorType, emit: Emitter) -> str:
        """The sums over windows, divided by how many taps of each count."""
        rows, columns = (
            emit.const([1 / count for count in self._counts(x, axis)]) for axis in range(2)
        )
        by_row = emit.node("Mul", total, emit.node("Unsqueeze", rows, emit.const([1])))
        return emit.node("Mul", by_row, columns)

    def _counts(self, x: TensorType, axis: int) -> Iterator[int]:
        """How many taps along an axis count, window by window."""
        window = self.window((x,))
        before, after = (window.pads[i] if self.count_pad else 0 for i in (axis, axis + 2))
        size, step, spread = x.area[axis], self.step[axis], self.dilation[axis]
        for at in range(self.infer((x,)).area[axis]):
            first = at * step - window.pads[axis]
            taps = range(first, first + window.extent[axis], spread)
            yield sum(-before <= tap < size + after for tap in taps)
