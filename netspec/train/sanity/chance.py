"""Losses of nets that know nothing, and of nets that know all that can be known."""

from __future__ import annotations

from math import log, prod, sqrt
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from netspec.train.data.dataset import Targets
from netspec.train.step import Objective

#: The standard deviation of scores that is still sane. Initial weights keep that of the inputs,
#: 1, but residual sums and largest-of-window pooling add to it: VGG-11 and ResNet-110 come to 5.
_SCORES = 5.0


class Chance(NamedTuple):
    """The loss of a net that knows nothing, in words too; and the largest that a fresh net may have
    without a fault.
    """

    loss: float
    words: str
    most: float


def chance(objective: Objective, y: Targets) -> Chance:
    """The loss on these targets of equal scores for all classes, of even odds, or of the value 0.

    A fresh net says something else of each, by chance: to a cross-entropy of C classes scores of
    deviation s add at most s * sqrt(2 * ln(C)), which is how far the largest of C is above their
    mean; to a squared error s^2.
    """
    classes = objective.graph.by_name[objective.scores].type.channels
    match objective.loss.name:
        case "cross-entropy":
            loss = log(classes)
            most = loss + _SCORES * sqrt(2 * loss)
            return Chance(loss, f"chance ln({classes}) = {loss:.4g}", most)
        case "binary-cross-entropy":
            return Chance(log(2), f"chance ln(2) = {log(2):.4g}", log(2) + _SCORES)
        case _:
            each_output = _elements(objective)
            loss = each_output * float(np.square(_values(objective, y)).mean())
            words = f"answering 0 to all = {loss:.4g}"
            return Chance(loss, words, 2 * (loss + _SCORES**2 * each_output))


def least(objective: Objective, y: Targets) -> float:
    """The loss of the right answers: 0, or the entropy of targets that are chances.  Smoothing is
    left out.
    """
    if objective.labels or "cross-entropy" not in objective.loss.name:
        return 0.0
    target = np.asarray(y, np.float64)
    if objective.loss.name == "cross-entropy":
        return float(_surprise(target).sum(axis=1).mean())
    return float((_surprise(target) + _surprise(1 - target)).mean())


def to_learn(objective: Objective, y: Targets) -> float:
    """By how much the loss falls from that of a net that answers the same to all to the least."""
    if "cross-entropy" in objective.loss.name:
        return chance(objective, y).loss - least(objective, y)
    values = _values(objective, y)
    spread = float(values.var(axis=0).mean()) or float(np.square(values).mean())
    return spread * _elements(objective)


def _elements(objective: Objective) -> int:
    """How many squares the loss of a sample is the sum of."""
    shape = objective.graph.by_name[objective.scores].type.shape
    return prod(shape) if objective.loss.name == "sum-squared-error" else 1


def _values(objective: Objective, y: Targets) -> NDArray[np.float64]:
    """The targets as numbers of the scores' shape; as (N) where labels are the numbers."""
    classes = objective.graph.by_name[objective.scores].type.channels
    if not objective.labels or classes == 1:
        return np.asarray(y, np.float64)
    return np.moveaxis(np.eye(classes)[np.asarray(y)], -1, 1)


def _surprise(chances: NDArray[Any]) -> NDArray[np.float64]:
    """-p * ln(p), 0 at 0."""
    return -chances * np.log(np.where(chances > 0, chances, 1.0))
