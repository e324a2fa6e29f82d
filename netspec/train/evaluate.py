"""How well a net does on samples that it does not learn from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from netspec.train.data import Dataset, batches
from netspec.train.tally import Tally
from netspec.train.trainer import Outcome, Trainer


@dataclass(frozen=True, eq=False)
class Evaluated:
    """The mean outcome, and the class that is said of each sample, in their order; None where there
    are no classes.
    """

    outcome: Outcome
    said: NDArray[np.int64] | None


def evaluate(trainer: Trainer, samples: Dataset) -> Evaluated:
    """Run a net on all samples as at inference, as they are.  RunError where the runtime fails."""
    tally, said = Tally(), []
    size = trainer.training.batch
    for batch in batches(samples, size, seed=0, epoch=0, shuffle=False, augment=False):
        outcome, classes = trainer.evaluate(batch.x, batch.y)
        tally.add(outcome, len(batch.y))
        if classes is not None:
            said.append(classes)
    return Evaluated(tally.mean, np.concatenate(said) if said else None)
