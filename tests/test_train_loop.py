"""Steps and epochs: what the settings of a run do to them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from math import sqrt
from typing import Any

import numpy as np
import onnxruntime
import pytest
from numpy.typing import NDArray

from netspec.graph import Graph
from netspec.runtime.content import Content
from netspec.text.training import LOSSES, OPTIMIZERS, SCHEDULES, Training, chosen
from netspec.train.data import Draws
from netspec.train.fit import BatchDone, EpochDone, Run
from netspec.train.records import EpochRecord
from netspec.train.step import Objective
from netspec.train.trainer import Trainer
from netspec.weights.initial import Seeded
from tests.graphs import graph_of

NET = "netspec: 1\nname: n\ninput: 4\nnet: INPUT -> FC(6) -> BN -> RELU -> DROPOUT(0.5) -> FC(3)\n"
SGD = Training(
    loss=chosen(LOSSES, "cross-entropy"), optimizer=chosen(OPTIMIZERS, "sgd"), rate=0.1, batch=4
)


def trainer_of(graph: Graph, training: Training) -> Trainer:
    assert training.loss is not None
    return Trainer(Objective(graph, training.loss, True), training, Seeded(graph), "cpu")


def batch(count: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    random = np.random.default_rng(0)
    return random.standard_normal((count, 4), np.float32), random.integers(0, 3, count)


@dataclass
class Watched:
    """A Dataset that remembers how it was read."""

    shape: tuple[int, ...] = (4,)
    classes: tuple[str, ...] = ("a", "b", "c")
    asked: list[Draws | None] = field(default_factory=list)

    @property
    def targets(self) -> NDArray[np.int64]:
        return batch(6)[1]

    def __len__(self) -> int:
        return 6

    def read(self, indices: NDArray[np.int64], random: Draws | None) -> NDArray[np.float32]:
        self.asked.append(random)
        return batch(6)[0][indices]


def moved(trainer: Trainer, training: Training) -> float:
    """How far all weights together went in a step."""
    before = trainer.weights()
    trainer.step(*batch(4), 1.0)
    after = trainer.weights()
    names = [name for name in before if "running" not in name]
    return sqrt(sum(float(((after[name] - before[name]) ** 2).sum()) for name in names))


def test_gradients_are_clipped_together() -> None:
    graph = graph_of(NET)
    free = moved(trainer_of(graph, SGD), SGD)
    least = replace(SGD, clip=free / 10)
    assert moved(trainer_of(graph, least), least) == pytest.approx(free / 10, rel=1e-3)
    loose = replace(SGD, clip=free * 10)
    assert moved(trainer_of(graph, loose), loose) == pytest.approx(free, rel=1e-5)


def test_running_statistics_stay_where_a_batch_is_one_sample() -> None:
    trainer = trainer_of(graph_of(NET), SGD)
    trainer.step(*batch(4), 0.1)
    before = trainer.weights()
    trainer.step(*batch(1), 0.1)
    after = trainer.weights()
    for name in ("bn1.running_mean", "bn1.running_var"):
        assert np.array_equal(before[name], after[name])
    trainer.step(*batch(4), 0.1)
    assert not np.array_equal(after["bn1.running_var"], trainer.weights()["bn1.running_var"])


def losses_of(seed: int, epoch: int) -> float:
    """The loss of a first step with the noise of an epoch."""
    trainer = trainer_of(graph_of(NET), replace(SGD, seed=seed))
    trainer.restore(trainer_of(graph_of(NET), SGD).state(), 0)  # the same weights
    trainer.draw_noise(epoch)
    return trainer.step(*batch(4), 0.1).loss


def test_noise_is_that_of_the_seed_and_the_epoch() -> None:
    assert losses_of(0, 2) == losses_of(0, 2)
    assert len({losses_of(0, 1), losses_of(0, 2), losses_of(1, 1), losses_of(1, 2)}) == 4


def test_what_is_learned_from_is_varied_and_what_is_judged_is_not() -> None:
    known, held = Watched(), Watched()
    run = Run(trainer_of(graph_of(NET), replace(SGD, epochs=2)), known, held)
    events = list(run.epochs())
    assert {draws.epoch for draws in known.asked if draws} == {1, 2} and None not in known.asked
    assert set(held.asked) == {None}
    assert [type(event) for event in events] == [BatchDone, BatchDone, EpochDone] * 2


def test_the_rate_follows_validation_and_is_that_of_the_middle_of_a_step() -> None:
    plateau = chosen(SCHEDULES, "plateau", patience=1, factor=0.1)
    training = replace(SGD, schedule=plateau, epochs=4, warmup=1.0)
    done = [
        EpochRecord(epoch, 0.1, 1.0 / epoch, None, loss, None, 0.0, 6)  # training gets better
        for epoch, loss in enumerate((1.0, 2.0, 3.0), 1)
    ]
    run = Run(trainer_of(graph_of(NET), training), Watched(), Watched(), done)
    assert _rates(run) == pytest.approx([0.01, 0.01])
    first = Run(trainer_of(graph_of(NET), replace(training, epochs=1)), Watched(), None)
    assert _rates(first) == pytest.approx([0.1 / 4, 0.3 / 4])


def _rates(run: Run) -> list[float]:
    return [event.rate for event in run.epochs() if isinstance(event, BatchDone)]


def test_a_step_runs_in_the_order_of_its_nodes() -> None:
    """Another order keeps all gradients until the end."""
    options: Any = onnxruntime.SessionOptions()
    Content(b"", as_written=True).lay_out(options)
    assert options.execution_order == onnxruntime.ExecutionOrder.PRIORITY_BASED
    level = onnxruntime.GraphOptimizationLevel
    assert options.graph_optimization_level == level.ORT_DISABLE_ALL
