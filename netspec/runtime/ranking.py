"""Outputs -> classes in the order of their probability."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray


class Kind(IntEnum):
    """What the numbers of an output `(N, classes)` are; those of several batches, the highest.

    Rows that already are distributions are taken as they are. Numbers that all lie in 0..1 and are
    none are scores of classes that do not exclude each other (a net that ends in sigmoids), and
    stay. All else are logits, or logarithms of probabilities, and go through softmax. A single
    number is a value, not a class.
    """

    DISTRIBUTION = 0
    SCORE = 1
    LOGIT = 2
    VALUE = 3

    @property
    def shown_as(self) -> str:
        """What the numbers are called that are shown."""
        return {Kind.SCORE: "score", Kind.VALUE: "value"}.get(self, "probability")


@dataclass(frozen=True)
class Ranking:
    """Of each sample the best classes, and their numbers as they are shown (`kind`)."""

    kind: Kind
    best: NDArray[np.intp]
    values: NDArray[np.float64]


def rank(output: NDArray[Any], count: int, kind: Kind | None = None) -> Ranking | None:
    """The `count` best classes of each sample of an output `(N, classes)`, whose numbers are of a
    `kind`, else of what they seem to be.  None where the output is not one number a class.
    """
    if output.ndim != 2 or not output.shape[1]:
        return None
    values = output.astype(np.float64)
    kind = kind_of(values) if kind is None else kind
    best = _best(values, count)
    shown = softmax(values) if kind is Kind.LOGIT else values
    return Ranking(kind, best, np.take_along_axis(shown, best, axis=1))


class Best:
    """The best classes of samples that come batch by batch; all of them tell what the numbers are.

    What is no answer to that, or to `ranking`, is not held.
    """

    def __init__(self, count: int) -> None:
        self._count, self._kind = count, Kind.DISTRIBUTION
        self._parts: list[tuple[NDArray[Any], ...]] = []

    def add(self, output: NDArray[Any]) -> None:
        """Take an output `(N, classes)`."""
        values = output.astype(np.float64)
        self._kind = max(self._kind, kind_of(values))
        best = _best(values, self._count)
        numbers = (np.take_along_axis(of, best, axis=1) for of in (values, softmax(values)))
        self._parts.append((best, *numbers))

    def ranking(self) -> Ranking:
        """The best classes of all samples."""
        best, plain, softened = (np.concatenate(parts) for parts in zip(*self._parts, strict=True))
        return Ranking(self._kind, best, softened if self._kind is Kind.LOGIT else plain)


def kind_of(values: NDArray[Any]) -> Kind:
    """What the numbers of an output `(N, classes)` seem to be; rows with NaN do not tell."""
    if values.shape[1] == 1:
        return Kind.VALUE
    values = values[np.isfinite(values).all(axis=1)]
    if not len(values):
        return Kind.LOGIT
    if (values >= 0).all() and np.allclose(values.sum(axis=1), 1, atol=1e-3):
        return Kind.DISTRIBUTION
    return Kind.SCORE if ((values >= 0) & (values <= 1)).all() else Kind.LOGIT


def _best(values: NDArray[np.float64], count: int) -> NDArray[np.intp]:
    """The columns of the largest numbers of each row, the first of equal ones first."""
    return np.argsort(-values, axis=1, kind="stable")[:, :count]


def softmax(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Numbers as the probabilities of which they are the logarithms, up to a constant a row."""
    with np.errstate(invalid="ignore"):  # rows with NaN stay NaN, and are reported
        powers = np.exp(values - values.max(axis=1, keepdims=True))
        softened: NDArray[np.float64] = powers / powers.sum(axis=1, keepdims=True)
    return softened
