"""What optimizers hold in memory.  Apart from the model of training, which is slow to import."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Optimizer:
    """How many tensors of a weight's size it remembers, and makes while it updates the weight."""

    state: int
    passing: int


#: By the names of specs and of the command line, which has their papers; measured in PyTorch 2.13
#: going through the weights one by one.  It makes Adagrad's state before the first step and not, as
#: the model of training has it for all, at its end.
OPTIMIZERS = {
    "sgd": Optimizer(0, 0),
    "momentum": Optimizer(1, 0),
    "nesterov": Optimizer(1, 1),
    "adagrad": Optimizer(1, 1),
    "adadelta": Optimizer(2, 2),
    "rmsprop": Optimizer(1, 1),
    "adam": Optimizer(2, 2),
    "adamw": Optimizer(2, 2),
    "rprop": Optimizer(2, 3),
}
