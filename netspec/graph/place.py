"""Where in the expansion an item stands, and what flows into it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import TypeAlias

from netspec.graph.evaluate import Advice, Refusal
from netspec.graph.graph import Node, Step
from netspec.graph.labels import Labels
from netspec.graph.notes import way_notes
from netspec.graph.scope import Scope
from netspec.text.diagnostics import Diagnostic, LayerError, Note, Severity
from netspec.text.limits import MAX_DIAGNOSTICS
from netspec.text.source import Span


class Start:
    """In place of a tensor: nothing has entered yet."""


START = Start()
#: What flows from item to item: a layer's tensor, nothing yet, or a tensor that a mistake hides
#: (None).
Flow: TypeAlias = Node | Start | None


@dataclass(frozen=True, slots=True)
class Place:
    """What an item sees: names, labels, the way here, and the prefix of the layers' names."""

    scope: Scope
    labels: Labels
    step: Step | None = None
    prefix: str = ""
    blocks: tuple[str, ...] = ()  # those being expanded, outermost first

    def iteration(self, step: Step, scope: Scope) -> Place:
        """The place of one iteration of a repeat that stands here."""
        return replace(self, scope=scope, step=step)

    def body(self, name: str, step: Step, scope: Scope) -> Place:
        """The place of the body of a block that is called here; it has labels of its own."""
        labels = Labels(self.labels, self.labels.declared)
        blocks = (*self.blocks, name)
        return Place(scope, labels, step, self.prefix, blocks)


class TooManyError(Exception):
    """There are more errors than are reported: what further ones there are is of no use."""


class Findings(list[Diagnostic]):
    """The diagnostics of one elaboration: one for each code and place, though it run a thousand
    times.

    `noted` counts them all.  TooManyError at the error after MAX_DIAGNOSTICS.
    """

    def __init__(self) -> None:
        super().__init__()
        self.noted, self._errors = 0, 0
        self._places: set[tuple[Span, str]] = set()

    def append(self, diagnostic: Diagnostic) -> None:
        """Add a finding, unless it is there."""
        if self._known(diagnostic.code, diagnostic.span):
            return
        self._errors += diagnostic.severity == "error"
        if self._errors > MAX_DIAGNOSTICS:
            raise TooManyError
        self._places.add((diagnostic.span, diagnostic.code))
        super().append(diagnostic)

    def _known(self, code: str, span: Span) -> bool:
        """Note a finding; whether it is there already."""
        self.noted += 1
        return (span, code) in self._places

    def extend(self, diagnostics: Iterable[Diagnostic]) -> None:
        """Add findings, unless they are there."""
        for diagnostic in diagnostics:
            self.append(diagnostic)

    def report(
        self,
        code: str,
        message: str,
        span: Span,
        place: Place,
        *,
        help: Advice = None,
        severity: Severity = "error",
    ) -> None:
        """Add a finding, with notes on how the expansion came to its place."""
        if not self._known(code, span):
            advice = help() if callable(help) else help
            notes = way_notes("", place.step, (), {})
            self.append(Diagnostic(code, message, span, notes, advice, severity))

    def keep(self, refusal: Refusal, place: Place | None = None) -> None:
        """Add a refusal's finding, with notes on how the expansion came to its place."""
        if not self._known(refusal.code, refusal.span):
            if place is not None:
                refusal.notes = (*refusal.notes, *way_notes("", place.step, (), {}))
            self.append(refusal.diagnostic)

    def refused(self, error: LayerError, span: Span, way: Callable[[], tuple[Note, ...]]) -> None:
        """Add a layer's refusal of its inputs; `way` tells how the expansion came to it."""
        if not self._known(error.code, span):
            notes = (*way(), *(Note(text) for text in error.notes))
            self.append(Diagnostic(error.code, error.message, span, notes, error.help))

    @property
    def failed(self) -> bool:
        """Whether one of them is an error."""
        return self._errors > 0
