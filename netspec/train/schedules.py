"""How the rate changes from epoch to epoch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import cos, inf, pi
from typing import TypeAlias

from netspec.text.training import Choice, Training

#: Rates that the papers and PyTorch start from, where none is said: for RMSProp that of Hinton's
#: lecture 6e, for Rprop the size of the first step.
_RATES: Mapping[str, float] = {
    "sgd": 0.01,
    "momentum": 0.01,
    "nesterov": 0.01,
    "adagrad": 0.01,
    "adadelta": 1.0,
    "rmsprop": 0.001,
    "adam": 0.001,
    "adamw": 0.001,
    "rprop": 0.01,
}

#: The part by which a loss must be below the best one to count as better, as PyTorch has it.
_BETTER = 1e-4


def default_rate(optimizer: Choice) -> float:
    """The rate to start from where none is said."""
    return _RATES[optimizer.name]


def rate_at(training: Training, base: float, progress: float, losses: Sequence[float]) -> float:
    """The rate when `progress` epochs are done, fractions counted: `base` as the schedule has it.

    The schedule counts whole epochs, from the first. In the warm-up the rate is the part
    progress / warmup of that, step by step from 0 on (Goyal et al. 2017, "Accurate, large minibatch
    SGD", section 2.2). `losses` are those of the epochs that are done, of validation where there is
    one.
    """
    schedule = training.schedule
    factor = _FACTORS[schedule.name](schedule, int(progress), training.epochs, losses)
    if progress < training.warmup:
        factor *= progress / training.warmup
    return base * factor


def _fixed(option: Choice, epoch: int, epochs: int, losses: Sequence[float]) -> float:
    return 1.0


def _step(option: Choice, epoch: int, epochs: int, losses: Sequence[float]) -> float:
    return option["factor"] ** (epoch // int(option["every"]))


def _exponential(option: Choice, epoch: int, epochs: int, losses: Sequence[float]) -> float:
    return option["factor"] ** epoch


def _polynomial(option: Choice, epoch: int, epochs: int, losses: Sequence[float]) -> float:
    return float((1 - min(epoch / epochs, 1)) ** option["power"])


def _cosine(option: Choice, epoch: int, epochs: int, losses: Sequence[float]) -> float:
    height = (1 + cos(pi * min(epoch / epochs, 1))) / 2
    return option["least"] + (1 - option["least"]) * height


def _plateau(option: Choice, epoch: int, epochs: int, losses: Sequence[float]) -> float:
    """A step comes after `patience` epochs that are no better have been borne, with the next."""
    best, waited, steps = inf, 0, 0
    for loss in losses:
        if loss < best * (1 - _BETTER):
            best, waited = loss, 0
        else:
            waited += 1
        if waited > option["patience"]:
            waited, steps = 0, steps + 1
    return option["factor"] ** steps


#: What the rate is multiplied by, of the options, the epoch from 0, how many there are, the losses.
_Factor: TypeAlias = Callable[[Choice, int, int, Sequence[float]], float]

_FACTORS: Mapping[str, _Factor] = {
    "fixed": _fixed,
    "step": _step,
    "exponential": _exponential,
    "polynomial": _polynomial,
    "cosine": _cosine,
    "plateau": _plateau,
}
