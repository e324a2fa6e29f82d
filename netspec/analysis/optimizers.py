"""What optimizers hold in memory.  Apart from the model of training, which is slow to import."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Optimizer:
    """How many tensors of a weight's size it remembers, and makes while it updates the weight."""

    state: int
    passing: int


#: SGD, SGD with momentum, and Adam (Kingma & Ba 2014), by the names of the command line.
OPTIMIZERS = {"sgd": Optimizer(0, 0), "momentum": Optimizer(1, 0), "adam": Optimizer(2, 2)}
