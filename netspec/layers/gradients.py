"""What a layer's gradient is made of, and the pieces that several layers share.

dY is the gradient of some scalar with respect to a layer's output; each rule answers dX for every
input and dW for every learned tensor. Rules may say again what the forward pass computes: equal
nodes become one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from netspec.layers.emitter import Emitter, Value
from netspec.layers.facts import Window
from netspec.layers.hyperparameter import Pair
from netspec.layers.tensor import TensorType


@dataclass(frozen=True)
class Gradients:
    """ONNX names of dX for each input, in order, and of dW by the names of the layer's tensors."""

    inputs: tuple[str, ...]
    weights: Mapping[str, str] = field(default_factory=dict)


def batch_sum(emit: Emitter, name: str, axes: Sequence[int] = ()) -> str:
    """The sum over the batch and other axes, counted with the batch axis as 0; they vanish."""
    return emit.node("ReduceSum", name, emit.const([0, *axes]), keepdims=0)


def channel_sum(emit: Emitter, name: str, like: TensorType) -> str:
    """The sum over all but the channels: what a vector of C elements gets of such a tensor."""
    return batch_sum(emit, name, range(2, like.rank + 1))


def shaped(emit: Emitter, name: str, like: TensorType) -> str:
    """The elements in their order, as a batch of such samples."""
    return emit.node("Reshape", name, emit.const([0, *like.shape]))


def placed(
    emit: Emitter, dy: str, kernel: str, window: Window, area: tuple[Pair, Pair], **taps: Any
) -> str:
    """Each output pixel spread over the input pixels that its window read, times the kernel: the
    transposed convolution (Dumoulin & Visin 2016, section 4).  (N, F, H', W') -> (N, C, H, W).

    `area` are (H, W) and (H', W').
    """
    (height, width), (rows, columns) = area
    top, left = window.pads[:2]
    bottom = (rows - 1) * window.stride[0] + window.extent[0] - top - height
    right = (columns - 1) * window.stride[1] + window.extent[1] - left - width
    return emit.node(
        "ConvTranspose",
        dy,
        kernel,
        strides=window.stride,
        pads=(top, left, max(bottom, 0), max(right, 0)),
        output_padding=(max(-bottom, 0), max(-right, 0)),
        **taps,
    )


def moments(emit: Emitter, x: str, axes: Sequence[int]) -> tuple[str, str, str]:
    """The mean over axes, which stay as 1, x without it, and the variance."""
    over = emit.const(axes)
    mean = emit.node("ReduceMean", x, over, keepdims=1)
    centred = emit.node("Sub", x, mean)
    square = emit.node("Mul", centred, centred)
    return mean, centred, emit.node("ReduceMean", square, over, keepdims=1)


def standardised(emit: Emitter, x: str, axes: Sequence[int], eps: float) -> tuple[str, str]:
    """(x - mean) / sqrt(variance + eps) over axes, and 1 / sqrt(variance + eps)."""
    _, centred, variance = moments(emit, x, axes)
    rate = emit.node("Reciprocal", emit.node("Sqrt", emit.node("Add", variance, emit.const(eps))))
    return emit.node("Mul", centred, rate), rate


def standardised_gradient(
    emit: Emitter, dy: str, normal: str, rate: str, axes: Sequence[int]
) -> str:
    """dX of `standardised`:  rate * (dY - mean(dY) - normal * mean(dY * normal)).

    Source: Ioffe & Szegedy 2015, "Batch normalization", section 3.
    """
    over = emit.const(axes)
    mean = emit.node("ReduceMean", dy, over, keepdims=1)
    along = emit.node("ReduceMean", emit.node("Mul", dy, normal), over, keepdims=1)
    rest = emit.node("Sub", emit.node("Sub", dy, mean), emit.node("Mul", normal, along))
    return emit.node("Mul", rest, rate)


def first_largest(emit: Emitter, x: str, dy: str, axis: int, size: int, rank: int) -> str:
    """dX of the largest along an axis of so many elements, which is 1 in dY: it goes to the first
    of them.  `rank` counts the batch axis.
    """
    place = emit.node("ArgMax", x, axis=axis, keepdims=1)
    numbers = emit.node(
        "Reshape", emit.const(range(size)), emit.const([size, *[1] * (rank - axis - 1)])
    )
    return emit.node("Where", emit.node("Equal", place, numbers), dy, emit.const(0.0))


def at_rank(emit: Emitter, x: Value, rank: int) -> str:
    """A tensor with axes of 1 after its own, so that it has so many per sample."""
    if x.type.rank == rank:
        return x.name
    return emit.node("Unsqueeze", x.name, emit.const(range(x.type.rank + 1, rank + 1)))


def positive(x: str, above: str, below: str, emit: Emitter) -> str:
    """One thing where x > 0, another elsewhere; at 0 as PyTorch has it."""
    return emit.node("Where", emit.node("Greater", x, emit.const(0.0)), above, below)


def between(x: str, least: float, most: float, slope: str, emit: Emitter) -> str:
    """A slope strictly between two bounds, 0 elsewhere."""
    inside = emit.node(
        "And",
        emit.node("Greater", x, emit.const(least)),
        emit.node("Less", x, emit.const(most)),
    )
    return emit.node("Where", inside, slope, emit.const(0.0))
