"""How far training has come: a line that moves on a terminal, and one that stays for each epoch."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable
from math import isfinite

import click

from netspec.analysis.units import percent
from netspec.cli.progress import INTERVAL, PATIENCE, duration, show
from netspec.train.records import EpochRecord


class TrainProgress:
    """What training shows on stderr.

    On a terminal a line tells, from half a second on, the epoch and how far it is, with the time
    that is left if all epochs are run. Each epoch that is done leaves a line, wherever stderr goes.
    `before` are the epochs that were done when the command began.
    """

    def __init__(
        self, epochs: int, before: int = 0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._epochs, self._before, self._clock = epochs, before, clock
        self._started = clock()
        self._next = self._started + PATIENCE
        self._shown = False

    def batch(
        self,
        epoch: int,
        done: int,
        batches: int,
        *,
        loss: float | None,
        accuracy: float | None,
        rate: float,
    ) -> None:
        """So many batches of an epoch are done; loss and accuracy are those of it so far."""
        now = self._clock()
        if now < self._next or not sys.stderr.isatty():
            return
        self._next = now + INTERVAL
        self._shown = True
        through = epoch - 1 - self._before + done / batches
        left = (now - self._started) * (self._epochs - self._before - through) / through
        parts = [
            _epoch(epoch, self._epochs),
            f"batch {done:{len(str(batches))}}/{batches}",
            *_scores("", loss, accuracy),
            f"rate {rate:.3g}",
            f"{duration(left)} left",
        ]
        show("  ".join(parts)[: shutil.get_terminal_size().columns - 1])

    def epoch(self, record: EpochRecord) -> None:
        """An epoch is done."""
        self.clear()
        click.echo(train_lines(record, self._epochs), err=True)

    def clear(self) -> None:
        """Take the line that moves away."""
        if self._shown:
            show("")
            self._shown = False


def train_lines(record: EpochRecord, epochs: int) -> str:
    """The line of an epoch; those of a run stand in columns."""
    parts = [
        _epoch(record.epoch, epochs),
        *_scores("", record.loss, record.accuracy),
        *_scores("validation ", record.validation_loss, record.validation_accuracy),
        f"rate {record.rate:<8.3g}",
        f"{record.seconds:.1f} s" if record.seconds < 90 else duration(record.seconds),
    ]
    return "  ".join(parts)


def _epoch(epoch: int, epochs: int) -> str:
    return f"epoch {epoch:{len(str(epochs))}}/{epochs}"


def _scores(of: str, loss: float | None, accuracy: float | None) -> list[str]:
    parts = [] if loss is None else [f"{of}loss {_loss(loss):>6}"]
    return (
        parts
        if accuracy is None
        else [*parts, f"{'' if of else 'accuracy '}{percent(accuracy):>6}"]
    )


def _loss(loss: float) -> str:
    """Five digits, or four where they are few: `0.4321`, `12.346`, `9.12e-05`."""
    if not isfinite(loss) or loss == 0:
        return f"{loss + 0.0:g}"  # no -0
    if not 1e-3 <= abs(loss) < 1000:
        return f"{loss:.2e}"
    return f"{loss:.{4 if abs(loss) < 10 else 3 if abs(loss) < 100 else 2}f}"
