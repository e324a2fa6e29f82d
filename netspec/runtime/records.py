"""Answers -> records that are written as they come: lines of JSON, rows of CSV."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from netspec.runtime.pipeline import Answers
from netspec.runtime.ranking import Kind, rank
from netspec.text.printable import printable


@dataclass(frozen=True)
class About:
    """What is known of a net's answers before they come, and how many classes are named.

    `one_chance`: the main output is one number, the chance of the second of two classes.
    """

    model: str
    device: str
    labels: tuple[str, ...]
    top: int
    one_chance: bool = False

    def label(self, index: int) -> str:
        """The label of a class, empty where it has none."""
        return self.labels[index] if index < len(self.labels) else ""

    def classes(self, main: NDArray[Any]) -> NDArray[Any]:
        """A main output (N, ...) as the numbers of the classes: of one chance, those of both."""
        return np.concatenate([1 - main, main], axis=1) if self.one_chance else main


class JsonLines:
    """One object a line, as `records` makes them.

    `kind` says what the numbers of the main output are, else the first answers do.
    """

    def __init__(self, file: IO[bytes], about: About, kind: Kind | None = None) -> None:
        self._file, self._about, self.kind = file, about, kind

    def add(self, answers: Answers) -> None:
        """Write the records of some samples, in one piece."""
        self.kind = kind_of_first(answers, self._about, self.kind)
        lines = [
            json.dumps(record, ensure_ascii=False) + "\n"
            for record in records(answers, self._about, self.kind)
        ]
        self._file.write("".join(lines).encode())

    def finish(self) -> None:
        """Nothing is left to write."""


class CsvRows:
    """A row for each of the best classes of a sample, or for each number where there are none.

    `kind` is as with JsonLines; a file that is not empty has its first row.
    """

    def __init__(self, file: IO[bytes], about: About, kind: Kind | None = None) -> None:
        self._file, self._about, self.kind = file, about, kind
        self._begun = file.tell() > 0

    def add(self, answers: Answers) -> None:
        """Write the rows of some samples, in one piece."""
        self.kind = kind_of_first(answers, self._about, self.kind)
        import csv

        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        rows = _rows(answers, self._about, self.kind)
        first = next(rows)
        if not self._begun:
            writer.writerow(first)
            self._begun = True
        writer.writerows(rows)
        self._file.write(text.getvalue().encode())

    def finish(self) -> None:
        """Nothing is left to write."""


def kind_of_first(answers: Answers, about: About, kind: Kind | None) -> Kind | None:
    """The kind that is known, else that of these answers; None where they are no classes."""
    if kind is not None:
        return kind
    ranking = rank(about.classes(answers.main), 1)
    return ranking.kind if ranking is not None else None


def records(answers: Answers, about: About, kind: Kind | None) -> Iterator[dict[str, Any]]:
    """One object a sample: its best classes, and all outputs as nested lists."""
    ranking = rank(about.classes(answers.main), about.top, kind)
    for at, name in enumerate(answers.names):
        record: dict[str, Any] = {"input": name}
        if ranking is not None:
            record["top"] = [
                {"class": c, "label": about.label(c), ranking.kind.shown_as: _number(value)}
                for c, value in zip(ranking.best[at].tolist(), ranking.values[at], strict=True)
            ]
        outputs = answers.outputs.items()
        record["outputs"] = {key: _nested(array[at]) for key, array in outputs}
        yield record


def _rows(answers: Answers, about: About, kind: Kind | None) -> Iterator[list[Any]]:
    """The first row of a file, then those of the samples."""
    ranking = rank(about.classes(answers.main), about.top, kind)
    if ranking is None:
        yield ["input", "index", "value"]
        for name, numbers in zip(answers.names, answers.main, strict=True):
            for at, number in np.ndenumerate(numbers):
                yield [name, " ".join(map(str, at)), repr(float(number))]
        return
    yield ["input", "rank", "class", "label", ranking.kind.shown_as]
    for name, best, values in zip(answers.names, ranking.best, ranking.values, strict=True):
        for place, (c, value) in enumerate(zip(best.tolist(), values.tolist(), strict=True), 1):
            yield [name, place, c, printable(about.label(c)), f"{value:.6g}"]


def _nested(array: NDArray[Any]) -> Any:
    """The array as lists, null where JSON has no number for it."""
    finite = np.isfinite(array)
    if finite.all():
        return array.tolist()
    known = array.astype(object)
    known[~finite] = None
    return known.tolist()


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
