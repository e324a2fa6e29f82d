"""Findings as SARIF 2.1.0, what code scanning services read.

OASIS, Static Analysis Results Interchange Format (SARIF) Version 2.1.0, 2020.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from netspec import __version__
from netspec.text.diagnostics import Diagnostic, Note
from netspec.text.printable import printable
from netspec.text.relative import from_here
from netspec.text.rules import CODES, Rule
from netspec.text.source import Span

#: Results that GitHub shows of one run; it takes the first ones.
MAX_RESULTS = 5000
#: Lines and characters of a line that are shown of an example.
_LINES, _WIDTH = 40, 100
#: What the locations are relative to: the working directory.
_BASE = "SRCROOT"
_SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)


def sarif_log(
    found: Iterable[Diagnostic], unreadable: Iterable[tuple[str, str]] = ()
) -> dict[str, Any]:
    """One run: the findings of all specs, and (file, reason) of those that could not be read.

    Of more than 5,000 findings the gravest are kept. Columns count characters, ends are exclusive.
    """
    every = list(found)
    kept = _gravest(every)
    notifications = [_unreadable(file, reason) for file, reason in unreadable]
    invocation = {
        "executionSuccessful": not notifications,
        "toolExecutionNotifications": notifications + _left_out(len(every) - len(kept)),
    }
    codes = sorted({diagnostic.code for diagnostic in kept})
    driver = {
        "name": "netspec",
        "semanticVersion": __version__,
        "rules": [_rule(code, CODES.get(code)) for code in codes],
        "notifications": [
            {"id": "unreadable", "shortDescription": {"text": "A file cannot be opened."}},
            {"id": "left-out", "shortDescription": {"text": "There are too many findings."}},
        ],
    }
    run = {
        "tool": {"driver": driver},
        "invocations": [invocation],
        "originalUriBaseIds": {_BASE: {"uri": Path.cwd().as_uri().rstrip("/") + "/"}},
        "columnKind": "unicodeCodePoints",
        "results": [_result(diagnostic, codes.index(diagnostic.code)) for diagnostic in kept],
    }
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _gravest(found: list[Diagnostic]) -> list[Diagnostic]:
    """The findings that fit into a run, in the order given."""
    if len(found) <= MAX_RESULTS:
        return found
    grave = {"error": 0, "warning": 1, "note": 2}
    ranked = sorted(range(len(found)), key=lambda at: grave[found[at].severity])
    return [found[at] for at in sorted(ranked[:MAX_RESULTS])]


def _result(diagnostic: Diagnostic, rule: int) -> dict[str, Any]:
    text = diagnostic.message + (f"\nhelp: {diagnostic.help}" if diagnostic.help else "")
    result = {
        "ruleId": diagnostic.code,
        "ruleIndex": rule,
        "level": diagnostic.severity,
        "message": _message(text),
        "locations": [{"physicalLocation": _place(diagnostic.span)}],
    }
    if diagnostic.notes:
        result["relatedLocations"] = [
            _related(number, note, diagnostic.span)
            for number, note in enumerate(diagnostic.notes, 1)
        ]
    return result


def _related(number: int, note: Note, default: Span) -> dict[str, Any]:
    place = _place(note.span or default)
    return {"id": number, "message": _message(note.message), "physicalLocation": place}


def _message(text: str) -> dict[str, str]:
    """A plain text message; what a viewer would take for a link (section 3.11.6) is escaped."""
    shown = "\n".join(map(printable, text.split("\n")))
    return {"text": shown.replace("[", "\\[") if "](" in shown else shown}


def _place(span: Span) -> dict[str, Any]:
    end_line, end_column = span.end_position
    region = {
        "startLine": span.line,
        "startColumn": span.column,
        "endLine": end_line,
        "endColumn": end_column,
    }
    return {"artifactLocation": artifact(span.source.name), "region": region}


def artifact(name: str) -> dict[str, str]:
    """The location of a file, relative to the working directory where there is a way."""
    path = from_here(name)
    if path is None:
        return {"uri": Path(name).as_uri()}
    return {"uri": quote(os.fsencode(path), safe="/"), "uriBaseId": _BASE}


def _rule(code: str, rule: Rule | None) -> dict[str, Any]:
    if rule is None:
        return {"id": code}
    examples = _listing(rule.failing), _listing(rule.fixed)
    return {
        "id": code,
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": rule.meaning},
        "help": {
            "text": _page(rule.meaning, *examples),
            "markdown": _page(rule.meaning, *map(_fenced, examples)),
        },
        "defaultConfiguration": {"level": rule.severity},
    }


def _page(meaning: str, failing: str, fixed: str) -> str:
    return f"{meaning}\n\nThis spec has it:\n\n{failing}\n\nThis one has not:\n\n{fixed}"


def _listing(file: bytes) -> str:
    """An example with what cannot be printed escaped, cut to what people read."""
    lines = file.decode("utf-8", "backslashreplace").splitlines()[:_LINES]
    return "\n".join(printable(line[:_WIDTH]) for line in lines)


def _fenced(text: str) -> str:
    return f"```yaml\n{text}\n```"


def _unreadable(file: str, reason: str) -> dict[str, Any]:
    return {
        "descriptor": {"id": "unreadable"},
        "level": "error",
        "message": _message(f"{file}: {reason}"),
        "locations": [{"physicalLocation": {"artifactLocation": artifact(file)}}],
    }


def _left_out(count: int) -> list[dict[str, Any]]:
    if not count:
        return []
    message = f"{count:,} further findings are left out: a run holds {MAX_RESULTS:,}"
    return [{"descriptor": {"id": "left-out"}, "level": "warning", "message": {"text": message}}]
