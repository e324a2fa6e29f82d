"""What `netspec check` answers about one spec, worked out when a format asks for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from netspec.analysis.check import Checked
from netspec.analysis.report import Report, graph_report, partial_report
from netspec.cli.failure import OK, REJECTED, UNUSABLE
from netspec.cli.specs import Missing
from netspec.text.printable import printable

if TYPE_CHECKING:
    from netspec.cli.fit import Fit


@dataclass(frozen=True)
class Question:
    """What the options of the command ask; `optimizer` is None for inference."""

    batch: int
    dtype: str
    optimizer: str | None
    budget: int | None
    strict: bool


@dataclass(frozen=True, eq=False)
class Answer:
    """A spec that was checked, and the question about it."""

    checked: Checked
    question: Question

    @property
    def file(self) -> str:
        """The spec's name, fit to print."""
        return printable(self.checked.source.name)

    @cached_property
    def report(self) -> Report:
        """The report, as far as the net could be shaped."""
        checked, q = self.checked, self.question
        if checked.graph is not None:
            return graph_report(checked.graph, q.batch, q.dtype, q.optimizer)
        name = checked.spec.name if checked.spec else ""
        return partial_report(name, checked.nodes, q.batch, q.dtype, checked.unshaped)

    @cached_property
    def fit(self) -> Fit | None:
        """Whether it fits; None where that was not asked, or the spec is rejected."""
        graph, q = self.checked.graph, self.question
        if q.budget is None or graph is None:
            return None
        from netspec.cli.fit import fit

        return fit(graph, q.budget, q.batch, q.dtype, q.optimizer)

    @property
    def exit_code(self) -> int:
        """1 where the spec is rejected, does not fit, or under `strict` has a warning."""
        strict = self.question.strict
        warned = strict and any(d.severity == "warning" for d in self.checked.diagnostics)
        unfit = self.fit is not None and not self.fit.fits
        return REJECTED if warned or unfit or not self.checked.ok else OK


def answered(
    found: Iterable[Checked | Missing], question: Question, codes: list[int]
) -> Iterator[Answer | Missing]:
    """An answer for each spec; `codes` gets the exit code of each."""
    for item in found:
        if isinstance(item, Missing):
            codes.append(UNUSABLE)
            yield item
        else:
            answer = Answer(item, question)
            codes.append(answer.exit_code)
            yield answer
