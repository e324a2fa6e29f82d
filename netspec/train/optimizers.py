"""How weights follow their gradients: the papers' formulas in the parametrisation of torch.optim.

Each is a few element-wise nodes a weight. Means of gradients and of squares are kept as sums that
fade, without the factor 1 - beta of a mean: that is a factor of the whole, and goes into scalars
that all weights share, which saves a pass over each tensor.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import inf, log, sqrt
from typing import NamedTuple, TypeAlias

from netspec.layers.emitter import Emitter
from netspec.text.training import Choice
from netspec.train.terms import Term


@dataclass(frozen=True)
class Pace:
    """The scalars of a step that all weights share, by the names of ONNX; made once a program."""

    optimizer: Choice
    scalars: Mapping[str, str]


class Updated(NamedTuple):
    """ONNX names of a weight's next value and of those of its optimizer state, by slot."""

    weight: str
    slots: Mapping[str, str]


#: The next values, of a weight and of its state in the order of the slots.
_Next: TypeAlias = tuple[Term, ...]


class _Step(NamedTuple):
    """What a formula reads: the options, the weight, its gradient, its state, the scalars."""

    option: Choice
    weight: Term
    gradient: Term
    state: tuple[Term, ...]
    scalar: Mapping[str, Term]


def slots(optimizer: Choice) -> Mapping[str, float]:
    """What an optimizer remembers of each weight, in tensors of its shape: names, first values."""
    return dict.fromkeys(_RULES[optimizer.name].slots, 0.0)


def pace(optimizer: Choice, emit: Emitter, *, rate: str, step: str) -> Pace:
    """Emit what all updates share.  `rate` and `step` (1 for the first) are float32 scalars."""
    made = _RULES[optimizer.name].scalars(optimizer, Term(rate, emit), Term(step, emit))
    return Pace(optimizer, {name: term.name for name, term in made.items()})


def update(
    pace: Pace, emit: Emitter, weight: str, gradient: str, slots: Mapping[str, str]
) -> Updated:
    """Emit one step of a weight against its gradient.  All tensors are of the weight's shape;
    `slots` are its state, by the names of `slots`.
    """
    rule = _RULES[pace.optimizer.name]
    state = tuple(Term(slots[name], emit) for name in rule.slots)
    scalars = {name: Term(scalar, emit) for name, scalar in pace.scalars.items()}
    given = _Step(pace.optimizer, Term(weight, emit), Term(gradient, emit), state, scalars)
    after, *kept = rule.formula(given)
    return Updated(after.name, {n: t.name for n, t in zip(rule.slots, kept, strict=True)})


def with_l2(emit: Emitter, gradient: str, weight: str, l2: float) -> str:
    """The gradient of the loss + l2/2 * |weight|^2:  gradient + l2 * weight."""
    return (Term(gradient, emit) + l2 * Term(weight, emit)).name


def decayed(emit: Emitter, weight: str, rate: str, decay: float) -> str:
    """The weight before its step, smaller by decoupled decay:  weight * (1 - rate * decay).

    Source: Loshchilov & Hutter 2019, "Decoupled weight decay regularization".
    """
    return (Term(weight, emit) * (1 - decay * Term(rate, emit))).name


def _sgd(at: _Step) -> _Next:
    return (at.weight - at.gradient * at.scalar["rate"],)


def _momentum(at: _Step) -> _Next:
    velocity = at.option["momentum"] * at.state[0] + at.gradient
    return at.weight - velocity * at.scalar["rate"], velocity


def _nesterov(at: _Step) -> _Next:
    velocity = at.option["momentum"] * at.state[0] + at.gradient
    ahead = at.option["momentum"] * velocity + at.gradient
    return at.weight - ahead * at.scalar["rate"], velocity


def _adagrad(at: _Step) -> _Next:
    squares = at.gradient * at.gradient + at.state[0]
    return _scaled(at, at.gradient, squares, at.option["eps"]), squares


def _rmsprop(at: _Step) -> _Next:
    squares = at.option["alpha"] * at.state[0] + at.gradient * at.gradient
    eps = at.option["eps"] / sqrt(1 - at.option["alpha"])
    return _scaled(at, at.gradient, squares, eps), squares


