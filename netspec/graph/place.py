"""Where in the expansion an item stands, and what flows into it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeAlias

from netspec.graph.evaluate import Refusal
from netspec.graph.graph import Node, Step
from netspec.graph.labels import Labels
from netspec.graph.notes import way_notes
from netspec.graph.scope import Scope
from netspec.text.diagnostics import Diagnostic, Severity
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


class Findings(list[Diagnostic]):
    """The diagnostics of one elaboration."""

    def report(
        self,
        code: str,
        message: str,
        span: Span,
        place: Place,
        *,
        help: str | None = None,
        severity: Severity = "error",
    ) -> None:
        """Add a finding, with notes on how the expansion came to its place."""
        notes = way_notes("", place.step, (), {})
        self.append(Diagnostic(code, message, span, notes, help, severity))

    def keep(self, refusal: Refusal, place: Place) -> None:
        """Add a refusal's finding, with notes on how the expansion came to its place."""
        d = refusal.diagnostic
        notes = (*d.notes, *way_notes("", place.step, (), {}))
        self.append(Diagnostic(d.code, d.message, d.span, notes, d.help, d.severity))

    @property
    def failed(self) -> bool:
        """Whether one of them is an error."""
        return any(d.severity == "error" for d in self)
