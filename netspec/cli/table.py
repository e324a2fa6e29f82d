"""Answers as a table with bars."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import click

from netspec.text.printable import printable

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from netspec.runtime.pipeline import Answers
    from netspec.runtime.ranking import Best
    from netspec.runtime.records import About
    from netspec.runtime.resume import Finished

#: Width of a bar that stands for 1.
_BAR = 20
_EIGHTHS = " ▏▎▍▌▋▊▉"


class Table:
    """The best classes of each sample, and the size and range of all that is no class.

    It is printed at the end, for its widths; until then what is printed is all that is held.
    """

    def __init__(self) -> None:
        self.count = 0
        self._names: list[str] = []
        self._best: Best | None = None
        self._ranges: dict[str, _Range] = {}

    def __enter__(self) -> Table:
        return self

    def __exit__(self, *exception: object) -> None: ...

    def begin(self, about: About, made_by: Callable[[], Mapping[str, str]]) -> Finished:
        """Nothing is there."""
        from netspec.runtime.ranking import Best
        from netspec.runtime.resume import Finished

        self._about = about
        self._best = Best(about.top)
        return Finished()

    def add(self, answers: Answers) -> None:
        """Take the answers of some samples."""
        for name, array in answers.outputs.items():
            self._ranges.setdefault(name, _Range(array.shape[1:])).add(array)
        if _is_classes(answers.main.shape[1:]):
            assert self._best is not None
            self._best.add(self._about.classes(answers.main))
            self._names += answers.names
        self.count += len(answers.names)

    def finish(self) -> None:
        """Print it."""
        if self._names:
            self._print_classes()
        main, *_ = self._ranges
        for name, found in self._ranges.items():
            if name != main or not self._names:
                click.echo(f"{printable(name)}: {found.text(self.count)}")

    def _print_classes(self) -> None:
        rows = list(self._rows())
        widths = [max(len(row[column]) for row in rows) for column in range(4)]
        for name, index, label, shown, bar, colour in rows:
            line = (
                f"{name:{widths[0]}}  {index:>{widths[1]}}  "
                f"{label:{widths[2]}}  {shown:>{widths[3]}}"
            )
            click.echo(f"{line}  {click.style(bar, fg=colour) if bar else ''}".rstrip())

    def _rows(self) -> Iterator[tuple[str, str, str, str, str, str]]:
        """Name, class, label and number of each of the best, its bar and the bar's colour."""
        assert self._best is not None
        ranking = self._best.ranking()
        what = ranking.kind.shown_as
        yield "input", "class", "label", what, "", ""
        for name, best, values in zip(self._names, ranking.best, ranking.values, strict=True):
            for place, (at, value) in enumerate(zip(best.tolist(), values.tolist(), strict=True)):
                shown = f"{value:.6g}" if what == "value" else f"{value:.2%}"
                label = printable(self._about.label(at))
                bar = "" if what == "value" else _bar(value)
                colour = "cyan" if place else "green"
                yield "" if place else name, str(at), label, shown, bar, colour


class _Range:
    """The size of an output for one sample, and the least, largest and mean of its numbers."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = shape
        self._least, self._largest = float("inf"), float("-inf")
        self._sum, self._numbers = 0.0, 0

    def add(self, array: NDArray[Any]) -> None:
        """Take an output of some samples.  RunError where its samples have another size."""
        import numpy as np

        from netspec.runtime.errors import RunError

        if array.shape[1:] != self.shape:
            raise RunError("the answers are of different shapes; run inputs of one size at a time")
        if array.size:
            self._least = float(np.minimum(self._least, array.min()))
            self._largest = float(np.maximum(self._largest, array.max()))
            self._sum += float(array.sum(dtype=np.float64))
            self._numbers += array.size

    def text(self, count: int) -> str:
        """A line for so many samples."""
        shape = "x".join(map(str, self.shape)) or "one number"
        if not self._numbers:
            return f"{shape} for each of {count}, empty"
        mean = self._sum / self._numbers
        numbers = f"from {self._least:.4g} to {self._largest:.4g}, mean {mean:.4g}"
        return f"{shape} for each of {count}, {numbers}"


def _is_classes(shape: tuple[int, ...]) -> bool:
    return len(shape) == 1 and shape[0] > 0


def _bar(share: float) -> str:
    """A bar in eighths of a character; plain `#` where the output's encoding has none."""
    if not 0 <= share <= 1:
        return ""
    if "utf" not in (sys.stdout.encoding or "").lower():
        return "#" * round(share * _BAR)
    whole, eighths = divmod(round(share * _BAR * 8), 8)
    return "█" * whole + _EIGHTHS[eighths].strip()
