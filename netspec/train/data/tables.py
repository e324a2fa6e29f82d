"""Samples in the rows of CSV files: columns of numbers, and one to be learned."""

from __future__ import annotations

import csv
from array import array
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from netspec.layers import TensorType
from netspec.machine.errors import UnusableError
from netspec.text.nearest import did_you_mean
from netspec.text.printable import printable
from netspec.train.data.arrays import Numbers
from netspec.train.data.augmenting import Augmentation
from netspec.train.data.classes import class_numbers
from netspec.train.data.dataset import Samples, Targets
from netspec.train.data.takes import Takes
from netspec.train.data.targets import Answer, read_targets

#: Names that say that a column is what is to be learned, in small letters.
_TARGETS = ("target", "class", "label", "species", "y")
#: What may stand between cells; the one that the first line has most of does.
_DELIMITERS = ",;\t"
#: The largest number of float32.
_MOST = float(np.finfo(np.float32).max)


def open_table(
    path: Path, target: str | None, takes: Takes, answer: Answer, augmentation: Augmentation
) -> Samples:
    """The rows of a CSV file whose first line names the columns.

    The column `target`, else the only one with a name that says so, is learned; the others, in
    their order, are the features, as they are written. UnusableError, naming line and column, where
    a cell is no number, and where columns or classes are not those of the net.
    """
    shown = printable(str(path))
    if len(takes.shape) != 1:
        raise UnusableError(
            f"{shown}: a CSV file is for nets of features; this takes {TensorType(takes.shape)}",
            help="save the samples as arrays `x` and `y` of an .npz file",
        )
    with _rows(path, shown) as rows:
        columns = next(rows, (0, []))[1]
        if not columns:
            raise UnusableError(f"{shown}: an empty file")
        table = _Table(shown, columns, target)
        if len(table.features) != takes.shape[0]:
            raise UnusableError(
                f"{shown}: {len(table.features)} columns are features, "
                f"{table.listed(table.features)}; the net takes {takes.shape[0]}"
            )
        for line, cells in rows:
            table.add(line, cells)
    if not table.cells:
        raise UnusableError(f"{shown}: no rows")
    x = np.frombuffer(table.numbers, np.float32).reshape(-1, len(table.features))
    targets, classes = _targets(table, answer)
    return Samples(Numbers(x), takes.shape, targets, classes, augmentation)


