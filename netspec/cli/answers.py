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
from netspec.text.training import Training

if TYPE_CHECKING:
    from netspec.cli.fit import Fit
    from netspec.cli.own_training import OwnTraining


@dataclass(frozen=True)
class Question:
    """What the options of the command ask; `batch` and `optimizer` are None where none says."""

    batch: int | None
    dtype: str
    train: bool
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

    @property
    def batch(self) -> int:
        """The batch that is asked for, else that of the spec's `train` if training is, else 1."""
        training = self._training
        return self.question.batch or (training.batch if training else 1)

    @property
    def optimizer(self) -> str | None:
        """The optimizer likewise, else SGD; None for inference."""
        training = self._training
        default = training.optimizer.name if training else "sgd"
        return (self.question.optimizer or default) if self.question.train else None

    @property
    def _training(self) -> Training | None:
        """What the spec says about training; None where it says nothing or is not asked."""
        spec = self.checked.spec
        return spec.train if self.question.train and spec and spec.train_span else None

    @cached_property
    def report(self) -> Report:
        """The report, as far as the net could be shaped."""
        checked, q = self.checked, self.question
        if checked.graph is not None:
            return graph_report(checked.graph, self.batch, q.dtype, self.optimizer)
        name = checked.spec.name if checked.spec else ""
        return partial_report(name, checked.nodes, self.batch, q.dtype, checked.unshaped)

    @cached_property
    def fit(self) -> Fit | None:
        """Whether it fits; None where that was not asked, or the spec is rejected."""
        graph, q = self.checked.graph, self.question
        if q.budget is None or graph is None:
            return None
        from netspec.cli.fit import fit

        return fit(graph, q.budget, self.batch, q.dtype, self.optimizer)

    @cached_property
    def own_training(self) -> OwnTraining | None:
        """What `netspec train` takes; None where that was not asked, or the spec is rejected."""
        graph = self.checked.graph
        if self.optimizer is None or graph is None:
            return None
        from netspec.cli.own_training import own_training

        return own_training(graph, self.batch, self.question.dtype, self.optimizer)

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
