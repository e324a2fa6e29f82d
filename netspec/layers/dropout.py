"""Noise that training adds and inference does not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from netspec.layers.base import Emitter, Gradients, Kept, Layer, Value
from netspec.layers.hyperparameter import Meta
from netspec.layers.tensor import TensorType


@dataclass(frozen=True)
class Dropout(Layer, keyword="DROPOUT"):
    """Dropout.  shape -> the same shape;  nothing at inference.

    In training each element is 0 with probability `rate`, and the others grow by 1 / (1 - rate).
    Source: Srivastava et al. 2014, "Dropout: a simple way to prevent neural networks from
    overfitting".
    """

    rate: Annotated[float, Meta("probability that an element is dropped", ge=0, lt=1)] = 0.5

    view = True
    equivariant = True
    noise = True

    @property
    def view_in_training(self) -> bool:
        return self.rate == 0

    def kept(self, inputs: tuple[TensorType, ...], output: TensorType) -> tuple[Kept, ...]:
        """The mask, in the net's element type as PyTorch has it on the CPU."""
        return (Kept("mask", output.numel),) if self.rate else ()

    def lower(self, inputs: tuple[Value, ...], emit: Emitter) -> str:
        if not (emit.training and self.rate):
            return emit.node("Identity", inputs[0].name)
        return emit.node("Mul", inputs[0].name, self._mask(inputs[0].name, emit))

    def summary(self) -> str:
        return f"{self.rate:g}"

    def grad(self, inputs: tuple[Value, ...], output: Value, dy: str, emit: Emitter) -> Gradients:
        if not (emit.training and self.rate):
            return Gradients((dy,))
        return Gradients((emit.node("Mul", dy, self._mask(inputs[0].name, emit)),))

    def _mask(self, x: str, emit: Emitter) -> str:
        """1 / (1 - rate) where an element stays, 0 where it goes."""
        kept = emit.node("GreaterOrEqual", emit.noise(x), emit.const(float(self.rate)))
        return emit.node("Where", kept, emit.const(1 / (1 - self.rate)), emit.const(0.0))
