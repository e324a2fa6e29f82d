"""A part of the samples held out: for each class its share."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from netspec.machine.errors import UnusableError
from netspec.train.data.dataset import Dataset, Part
from netspec.train.data.draws import Draws

#: The lane of the numbers that decide who is held out.
_LANE = 1


def split(dataset: Dataset, part: float, seed: int) -> tuple[Dataset, Dataset]:
    """The samples to learn from, and a part of them, held out; each in the order of the whole.

    It has `part` of the samples, rounded, and of each class its share: at least one sample and not
    all of them, where the class has two. Which they are is decided by the seed alone. Samples with
    values, or with a class for each place, are taken from anywhere. UnusableError where there are
    fewer than two samples.
    """
    if len(dataset) < 2:
        raise UnusableError("one sample cannot be split; name other `validation` data")
    targets = dataset.targets
    labels = targets if dataset.classes and targets.ndim == 1 else np.zeros(len(targets), np.int64)
    order = Draws(seed, 0).order(len(dataset), _LANE)
    order = order[np.argsort(labels[order], kind="stable")]  # class by class, shuffled in each
    _, counts = np.unique(labels, return_counts=True)
    held_out = np.zeros(len(dataset), np.bool_)
    starts = np.cumsum(counts) - counts
    for start, count in zip(starts, _shares(counts, part), strict=True):
        held_out[order[start : start + count]] = True
    return _part(dataset, ~held_out), _part(dataset, held_out)


def _shares(counts: NDArray[np.int64], part: float) -> NDArray[np.int64]:
    """How many of each class are held out: by largest remainders, then within the bounds."""
    exact = counts * part
    shares = np.floor(exact).astype(np.int64)
    lacking = round(float(counts.sum()) * part) - int(shares.sum())
    shares[np.argsort(shares - exact, kind="stable")[:lacking]] += 1
    bounded: NDArray[np.int64] = np.clip(shares, np.minimum(1, counts - 1), counts - 1)
    return bounded


def _part(dataset: Dataset, which: NDArray[np.bool_]) -> Part:
    indices = np.flatnonzero(which).astype(np.int64)
    return Part(dataset, indices, dataset.targets[indices])
