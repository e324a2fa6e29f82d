"""Loss scaling: small gradients become large enough for float16, and steps in which they become too
large are left out.

Source: Micikevicius et al. 2018, "Mixed precision training", section 3.2; the numbers are those of
torch.amp.GradScaler.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf

from netspec.layers.emitter import Emitter
from netspec.train.terms import Term

#: Good steps in a row after which the factor doubles.
_INTERVAL = 2000
#: The factor stays between them: beyond the first even gradients of 1e-3 would not fit, below the
#: last it is not the scale that is to blame.
_MOST, _LEAST = 2.0**24, 2.0**-14


@dataclass(frozen=True, slots=True)
class LossScale:
    """What the gradient of the loss is multiplied by, and the good steps since it last changed."""

    factor: float = 2.0**16
    steady: int = 0

    def after(self, *, finite: bool) -> LossScale:
        """That of the next step: half where gradients were not finite, and that step left out."""
        if not finite:
            return LossScale(max(self.factor / 2, _LEAST))
        if self.steady + 1 < _INTERVAL:
            return LossScale(self.factor, self.steady + 1)
        return LossScale(min(self.factor * 2, _MOST))

    @property
    def spent(self) -> bool:
        """Whether it can become no smaller."""
        return self.factor <= _LEAST


def unscaled(emit: Emitter, gradient: str, scale: str) -> tuple[str, str]:
    """Emit what a gradient is without the scale, and the sum of its squares."""
    plain = Term(gradient, emit) * (1.0 / Term(scale, emit))
    return plain.name, plain.op("ReduceSumSquare", keepdims=0).name


def all_finite(emit: Emitter, squares: list[str]) -> str:
    """Emit whether all gradients are finite, by their sums of squares: a truth value."""
    first, *rest = (Term(name, emit) for name in squares)
    return first.op("Sum", *rest).op("Less", inf).name


def kept_unless(emit: Emitter, finite: str, after: Mapping[str, str]) -> dict[str, str]:
    """Emit the next values of state, by name, where gradients are finite, else the old ones."""
    return {name: emit.node("Where", finite, made, name) for name, made in after.items()}
