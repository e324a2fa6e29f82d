"""A convolution of few output pixels as one matrix product over the batch, and its gradients.

A runtime multiplies kernels by the pixels of one sample at a time, which are too few columns where
maps are small; when kernels change with every step it cannot arrange them beforehand either.
Source: Chellapilla, Puri & Simard 2006, "High performance convolutional neural networks for
document processing", section 3.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from math import prod

from netspec.layers.emitter import Emitter, padded
from netspec.layers.facts import Window
from netspec.layers.hyperparameter import Pair
from netspec.layers.tensor import TensorType

#: Output pixels from which a product for each sample is wide enough.
_WIDE = 16


@dataclass(frozen=True)
class Unrolled:
    """A convolution without groups, its batch and output pixels the rows of a matrix."""

    emit: Emitter
    x: TensorType
    y: TensorType
    window: Window
    kernel: Pair
    dilation: Pair

    @property
    def suits(self) -> bool:
        """Whether the output pixels are few, and more than one."""
        return 1 < prod(self.y.area) < _WIDE

    def forward(self, x: str, weight: str) -> str:
        """The convolution without its bias.  (N, C, H, W) -> (N, F, H', W')."""
        flat = self._flat_kernel(weight)
        rows = self.emit.node("Gemm", self._columns(x), flat, transB=1)
        apart = self.emit.node("Reshape", rows, self._const(-1, prod(self.y.area), self._filters))
        return self.emit.node("Reshape", self._swapped(apart), self._const(0, *self.y.shape))

    def kernel_gradient(self, x: str, dy: str) -> str:
        """F x C x kh x kw."""
        summed = self.emit.node("Gemm", self._rows(dy), self._columns(x), transA=1)
        return self.emit.node("Reshape", summed, self._const(self._filters, *self._inner))

    def input_gradient(self, dy: str, weight: str) -> str:
        """Each output pixel back to the pixels that its taps read; of stride 1."""
        columns = self.emit.node("Gemm", self._rows(dy), self._flat_kernel(weight))
        channels, taps = self.x.channels, prod(self.kernel)
        shape = self._const(-1, *self.y.area, channels, taps)
        apart = self.emit.node("Reshape", columns, shape)
        apart = self.emit.node("Transpose", apart, perm=(4, 0, 3, 1, 2))
        parts = self.emit.nodes("Split", apart, outputs=taps, axis=0, num_outputs=taps)
        return self.emit.node("Sum", *map(self._put, parts, self._taps()))

    @property
    def _filters(self) -> int:
        return self.y.channels

    @property
    def _inner(self) -> tuple[int, int, int]:
        return self.x.channels, *self.kernel

    def _taps(self) -> list[Pair]:
        return list(product(range(self.kernel[0]), range(self.kernel[1])))

    def _columns(self, x: str) -> str:
        """What all taps read, (N * pixels, C * taps)."""
        pads, stride = self._pads(), self.window.stride
        wide = padded(self.emit, x, pads) if any(pads) else x
        parts = []
        for tap in self._taps():
            first = [tap[i] * self.dilation[i] for i in range(2)]
            last = [first[i] + (self.y.area[i] - 1) * stride[i] + 1 for i in range(2)]
            ends = (self.emit.const(numbers) for numbers in (first, last, [2, 3], stride))
            part = self.emit.node("Slice", wide, *ends)
            flat = self.emit.node("Reshape", part, self._const(0, 0, prod(self.y.area)))
            parts.append(self.emit.node("Unsqueeze", flat, self._const(2)))
        all_ = self.emit.node("Concat", *parts, axis=2)
        upright = self.emit.node("Transpose", all_, perm=(0, 3, 1, 2))
        return self.emit.node("Reshape", upright, self._const(-1, prod(self._inner)))

    def _rows(self, dy: str) -> str:
        """(N, F, H', W') -> (N * pixels, F)"""
        flat = self.emit.node("Reshape", dy, self._const(0, 0, prod(self.y.area)))
        return self.emit.node("Reshape", self._swapped(flat), self._const(-1, self._filters))

    def _put(self, part: str, tap: Pair) -> str:
        """A tap's part at the pixels that it read; what lies in the padding is cropped."""
        top, left = (tap[i] * self.dilation[i] - self.window.pads[i] for i in range(2))
        bottom, right = (
            self.x.area[0] - self.y.area[0] - top,
            self.x.area[1] - self.y.area[1] - left,
        )
        plain = self.emit.node("Squeeze", part, self._const(0))
        return padded(self.emit, plain, (top, left, bottom, right))

    def _pads(self) -> tuple[int, int, int, int]:
        """Zeros around the input, as far as taps read; a negative number crops."""
        top, left = self.window.pads[:2]
        after = (
            (self.y.area[i] - 1) * self.window.stride[i]
            + self.window.extent[i]
            - self.x.area[i]
            - self.window.pads[i]
            for i in range(2)
        )
        bottom, right = after
        return top, left, bottom, right

    def _flat_kernel(self, weight: str) -> str:
        return self.emit.node("Reshape", weight, self._const(self._filters, prod(self._inner)))

    def _swapped(self, matrices: str) -> str:
        return self.emit.node("Transpose", matrices, perm=(0, 2, 1))

    def _const(self, *numbers: int) -> str:
        return self.emit.const(numbers)
