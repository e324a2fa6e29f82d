"""The loop: epochs of batches, validation after each, and when to stop."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, isfinite
from time import perf_counter
from typing import Any, TypeAlias

from numpy.typing import NDArray

from netspec.runtime.errors import RunError
from netspec.train.data import Dataset, batches
from netspec.train.evaluate import Evaluated, evaluate
from netspec.train.records import EpochRecord
from netspec.train.schedules import default_rate, rate_at
from netspec.train.tally import Tally
from netspec.train.trainer import Outcome, Trainer

#: What may help against a loss that grows beyond all numbers.
REMEDY = "a lower --rate, --clip 1 or --warmup 1 may help"


@dataclass(frozen=True, slots=True)
class BatchDone:
    """A step is done: batch `batch` of `batches`, from 1; the mean outcome of the epoch so far."""

    epoch: int
    batch: int
    batches: int
    outcome: Outcome
    rate: float


@dataclass(frozen=True, slots=True)
class EpochDone:
    """An epoch is done."""

    record: EpochRecord


Event: TypeAlias = BatchDone | EpochDone


class Run:
    """A run of training: what it has come to, and the steps that are left.

    `held` is what validation looks at. A run that goes on is given the `records` of the epochs that
    are done and the best `weights` of them; its trainer has the state of then.
    """

    def __init__(
        self,
        trainer: Trainer,
        known: Dataset,
        held: Dataset | None,
        records: Sequence[EpochRecord] = (),
        best: Mapping[str, NDArray[Any]] | None = None,
    ) -> None:
        self.trainer, self.known, self.held = trainer, known, held
        self.records = list(records)
        self.best = best

    @property
    def best_epoch(self) -> int | None:
        """The epoch with the least validation loss, the first of equal ones; None without any."""
        losses = {
            r.epoch: r.validation_loss
            for r in self.records
            if r.validation_loss is not None and isfinite(r.validation_loss)
        }
        return min(losses, key=losses.__getitem__) if losses else None

    @property
    def stopped(self) -> bool:
        """Whether validation has got no better for as long as early stopping has patience."""
        patience, best = self.trainer.training.early_stopping, self.best_epoch
        return patience is not None and best is not None and len(self.records) - best >= patience

    def epochs(self) -> Generator[Event]:
        """Train until all epochs are done or it is stopped; what happens, as it happens.

        RunError where the loss is no longer a number, but for steps that are skipped, or where all
        are.
        """
        for epoch in range(len(self.records) + 1, self.trainer.training.epochs + 1):
            if self.stopped:
                return
            yield from self._epoch(epoch)

    def _epoch(self, epoch: int) -> Iterator[Event]:
        started, training = perf_counter(), self.trainer.training
        count = ceil(len(self.known) / training.batch)
        learned, rate, losses = Tally(), 0.0, self._losses()
        base = default_rate(training.optimizer) if training.rate is None else training.rate
        self.trainer.draw_noise(epoch)
        order = batches(
            self.known, training.batch, seed=training.seed, epoch=epoch, shuffle=True, augment=True
        )
        for number, batch in enumerate(order, 1):
            middle = epoch - 1 + (number - 0.5) / count
            rate = rate_at(training, base, middle, losses)
            outcome = self.trainer.step(batch.x, batch.y, rate)
            finite = isfinite(outcome.loss)
            if self.trainer.scale.spent if outcome.skipped else not finite:
                raise _diverged(outcome, epoch, number, rate)
            if finite:
                learned.add(outcome, len(batch.y))
            yield BatchDone(epoch, number, count, learned.mean, rate)
        held = evaluate(self.trainer, self.held) if self.held else None
        record = _record(epoch, rate, learned, held, perf_counter() - started)
        self.records.append(record)
        if self.best_epoch == epoch:
            self.best = self.trainer.weights()
        yield EpochDone(record)

    def _losses(self) -> list[float]:
        """What the rate may depend on: the losses of validation, where there is one."""
        return [r.loss if r.validation_loss is None else r.validation_loss for r in self.records]


def _record(
    epoch: int, rate: float, learned: Tally, held: Evaluated | None, seconds: float
) -> EpochRecord:
    return EpochRecord(
        epoch=epoch,
        rate=rate,
        loss=learned.mean.loss,
        accuracy=learned.mean.accuracy,
        validation_loss=held.outcome.loss if held else None,
        validation_accuracy=held.outcome.accuracy if held else None,
        seconds=seconds,
        samples=learned.count,
    )


def _diverged(outcome: Outcome, epoch: int, batch: int, rate: float) -> RunError:
    what, remedy = f"the loss is {outcome.loss}", REMEDY
    if outcome.skipped:
        what = f"gradients are beyond float16 however the loss is scaled, and {what}"
        remedy += ", or --precision float32"
    return RunError(f"{what} at epoch {epoch}, batch {batch}, with rate {rate:g}: {remedy}")
