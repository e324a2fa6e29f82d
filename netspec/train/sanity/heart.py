"""Whether a net can learn a few samples by heart; one that cannot will not learn many."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import inf, isfinite
from time import perf_counter

import numpy as np

from netspec.text.training import OPTIMIZERS, Choice, chosen
from netspec.train.sanity.chance import least, to_learn
from netspec.train.sanity.check import Check
from netspec.train.sanity.few import Few
from netspec.train.sanity.setting import Setting
from netspec.train.trainer import Outcome, Trainer
from netspec.weights.values import Values

_NAME = "one small batch"
#: Adam's rates, tried in this order from the same start.
_RATES = (3e-3, 3e-4, 3e-2)
#: Samples to learn by heart, steps of each try, seconds of all together.
_SAMPLES, _STEPS, _SECONDS = 8, 1000, 10.0
#: A try that after these steps has more than this part of the first loss left is given up.
_PATIENCE, _HARDLY = 200, 0.9
#: The samples are known when this part of what there is to learn is left.
_LEFT = 0.1


@dataclass(frozen=True)
class _Learned:
    """How far it came: the loss at the start and the least one, whether that is low enough and all
    are right; in how many steps and seconds, of which the last `at` were at `rate`.
    """

    start: float = inf
    best: float = inf
    done: bool = False
    steps: int = 0
    at: int = 0
    rate: float = _RATES[0]
    seconds: float = 0.0

    @property
    def falls(self) -> bool:
        """Whether the loss is on its way."""
        return self.best < _HARDLY * self.start

    @property
    def late(self) -> bool:
        """Whether the time is over."""
        return self.seconds >= _SECONDS


def heart_check(setting: Setting, causes: str) -> Check:
    """That a net learns a few samples by heart, by Adam, without noise and weight decay.

    `causes` is what may keep it from that. RunError where the runtime fails.
    """
    few = Few.of(setting.known, min(_SAMPLES, max(setting.training.batch, 2)))
    clashes = few.clashes()
    alike = f"{_alike(few, clashes)} and have other targets" if clashes else ""
    few = few.without([at for _, at in clashes])
    if alike and len(np.unique(few.y, axis=0)) < 2:
        return Check(_NAME, False, f"{alike}: no net can tell them apart")
    aside = f"; {alike}, and one of each pair is left out" if alike else ""
    ok, text = _said(_learn(setting, few), len(few), causes)
    return Check(_NAME, ok, text + aside)


def _alike(few: Few, clashes: list[tuple[int, int]]) -> str:
    first, second = clashes[0]
    more = f" (one of {len(clashes)} such pairs)" if len(clashes) > 1 else ""
    return f"samples {few.called(first)} and {few.called(second)}{more} hold the same numbers"


def _said(found: _Learned, count: int, causes: str) -> tuple[bool, str]:
    what = f"{count} samples" if count > 1 else "1 sample"
    loss = f"loss {found.start:.4g} to {found.best + 0.0:.2g}"  # no -0
    if found.done:
        spent = f"{found.at} steps of Adam at rate {found.rate:g}, {found.seconds:.1f} s"
        return True, f"{what} learned by heart: {loss} in {spent}"
    spent = f"{found.steps} steps of Adam, {found.seconds:.1f} s"
    if found.late and found.falls:
        return True, f"{what} are being learned: {loss} in {spent}; no more time is spent on it"
    if found.late and found.steps < _PATIENCE:
        return True, f"{what} not learned yet: {loss} in {spent}, too few to tell"
    rates = ", ".join(f"{rate:g}" for rate in _RATES)
    advice = causes or "is the net too small, or does a layer keep too little of its input?"
    return False, f"{what} not learned by heart: {loss} in {spent} (rates {rates}); {advice}"


def _learn(setting: Setting, few: Few) -> _Learned:
    objective = replace(setting.objective, loss=_unsmoothed(setting.objective.loss))
    enough = least(objective, few.y) + _LEFT * to_learn(objective, few.y)
    plain = replace(
        setting.training, optimizer=chosen(OPTIMIZERS, "adam"), weight_decay=0.0, l2=0.0, clip=None
    )
    still = setting.frozen | setting.noisy
    trainer = Trainer(objective, plain, setting.values, setting.device, still)
    maps = few.y.ndim > 1  # of which a place at an edge may be wrong
    found, began = _Learned(), perf_counter()
    tries = _tries(trainer, setting.values, few)
    for steps, (outcome, at, rate) in enumerate(tries):
        loss = outcome.loss
        found = _Learned(
            start=found.start if steps else loss,
            best=min(found.best, loss),
            done=loss <= enough and (maps or outcome.accuracy in (None, 1.0)),
            steps=steps,
            at=at,
            rate=rate,
            seconds=perf_counter() - began,
        )
        if found.done or found.late:
            break
    return found


def _tries(trainer: Trainer, values: Values, few: Few) -> Iterator[tuple[Outcome, int, float]]:
    """Outcomes after so many steps at a rate; a try ends when it diverges, or gets nowhere."""
    start = inf
    for number, rate in enumerate(_RATES):
        if number:
            trainer.restart(values)
        for at in range(_STEPS):
            outcome = trainer.step(few.x, few.y, rate)
            start = min(start, outcome.loss) if at == 0 else start
            hardly = at == _PATIENCE and outcome.loss > _HARDLY * start
            if hardly or not isfinite(outcome.loss):
                break
            yield outcome, at, rate


def _unsmoothed(loss: Choice) -> Choice:
    return Choice(loss.name, {**loss.options, "smoothing": 0.0} if loss.options else {})
