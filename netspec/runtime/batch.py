"""Batches: samples of equal shapes, with the names that answers give them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Batch:
    """For the samples called `names`, in order, the inputs of a net; the batch axis is first."""

    names: Sequence[str]
    arrays: Mapping[str, NDArray[Any]]

    @property
    def shapes(self) -> list[tuple[int, ...]]:
        """The shape of a sample of each input."""
        return [array.shape[1:] for array in self.arrays.values()]

    def __len__(self) -> int:
        return len(self.names)

    def part(self, first: int, end: int | None = None) -> Batch:
        """Some of the samples, in the same memory."""
        at = slice(first, end)
        return Batch(self.names[at], {name: array[at] for name, array in self.arrays.items()})


def regrouped(pieces: Iterable[Batch], size: int) -> Iterator[Batch]:
    """Batches of `size` samples out of pieces of any length, in order.

    One is shorter where the shape changes, and at the end. What lies in one piece is not copied.
    """
    held: list[Batch] = []
    room = size
    for piece in pieces:
        if held and held[0].shapes != piece.shapes:
            yield _joined(held)
            held, room = [], size
        first = 0
        while len(piece) - first >= room:
            yield _joined([*held, piece.part(first, first + room)])
            first, held, room = first + room, [], size
        if first < len(piece):
            held.append(piece.part(first))
            room -= len(held[-1])
    if held:
        yield _joined(held)


def _joined(pieces: list[Batch]) -> Batch:
    if len(pieces) == 1:
        return pieces[0]
    names = [name for piece in pieces for name in piece.names]
    keys = pieces[0].arrays
    return Batch(names, {key: np.concatenate([p.arrays[key] for p in pieces]) for key in keys})
