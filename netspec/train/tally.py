"""Means over batches."""

from __future__ import annotations

from math import nan

from netspec.train.trainer import Outcome


class Tally:
    """The mean outcome of the samples that were added."""

    def __init__(self) -> None:
        self.count = 0
        self._loss = self._right = 0.0
        self._classes = True

    def add(self, outcome: Outcome, samples: int) -> None:
        """Count a batch of so many samples."""
        self.count += samples
        self._loss += outcome.loss * samples
        if outcome.accuracy is None:
            self._classes = False
        else:
            self._right += outcome.accuracy * samples

    @property
    def mean(self) -> Outcome:
        """Over all samples; of none the loss is NaN."""
        if not self.count:
            return Outcome(nan, None)
        accuracy = self._right / self.count if self._classes else None
        return Outcome(self._loss / self.count, accuracy)
