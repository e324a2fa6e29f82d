"""Which classes are taken for which."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec.analysis.columns import aligned
from netspec.analysis.units import number, percent
from netspec.text.printable import printable

#: Kinds of confusion that are listed where the whole matrix is too wide, and letters of a name.
_MOST, _LETTERS = 15, 24


@dataclass(frozen=True, eq=False)
class Confusion:
    """`matrix[r, s]` samples of class r were said to be of class s.

    `of` is what is counted, in words: samples, or places of them. Shares are NaN where there is
    nothing that they would be shares of.
    """

    classes: tuple[str, ...]
    matrix: NDArray[np.int64]
    of: str = "samples"

    @cached_property
    def samples(self) -> int:
        """How many there are in all."""
        return int(self.matrix.sum())

    @cached_property
    def right(self) -> int:
        """How many were said to be what they are."""
        return int(np.trace(self.matrix))

    @cached_property
    def accuracy(self) -> float:
        """The share of the samples that were said to be what they are."""
        return float(_share(self.right, self.samples))

    @cached_property
    def recall(self) -> NDArray[np.float64]:
        """Of the samples of each class, the share that were said to be."""
        return _share(np.diagonal(self.matrix), self.matrix.sum(axis=1))

    @cached_property
    def precision(self) -> NDArray[np.float64]:
        """Of the samples that were said to be of each class, the share that are."""
        return _share(np.diagonal(self.matrix), self.matrix.sum(axis=0))

    @cached_property
    def shares(self) -> NDArray[np.float64]:
        """The matrix with each row as parts of its class."""
        return _share(self.matrix, self.matrix.sum(axis=1, keepdims=True))


def confusion(
    right: NDArray[np.integer[Any]], said: NDArray[np.integer[Any]], classes: Sequence[str]
) -> Confusion:
    """What was said of samples whose right classes are known; both by number, of any shape: those
    of maps are counted by places.
    """
    count = len(classes)
    pairs = right.reshape(-1).astype(np.int64) * count + said.reshape(-1)
    matrix = np.bincount(pairs, minlength=count * count)
    of = "samples" if right.ndim == 1 else "places"
    return Confusion(tuple(classes), matrix.reshape(count, count), of)


def confusion_table(found: Confusion, width: int) -> str:
    """It laid out for people in lines of `width` characters: the matrix with recall and precision,
    its columns by number where names do not fit, else the most frequent confusions.
    """
    if not found.samples:
        return f"no {found.of}"
    title = f"accuracy {percent(found.accuracy)}: {found.right:,} of {found.samples:,} {found.of}"
    names = [clipped(name) for name in found.classes]
    for lines in _matrices(found, names, width):
        if max(map(len, lines)) <= width:
            return "\n".join([f"{title} (rows are right, columns were said)", "", *lines])
    return "\n".join([title, *_list(found, names)])


def clipped(name: str) -> str:
    """A class's name, made safe to show and not too long to."""
    shown = printable(name)
    return shown if len(shown) <= _LETTERS else f"{shown[: _LETTERS - 1]}…"


def _matrices(found: Confusion, names: Sequence[str], width: int) -> Iterator[list[str]]:
    """The matrix, each time narrower; none where that cannot do."""
    if 2 * len(names) > width:
        return
    numbers = [str(at) for at in range(len(names))]
    rows = [name if name == at else f"{at} {name}" for at, name in zip(numbers, names, strict=True)]
    yield _matrix(found, names, names, "  ")
    yield _matrix(found, rows, numbers, "  ")
    yield _matrix(found, rows, numbers, " ")


def _matrix(
    found: Confusion, rows: Sequence[str], columns: Sequence[str], between: str
) -> list[str]:
    """A row for each class that is right, a column for each that was said."""
    table = found.matrix.tolist()
    widths = [
        max(len(name), len(str(max(counts))))
        for name, counts in zip(columns, zip(*table, strict=True), strict=True)
    ]

    def joined(cells: Iterable[str]) -> str:
        return between.join(cell.rjust(width) for cell, width in zip(cells, widths, strict=True))

    lines = [("", joined(columns), "recall", "precision")]
    for at, name in enumerate(rows):
        shares = _percent(found.recall[at]), _percent(found.precision[at])
        lines.append((name, joined(str(count or "") for count in table[at]), *shares))
    return list(aligned(lines, (False, False, True, True)))


def _list(found: Confusion, names: Sequence[str]) -> Iterator[str]:
    """The most frequent confusions, and how many there are beside them."""
    wrong = found.matrix.copy()
    np.fill_diagonal(wrong, 0)
    kinds = np.count_nonzero(wrong)
    if not kinds:
        return
    cells, shown = [("right", "said", found.of, "of the class")], 0
    for place in np.argsort(-wrong, axis=None, kind="stable")[: min(_MOST, kinds)]:
        right, said = divmod(int(place), len(names))
        count = int(wrong[right, said])
        shown += count
        cells.append(
            (names[right], names[said], number(count), _percent(found.shares[right, said]))
        )
    yield ""
    yield from aligned(cells, (False, False, True, True))
    if kinds > _MOST:
        yield f"and {kinds - _MOST:,} more confusions, of {int(wrong.sum()) - shown:,} {found.of}"


def _percent(share: float) -> str:
    return "" if np.isnan(share) else percent(share)


def _share(part: Any, whole: Any) -> NDArray[np.float64]:
    """A part of a whole; NaN of nothing."""
    part, whole = np.broadcast_arrays(np.asarray(part, np.float64), whole)
    share = np.full(part.shape, np.nan)
    np.divide(part, whole, out=share, where=whole > 0)
    return share
