"""What is known of an epoch that is done."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EpochRecord:
    """One pass over the samples: the mean loss and the share of right answers, on what is learned
    from while the weights change, and on what is held out after it.  None where there is none.

    `epoch` counts from 1, `rate` is the last of the epoch, `seconds` are those of learning and
    validating, `samples` those learned from.
    """

    epoch: int
    rate: float
    loss: float
    accuracy: float | None
    validation_loss: float | None
    validation_accuracy: float | None
    seconds: float
    samples: int
