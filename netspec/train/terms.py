"""Formulas that read as mathematics: arithmetic on tensors adds ONNX nodes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from netspec.layers.emitter import Emitter


@dataclass(frozen=True, slots=True)
class Term:
    """A tensor of the program that is being emitted, by its ONNX name.

    `rate * gradient` is a Mul node; floats are constants of no axis, sequences of integers such as
    axes constants of one. The nodes go to the left operand's emitter.
    """

    name: str
    emit: Emitter

    def op(self, kind: str, *others: Operand, **attributes: Any) -> Term:
        """One node, of which this is the first input."""
        names = (other.name if isinstance(other, Term) else self._const(other) for other in others)
        return Term(self.emit.node(kind, self.name, *names, **attributes), self.emit)

    def _const(self, value: float | Sequence[int]) -> str:
        return self.emit.const(value if isinstance(value, Sequence) else float(value))

    def __add__(self, other: Term | float) -> Term:
        return self.op("Add", other)

    def __sub__(self, other: Term | float) -> Term:
        return self.op("Sub", other)

    def __rsub__(self, other: float) -> Term:
        return Term(self._const(other), self.emit) - self

    def __mul__(self, other: Term | float) -> Term:
        return self.op("Mul", other)

    def __rmul__(self, other: float) -> Term:
        return self * other

    def __truediv__(self, other: Term | float) -> Term:
        return self.op("Div", other)

    def __rtruediv__(self, other: float) -> Term:
        return Term(self._const(other), self.emit) / self

    def __neg__(self) -> Term:
        return self.op("Neg")

    def number(self) -> Term:
        """Truth values or integers as numbers."""
        return Term(self.emit.number(self.name), self.emit)

    def sqrt(self) -> Term:
        """The square root of each element."""
        return self.op("Sqrt")


#: What a node may read besides its first input.
Operand: TypeAlias = Term | float | Sequence[int]
