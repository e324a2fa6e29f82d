"""Schedules against torch.optim.lr_scheduler over the same epochs, and as laws."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from netspec.text.training import OPTIMIZERS, SCHEDULES, Choice, Training, chosen
from netspec.train.schedules import default_rate, rate_at

EPOCHS = 40
LOSSES = [*np.linspace(2, 1, 9), *[1.0] * 11, 0.99995, 0.9, *[0.95] * 13, float("nan"), *[0.5] * 9]


def ours(schedule: Choice, losses: Sequence[float] = LOSSES) -> list[float]:
    training = Training(schedule=schedule, epochs=EPOCHS)
    return [rate_at(training, 0.2, epoch, losses[:epoch]) for epoch in range(EPOCHS)]


def theirs(kind: str, losses: Sequence[float] = LOSSES, **options: Any) -> list[float]:
    torch = pytest.importorskip("torch", reason="rates are compared with PyTorch (dev extra)")
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.2)
    scheduler = getattr(torch.optim.lr_scheduler, kind)(optimizer, **options)
    rates = []
    for epoch in range(EPOCHS):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step(*([losses[epoch]] if kind == "ReduceLROnPlateau" else []))
    return rates


CASES: list[tuple[Choice, str, dict[str, Any]]] = [
    (chosen(SCHEDULES, "fixed"), "ConstantLR", {"factor": 1.0}),
    (chosen(SCHEDULES, "step"), "StepLR", {"step_size": 30, "gamma": 0.1}),
    (chosen(SCHEDULES, "step", every=7, factor=0.5), "StepLR", {"step_size": 7, "gamma": 0.5}),
    (chosen(SCHEDULES, "exponential"), "ExponentialLR", {"gamma": 0.95}),
    (chosen(SCHEDULES, "polynomial"), "PolynomialLR", {"total_iters": EPOCHS, "power": 0.9}),
    (
        chosen(SCHEDULES, "polynomial", power=2),
        "PolynomialLR",
        {"total_iters": EPOCHS, "power": 2.0},
    ),
    (chosen(SCHEDULES, "cosine"), "CosineAnnealingLR", {"T_max": EPOCHS}),
    (
        chosen(SCHEDULES, "cosine", least=0.1),
        "CosineAnnealingLR",
        {"T_max": EPOCHS, "eta_min": 0.02},
    ),
    (chosen(SCHEDULES, "plateau"), "ReduceLROnPlateau", {"factor": 0.1, "patience": 5}),
    (
        chosen(SCHEDULES, "plateau", factor=0.5, patience=2),
        "ReduceLROnPlateau",
        {"factor": 0.5, "patience": 2},
    ),
]


@pytest.mark.parametrize(("schedule", "kind", "options"), CASES, ids=str)
def test_it_follows_torch(schedule: Choice, kind: str, options: dict[str, Any]) -> None:
    assert ours(schedule) == pytest.approx(theirs(kind, **options), rel=1e-9)


def test_each_schedule_is_compared() -> None:
    assert {schedule.name for schedule, _, _ in CASES} == SCHEDULES.keys()


def test_a_plateau_steps_with_the_first_epoch_after_its_patience() -> None:
    schedule = chosen(SCHEDULES, "plateau", patience=2, factor=0.1)
    rates = ours(schedule, [1.0, 1.0, 1.0, 1.0, *[0.5] * EPOCHS])
    assert rates[:5] == pytest.approx([0.2, 0.2, 0.2, 0.2, 0.02])


@pytest.mark.parametrize("name", SCHEDULES)
def test_the_rate_of_an_epoch_stays_within_it(name: str) -> None:
    training = Training(schedule=chosen(SCHEDULES, name), epochs=EPOCHS)
    for epoch in (0, 3, EPOCHS - 1):
        rates = {rate_at(training, 1.0, epoch + part, LOSSES[:epoch]) for part in (0, 0.5, 0.99)}
        assert len(rates) == 1


@pytest.mark.parametrize("name", SCHEDULES)
def test_warm_up_is_a_part_of_the_scheduled_rate(name: str) -> None:
    schedule = chosen(SCHEDULES, name)
    cold = Training(schedule=schedule, epochs=EPOCHS)
    warm = Training(schedule=schedule, epochs=EPOCHS, warmup=2.5)
    for progress in (0.0, 0.1, 1.0, 2.4, 2.5, 3.0, 30.0):
        known = LOSSES[: int(progress)]
        expected = rate_at(cold, 0.2, progress, known) * min(progress / 2.5, 1)
        assert rate_at(warm, 0.2, progress, known) == pytest.approx(expected)


def test_warm_up_follows_torch_step_by_step() -> None:
    """LinearLR that starts from nothing, of ten steps an epoch."""
    torch = pytest.importorskip("torch", reason="rates are compared with PyTorch (dev extra)")
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.2)
    kind = torch.optim.lr_scheduler.LinearLR
    scheduler = kind(optimizer, start_factor=1e-12, end_factor=1.0, total_iters=30)
    training = Training(warmup=3.0)
    for step in range(60):
        assert rate_at(training, 0.2, step / 10, []) == pytest.approx(
            optimizer.param_groups[0]["lr"], rel=1e-6, abs=1e-9
        )
        optimizer.step()
        scheduler.step()


def test_each_optimizer_has_a_rate() -> None:
    assert all(default_rate(chosen(OPTIMIZERS, name)) > 0 for name in OPTIMIZERS)


@pytest.mark.parametrize("name", ["adagrad", "adadelta", "adam", "adamw", "rprop"])
def test_rates_are_those_of_torch(name: str) -> None:
    torch = pytest.importorskip("torch", reason="rates are compared with PyTorch (dev extra)")
    kinds = {kind.lower(): kind for kind in dir(torch.optim)}
    made = getattr(torch.optim, kinds[name])([torch.zeros(1, requires_grad=True)])
    assert default_rate(chosen(OPTIMIZERS, name)) == made.defaults["lr"]
