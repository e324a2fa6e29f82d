"""A few samples that stand for all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from netspec.train.data import Batch, Dataset
from netspec.train.data.dataset import Targets


@dataclass(frozen=True, eq=False)
class Few:
    """Some samples as they are, with their targets; `indices` are their places among all."""

    known: Dataset
    indices: NDArray[np.int64]
    x: NDArray[np.float32]
    y: Targets

    @classmethod
    def of(cls, known: Dataset, count: int) -> Few:
        """So many samples, or all if there are fewer: of the classes in turn, or where targets are
        no classes from places evenly apart.
        """
        indices = _in_turn(known, count)
        return cls(known, indices, known.read(indices, None), known.targets[indices])

    def __len__(self) -> int:
        return len(self.indices)

    def batches(self, size: int) -> Iterator[Batch]:
        """So many at a time, the last time what is left."""
        for start in range(0, len(self), size):
            yield Batch(self.x[start : start + size], self.y[start : start + size])

    def clashes(self) -> list[tuple[int, int]]:
        """Pairs of them that hold the same numbers and have other targets: the first that does, and
        the later one.
        """
        first: dict[bytes, int] = {}
        firsts = [first.setdefault(one.tobytes(), at) for at, one in enumerate(self.x)]
        return [
            (other, at)
            for at, other in enumerate(firsts)
            if not np.array_equal(self.y[other], self.y[at])
        ]

    def without(self, places: list[int]) -> Few:
        """The others."""
        keep = np.setdiff1d(np.arange(len(self)), places)
        return Few(self.known, self.indices[keep], self.x[keep], self.y[keep])

    def called(self, at: int) -> str:
        """A sample in words: its place among all, from 0, and its class."""
        if self.known.classes and self.y.ndim == 1:
            return f"{self.indices[at]} (class {self.known.classes[int(self.y[at])]})"
        return str(self.indices[at])


def _in_turn(known: Dataset, count: int) -> NDArray[np.int64]:
    total = len(known)
    if not known.classes or known.targets.ndim > 1:
        return np.arange(min(count, total)) * total // min(count, total)
    order = np.argsort(known.targets, kind="stable")
    classes = known.targets[order]
    turns = np.arange(total) - np.searchsorted(classes, classes)
    return order[np.argsort(turns, kind="stable")[:count]]
