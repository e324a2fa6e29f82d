"""How a layer speaks of ONNX without importing it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from netspec.layers.tensor import TensorType


@dataclass(frozen=True, slots=True)
class Value:
    """A tensor of the graph that is being emitted: its ONNX name and its type per sample."""

    name: str
    type: TensorType


class Emitter(Protocol):
    """What `lower` may say about the ONNX graph. Names are the emitter's affair."""

    def weight(self, name: str) -> str:
        """The ONNX name of this layer's own tensor `name`, as `weights` declares it."""

    def const(self, value: int | float | Sequence[int] | Sequence[float]) -> str:
        """A constant: int64 of integers, the graph's type of floats; a sequence is one axis."""

    def number(self, name: str) -> str:
        """Truth values or integers as numbers of the graph's type."""

    @property
    def training(self) -> bool:
        """Whether the graph is one that trains: noise is added, statistics are the batch's."""

    def node(self, op: str, *inputs: str, **attributes: Any) -> str:
        """One ONNX node; answers the name of its output.  An empty input is one left out."""

    def nodes(self, op: str, *inputs: str, outputs: int, **attributes: Any) -> tuple[str, ...]:
        """One ONNX node with several outputs; answers their names."""

    def noise(self, like: str) -> str:
        """Random numbers, uniform from 0 to 1, of the shape of a tensor; the same ones wherever
        the layer asks again.
        """

    def becomes(self, name: str, value: str) -> None:
        """In training: what this layer's own tensor `name`, which is not learned, is next."""


def per_channel(emit: Emitter, vector: str, like: TensorType) -> str:
    """A vector of C elements, shaped to count for each pixel of its channel in such a tensor."""
    if like.rank == 1:
        return vector
    return emit.node("Unsqueeze", vector, emit.const(range(1, like.rank)))


def padded(emit: Emitter, name: str, pads: tuple[int, int, int, int], fill: str = "") -> str:
    """The tensor with pixels of 0, or of the constant `fill`, around it."""
    top, left, bottom, right = pads
    return emit.node("Pad", name, emit.const([0, 0, top, left, 0, 0, bottom, right]), fill)