def _rmsprop_scalars(option: Choice, rate: Term, step: Term) -> Mapping[str, Term]:
    return {"rate": rate / sqrt(1 - option["alpha"])}


def _adam(at: _Step) -> _Next:
    mean = at.option["beta1"] * at.state[0] + at.gradient
    # the square first: then the gradient is gone
    squares = at.gradient * at.gradient + at.option["beta2"] * at.state[1]
    return _scaled(at, mean, squares, at.scalar["eps"]), mean, squares


def _adam_scalars(option: Choice, rate: Term, step: Term) -> Mapping[str, Term]:
    """The rate and eps of Kingma & Ba 2014, end of section 2, for sums in the place of means."""
    beta1, beta2 = option["beta1"], option["beta2"]
    spread = _unbiased(step, beta2).sqrt() / sqrt(1 - beta2)
    return {
        "rate": rate * spread * (1 - beta1) / _unbiased(step, beta1),
        "eps": option["eps"] * spread,
    }


def _unbiased(step: Term, beta: float) -> Term:
    """1 - beta^step as 2 h / (1 + h) with h = tanh(-step * ln(beta) / 2), where nothing cancels: in
    float32, 1 - 0.999 is wrong in the fifth digit.
    """
    fading = log(beta) if beta else -inf
    half = (step * (-fading / 2)).op("Tanh")
    return 2 * half / (half + 1)


def _scaled(at: _Step, direction: Term, squares: Term, eps: Term | float) -> Term:
    """The weight after a step along a direction, each element by the root of its squares."""
    return at.weight - direction / (squares.sqrt() + eps) * at.scalar["rate"]


def _adadelta(at: _Step) -> _Next:
    rho = at.option["rho"]
    eps = at.option["eps"] / (1 - rho)
    squares = rho * at.state[0] + at.gradient * at.gradient
    delta = ((at.state[1] + eps) / (squares + eps)).sqrt() * at.gradient
    return at.weight - delta * at.scalar["rate"], squares, rho * at.state[1] + delta * delta


def _rprop(at: _Step) -> _Next:
    """Where the gradient has changed its sign the step is left out and the sign forgotten."""
    option, (before, sizes) = at.option, at.state
    agreement = at.gradient * before
    turned = agreement.op("Less", 0.0)
    shrink = turned.op("Where", option["less"], 1.0)
    factor = agreement.op("Greater", 0.0).op("Where", option["more"], shrink)
    size = ((sizes + at.scalar["first"]) * factor).op("Clip", option["least"], option["most"])
    gradient = turned.op("Where", 0.0, at.gradient)
    return at.weight - gradient.op("Sign") * size, gradient, size


def _rprop_scalars(option: Choice, rate: Term, step: Term) -> Mapping[str, Term]:
    """The rate is the size of the first step alone."""
    return {"first": step.op("Less", 1.5).op("Where", rate, 0.0)}


def _rate_alone(option: Choice, rate: Term, step: Term) -> Mapping[str, Term]:
    return {"rate": rate}


class _Rule(NamedTuple):
    """An optimizer: its slots, its formula and what its scalars are."""

    slots: tuple[str, ...]
    formula: Callable[[_Step], _Next]
    scalars: Callable[[Choice, Term, Term], Mapping[str, Term]] = _rate_alone


_RULES: Mapping[str, _Rule] = {
    "sgd": _Rule((), _sgd),
    "momentum": _Rule(("momentum",), _momentum),
    "nesterov": _Rule(("momentum",), _nesterov),
    "adagrad": _Rule(("squares",), _adagrad),
    "adadelta": _Rule(("squares", "steps"), _adadelta),
    "rmsprop": _Rule(("squares",), _rmsprop, _rmsprop_scalars),
    "adam": _Rule(("mean", "squares"), _adam, _adam_scalars),
    "adamw": _Rule(("mean", "squares"), _adam, _adam_scalars),
    "rprop": _Rule(("gradient", "size"), _rprop, _rprop_scalars),
}
