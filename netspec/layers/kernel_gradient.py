"""dW of a convolution:  dW[f, c, i, j] = the sum over the batch and the output pixels of dY[f]
times the pixel of X[c] that tap (i, j) read there.  F x C/groups x kh x kw.

One sum, and four ways to have a runtime compute it, for what is fast depends on the shapes: matrix
products want many rows and columns, and copies of X cost memory.
Source: Dumoulin & Visin 2016, "A guide to convolution arithmetic for deep learning", section 4;
Chellapilla, Puri & Simard 2006, "High performance convolutional neural networks", section 3.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from math import prod

from netspec.layers.emitter import Emitter, Value, padded
from netspec.layers.facts import Window
from netspec.layers.hyperparameter import Pair

#: Columns of a matrix product that keep the processor busy.
_WIDE = 64


def kernel_gradient(
    emit: Emitter,
    x: Value,
    dy: Value,
    window: Window,
    kernel: Pair,
    *,
    dilations: Pair,
    group: int,
) -> str:
    """The name of dW, of shape F x C/groups x kh x kw."""
    sum_ = _Sum(emit, x, dy, window, kernel, dilations, group)
    if prod(dy.type.area) <= prod(kernel):
        return sum_.by_convolution()
    if group == x.type.channels == dy.type.channels:
        return sum_.by_channel()
    if sum_.depth >= _WIDE or prod(kernel) == 1:
        return sum_.by_tap()
    return sum_.by_row() if sum_.rows_are_fewer() else sum_.by_columns()


@dataclass(frozen=True)
class _Sum:
    """X, dY and the taps that lead from one to the other."""

    emit: Emitter
    x: Value
    dy: Value
    window: Window
    kernel: Pair
    dilation: Pair
    groups: int

    @property
    def depth(self) -> int:
        """Channels that a filter reads."""
        return self.x.type.channels // self.groups

    def by_convolution(self) -> str:
        """X convolved by dY, the batch its depth, stride and dilation exchanged: for few output
        pixels, which are the taps of that convolution.
        """
        emit, area = self.emit, self.x.type.area
        turned = emit.node("Reshape", self.x.name, emit.const([0, self.groups, self.depth, *area]))
        turned = emit.node("Transpose", turned, perm=(2, 1, 0, 3, 4))
        turned = emit.node("Reshape", turned, emit.const([self.depth, -1, *area]))
        swept = emit.node(
            "Conv",
            turned,
            self._channels_first(self.dy.name),
            strides=self.dilation,
            dilations=self.window.stride,
            pads=self._pads(),
            group=self.groups,
        )
        ends, axes = emit.const(self.kernel), emit.const([2, 3])
        exact = emit.node("Slice", swept, emit.const([0, 0]), ends, axes)
        return self._channels_first(exact)

    def by_channel(self) -> str:
        """Element by element: for filters of one channel each, which make no matrices."""
        emit = self.emit
        x = padded(emit, self.x.name, self._pads())
        parts = [
            emit.node(
                "ReduceSum",
                emit.node("Mul", self._read(x, tap), self.dy.name),
                emit.const([0, 2, 3]),
                keepdims=0,
            )
            for tap in self._taps()
        ]
        columns = [emit.node("Unsqueeze", part, emit.const([1])) for part in parts]
        return self._shaped(emit.node("Concat", *columns, axis=1))

    def by_tap(self) -> str:
        """A matrix product for each tap, (F, pixels) by (pixels, C)."""
        emit = self.emit
        x, dy = self._turned_input(), self._gradient_rows()
        parts = [self._by_upright(dy, self._read_by(x, tap)) for tap in self._taps()]
        columns = [emit.node("Unsqueeze", part, emit.const([-1])) for part in parts]
        return self._shaped(emit.node("Concat", *columns, axis=-1))

    def by_columns(self) -> str:
        """One product with the pixels of all taps side by side: for few channels."""
        emit = self.emit
        x, dy = self._turned_input(), self._gradient_rows()
        read = [self._read_by(x, tap) for tap in self._taps()]
        product_ = self._by_upright(dy, emit.node("Concat", *read, axis=-2))
        filters, taps = self.dy.type.channels // self.groups, prod(self.kernel)
        split = emit.const([self.groups, filters, taps, self.depth])
        apart = emit.node("Reshape", product_, split)
        return self._shaped(emit.node("Transpose", apart, perm=(0, 1, 3, 2)))

    def rows_are_fewer(self) -> bool:
        """Whether `by_row` can be, and copies less than `by_columns`."""
        rows, columns = self.kernel
        copies = columns * self.x.type.channels + rows * self.dy.type.channels
        steps = self.window.stride
        return self.groups == 1 and steps == (1, 1) and copies < rows * columns * self.depth

    def by_row(self) -> str:
        """One product of dY, moved down by each row of taps, with X, moved along by each column."""
        emit, (rows, columns), (top, left) = self.emit, self.kernel, self.window.pads[:2]
        (height, width), (high, wide) = self.dy.type.area, self.x.type.area
        filters, channels = self.dy.type.channels, self.x.type.channels
        x, dy = self._channels_first(self.x.name), self._channels_first(self.dy.name)
        reach = (rows - 1) * self.dilation[0]
        below = height + reach - high - top
        moved = []
        for j in range(columns):
            at = left - j * self.dilation[1]  # a negative padding crops
            moved.append(padded(emit, x, (top, at, below, width - wide - at)))
        along = self._as_matrices(emit.node("Concat", *moved, axis=0), columns * channels)
        starts = [i * self.dilation[0] for i in range(rows)]
        moved = [padded(emit, dy, (at, 0, reach - at, 0)) for at in starts]
        down = self._as_matrices(emit.node("Concat", *moved, axis=0), rows * filters)
        split = emit.const([rows, filters, columns, channels])
        apart = emit.node("Reshape", self._by_upright(down, along), split)
        return emit.node("Transpose", apart, perm=(1, 3, 0, 2))

    def _taps(self) -> list[Pair]:
        return list(product(range(self.kernel[0]), range(self.kernel[1])))

    def _read(self, x: str, tap: Pair) -> str:
        """The pixels of padded X that a tap reads, one for each output pixel."""
        area, stride = self.dy.type.area, self.window.stride
        first = [tap[i] * self.dilation[i] for i in range(2)]
        last = [first[i] + (area[i] - 1) * stride[i] + 1 for i in range(2)]
        if prod(self.kernel) == 1 and stride == (1, 1) and tuple(last) == self._padded_area():
            return x
        const = self.emit.const
        return self.emit.node("Slice", x, const(first), const(last), const([2, 3]), const(stride))

    def _pads(self) -> tuple[int, int, int, int]:
        """Zeros around X so that all taps read; what is never read at the end stays."""
        top, left = self.window.pads[:2]
        below, right = (
            (self.dy.type.area[i] - 1) * self.window.stride[i]
            + (self.kernel[i] - 1) * self.dilation[i]
            + 1
            - self.x.type.area[i]
            - self.window.pads[i]
            for i in range(2)
        )
        return top, left, max(below, 0), max(right, 0)

    def _padded_area(self) -> Pair:
        top, left, below, right = self._pads()
        height, width = self.x.type.area
        return height + top + below, width + left + right

    def _turned_input(self) -> str:
        """Padded X, its channels first."""
        turned, pads = self._channels_first(self.x.name), self._pads()
        return padded(self.emit, turned, pads) if any(pads) else turned

    def _channels_first(self, name: str) -> str:
        return self.emit.node("Transpose", name, perm=(1, 0, 2, 3))

    def _as_matrices(self, name: str, channels: int) -> str:
        """(groups, channels of a group, batch * pixels); of one group a matrix."""
        groups = [self.groups] if self.groups > 1 else []
        shape = self.emit.const([*groups, channels // self.groups, -1])
        return self.emit.node("Reshape", name, shape)

    def _read_by(self, x: str, tap: Pair) -> str:
        """What a tap reads, as matrices."""
        return self._as_matrices(self._read(x, tap), self.x.type.channels)

    def _gradient_rows(self) -> str:
        """dY as matrices."""
        turned = self._channels_first(self.dy.name)
        return self._as_matrices(turned, self.dy.type.channels)

    def _by_upright(self, left: str, right: str) -> str:
        """The matrix products of the left with the right transposed."""
        if self.groups == 1:
            return self.emit.node("Gemm", left, right, transB=1)
        return self.emit.node("MatMul", left, self.emit.node("Transpose", right, perm=(0, 2, 1)))

    def _shaped(self, taps_last: str) -> str:
        shape = self.emit.const([self.dy.type.channels, self.depth, *self.kernel])
        return self.emit.node("Reshape", taps_last, shape)
