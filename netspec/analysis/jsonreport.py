"""The report as the object of `netspec check --format json` (a stable contract)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from netspec.analysis.report import Report
from netspec.text.diagnostics import Diagnostic, Note
from netspec.text.printable import printable
from netspec.text.source import Span


def report_object(report: Report) -> dict[str, Any]:
    """The facts of a report."""
    return {
        "name": report.name,
        "ok": report.complete,
        "batch": report.batch,
        "dtype": report.dtype,
        "inputs": {name: list(shape) for name, shape in report.inputs.items()},
        "outputs": {name: list(shape) for name, shape in report.outputs.items()},
        "layers": [
            {
                "name": row.name,
                "kind": row.kind,
                "inputs": list(row.inputs),
                "shape": list(row.shape),
                "params": row.params,
                "macs": row.macs,
                "activation_bytes": row.activation_bytes,
                "receptive_field": list(row.receptive_field) if row.receptive_field else None,
                "line": row.line,
                "column": row.column,
            }
            for row in report.rows
        ],
        "totals": asdict(report.totals),
    }


def diagnostic_objects(diagnostics: Iterable[Diagnostic]) -> list[dict[str, Any]]:
    """Diagnostics in the order given."""
    return [
        {
            "code": d.code,
            "severity": d.severity,
            "message": printable(d.message),
            **_place(d.span),
            "end_line": d.span.end_position[0],
            "end_column": d.span.end_position[1],
            "help": printable(d.help) if d.help else None,
            "notes": [_note(note, d.span) for note in d.notes],
        }
        for d in diagnostics
    ]


def _note(note: Note, default: Span) -> dict[str, Any]:
    return {"message": printable(note.message), **_place(note.span or default)}


def _place(span: Span) -> dict[str, Any]:
    return {"file": printable(span.source.name), "line": span.line, "column": span.column}
