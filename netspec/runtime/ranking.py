"""Outputs -> classes in the order of their probability."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Ranking:
    """What the numbers are ("probability", "score", "value"), a row a sample, and its best."""

    what: str
    values: NDArray[np.float64]
    best: NDArray[np.intp]


def rank(output: NDArray[Any], count: int) -> Ranking:
    """The `count` best classes of each sample of an output `(N, classes)`.

    Rows that already are distributions are taken as they are. Numbers that all lie in 0..1 and are
    none are scores of classes that do not exclude each other (a net that ends in sigmoids), and
    stay. All else are logits, or logarithms of probabilities, and go through softmax. A single
    number is a value, not a class.
    """
    values = output.astype(np.float64)
    if values.shape[1] == 1:
        what = "value"
    elif _are_distributions(values):
        what = "probability"
    elif ((values >= 0) & (values <= 1)).all():
        what = "score"
    else:
        what, values = "probability", _softmax(values)
    best = np.argsort(-values, axis=1, kind="stable")[:, :count]
    return Ranking(what, values, best)


def _are_distributions(values: NDArray[np.float64]) -> bool:
    return bool((values >= 0).all() and np.allclose(values.sum(axis=1), 1, atol=1e-3))


def _softmax(values: NDArray[np.float64]) -> NDArray[np.float64]:
    with np.errstate(invalid="ignore"):  # rows with NaN stay NaN, and are reported
        powers = np.exp(values - values.max(axis=1, keepdims=True))
        softened: NDArray[np.float64] = powers / powers.sum(axis=1, keepdims=True)
    return softened
