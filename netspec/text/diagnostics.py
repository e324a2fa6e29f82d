"""Findings about a spec: what was found, where and why, and what to write instead."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from netspec.text.source import Span

Severity: TypeAlias = Literal["error", "warning", "note"]


@dataclass(frozen=True, slots=True)
class Note:
    """Where or why: a further sentence of a diagnostic, with its own place if it has one."""

    message: str
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding.  The message stands alone on one line; `code` is stable and has a page (`netspec
    rule CODE`).
    """

    code: str
    message: str
    span: Span
    notes: tuple[Note, ...] = ()
    help: str | None = None
    severity: Severity = "error"


class SpecError(Exception):
    """A spec was rejected.  `diagnostics` are its findings in the order of the file."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        first = next((d for d in self.diagnostics if d.severity == "error"), None)
        super().__init__(_sentence(first) if first else "the spec was rejected")


class LayerError(Exception):
    """A rule of a layer refuses: code and message without a place, which the caller adds.

    `argument` names the hyperparameter at fault, so that its value is the place.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *notes: str,
        argument: str | None = None,
        help: str | None = None,
    ) -> None:
        super().__init__(message)
        self.code, self.message, self.notes = code, message, notes
        self.argument, self.help = argument, help


def _sentence(diagnostic: Diagnostic) -> str:
    span = diagnostic.span
    return f"{span.source.name}:{span.line}:{span.column}: {diagnostic.code}: {diagnostic.message}"


def in_order(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """The diagnostics in the order of the file, the first of those with one code at one place."""
    unique = {(d.span, d.code): d for d in reversed(list(diagnostics))}
    return sorted(unique.values(), key=lambda d: (d.span.start, d.span.end, d.code))
