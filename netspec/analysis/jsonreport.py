"""The report as the object of `netspec check --format json` (a stable contract)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from netspec.analysis.breakdown import Part, by_kind, by_stage, shares, together
from netspec.analysis.report import Report
from netspec.text.diagnostics import Diagnostic, Note
from netspec.text.printable import printable
from netspec.text.source import Span

if TYPE_CHECKING:
    from netspec.analysis.receptive import Field
    from netspec.analysis.training import Training


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
                **_field(row.field),
                "line": row.line,
                "column": row.column,
            }
            for row in report.rows
        ],
        "totals": asdict(report.totals),
        "peak": {"layer": report.peak_layer, "tensors": _tensors(report.peak_tensors)},
        "breakdown": {
            "kinds": list(_parts("kind", by_kind(report.rows))),
            "stages": list(_parts("stage", by_stage(report.rows))),
        },
        "training": _training(report.training) if report.training else None,
    }


def _field(field: Field | None) -> dict[str, Any]:
    """The receptive field of a layer; null without an area, and the place of a vector's is null."""
    if field is None:
        return {"receptive_field": None, "receptive_stride": None, "receptive_padding": None}
    stride = [int(s) if s == int(s) else float(s) for s in field.stride] if field.stride else None
    padding = list(field.padding) if field.padding else None
    size = list(field.size)
    return {"receptive_field": size, "receptive_stride": stride, "receptive_padding": padding}


def _tensors(tensors: Iterable[tuple[str, int]]) -> list[dict[str, Any]]:
    return [{"name": name, "bytes": nbytes} for name, nbytes in tensors]


def _parts(what: str, parts: tuple[Part, ...]) -> Iterator[dict[str, Any]]:
    """The costs of each group, and what share of the net's they are."""
    whole = together("all", parts)
    for part in parts:
        costs = {name: value for name, value in asdict(part).items() if name != "name"}
        yield {what: part.name or None, **costs, "shares": shares(part, whole)}


def _training(training: Training) -> dict[str, Any]:
    """The object of `--train`: what stays, what is kept, and the peaks."""
    return {
        "optimizer": training.optimizer,
        "weight_bytes": training.weight_bytes,
        "gradient_bytes": training.gradient_bytes,
        "state_bytes": training.state_bytes,
        "buffer_bytes": training.buffer_bytes,
        "input_bytes": training.input_bytes,
        "saved_for_backward_bytes": training.saved_for_backward_bytes,
        "peak_forward_backward_bytes": training.peak_forward_backward_bytes,
        "peak_at": training.peak_at,
        "first_step_bytes": training.total_bytes,
        "later_steps_bytes": training.run_bytes,
        "kept": [
            {"name": tensor.name, "bytes": tensor.nbytes, "why": tensor.why}
            for tensor in training.kept
        ],
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