@contextmanager
def _rows(path: Path, shown: str) -> Iterator[Iterator[tuple[int, list[str]]]]:
    """The rows that are not blank, each with the line at which it ends."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            first = file.readline()
            file.seek(0)
            reader = csv.reader(file, delimiter=max(_DELIMITERS, key=first.count), strict=True)
            yield ((reader.line_num, row) for row in reader if row)
    except UnicodeDecodeError as error:
        raise UnusableError(f"{shown}: not text in UTF-8") from error
    except csv.Error as error:
        raise UnusableError(f"{shown}, line {reader.line_num}: {printable(str(error))}") from error


@dataclass(eq=False)
class _Table:
    """What has been read of a table: the features row by row, and of each row the cell of the
    target and its line.
    """

    shown: str
    columns: list[str]
    target: str | None
    numbers: array[float] = field(default_factory=lambda: array("f"))
    cells: list[str] = field(default_factory=list)
    lines: array[int] = field(default_factory=lambda: array("q"))

    def __post_init__(self) -> None:
        self.columns = [name.strip() for name in self.columns]
        self._at = self._target()
        self.features = [at for at in range(len(self.columns)) if at != self._at]

    def listed(self, which: Sequence[int]) -> str:
        """The names of columns, for a message."""
        names = [f"`{printable(self.columns[at])[:40]}`" for at in which]
        return ", ".join(names[:20]) + (", ..." if len(names) > 20 else "")

    @property
    def learned(self) -> str:
        """The name of the target, for a message."""
        return f"`{printable(self.columns[self._at])}`"

    def _target(self) -> int:
        listed = self.listed(range(len(self.columns)))
        if self.target is not None:
            found = [at for at, name in enumerate(self.columns) if name == self.target]
            missing = f"no column `{printable(self.target)}`"
            help_text = did_you_mean(self.target, map(printable, self.columns))
        else:
            found = [at for at, name in enumerate(self.columns) if name.lower() in _TARGETS]
            missing = "no column says by its name that it is to be learned"
            help_text = "name it: `--target COLUMN`, or `data: {file: ..., target: COLUMN}`"
        if len(found) == 1:
            return found[0]
        if found:
            missing = f"{self.listed(found)} may each be the column to be learned"
        elif sum(map(_is_number, self.columns)) >= max(len(self.columns) - 1, 1):
            raise UnusableError(
                f"{self.shown}: the first line names the columns, and it looks like data: {listed}",
                help="put a line with the columns' names before it, such as `a,b,class`",
            )
        raise UnusableError(
            f"{self.shown}: {missing}; the first line names the columns {listed}", help=help_text
        )

    def add(self, line: int, cells: list[str]) -> None:
        """One more row."""
        if len(cells) != len(self.columns):
            raise UnusableError(
                f"{self.shown}, line {line}: {len(cells)} cells for {len(self.columns)} columns"
            )
        target = cells[self._at].strip()
        if not target:
            raise UnusableError(f"{self.shown}, line {line}, column {self.learned}: no value")
        self.cells.append(target)
        self.lines.append(line)
        try:
            self.numbers.extend([_number(cells[at]) for at in self.features])
        except ValueError:
            raise self._wrong(line, cells) from None

    def _wrong(self, line: int, cells: list[str]) -> UnusableError:
        at = next(at for at in self.features if not _is_number(cells[at]))
        cell = printable(cells[at].strip())[:40]
        found = f"`{cell}` is {_fault(cell)}" if cell else "no value"
        return UnusableError(
            f"{self.shown}, line {line}, column `{printable(self.columns[at])}`: {found}",
            help="all columns but the one to be learned are features, which are numbers",
        )


def _number(cell: str) -> float:
    """ValueError where it is none that float32 can hold."""
    number = float(cell)
    if not -_MOST <= number <= _MOST:
        raise ValueError
    return number


def _fault(cell: str) -> str:
    """What is wrong with a cell that is no number for float32."""
    try:
        float(cell)
    except ValueError:
        return "no finite number"
    return "too large for float32" if any(map(str.isdigit, cell)) else "no finite number"


def _is_number(cell: str) -> bool:
    try:
        _number(cell)
    except ValueError:
        return False
    return True


def _targets(table: _Table, answer: Answer) -> tuple[Targets, tuple[str, ...]]:
    """Values, or classes by their labels, by their numbers, or sorted by their names."""
    what = f"{table.shown}: column {table.learned}"
    names = sorted(set(table.cells))
    if not all(map(_is_number, names)) or (answer.labels and set(names) <= set(answer.labels)):
        return _by_name(table.cells, names, answer, what)
    numbers = {name: float(name) for name in names}
    whole = all(number.is_integer() for number in numbers.values())
    counts = sorted(set(numbers.values()))
    kinds = answer.count if answer.shape[0] > 1 or answer.odds else 0
    if whole and kinds == len(counts) and counts != [*range(len(counts))]:  # such as 1, 2, 3
        return _by_name(table.cells, sorted(names, key=numbers.__getitem__), answer, what)
    y = np.array([numbers[cell] for cell in table.cells], np.int64 if whole else np.float64)
    return read_targets(y, answer, what, lambda place: f", line {table.lines[place[0]]},")


def _by_name(
    cells: list[str], names: list[str], answer: Answer, what: str
) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    kinds, classes = class_numbers(names, answer, f"{what} has")
    return np.array([kinds[cell] for cell in cells], np.int64), classes
