"""The formats of `netspec check`.  Each takes answers as they come and writes them.

Findings go to standard output; what cannot be opened, and summaries, to standard error.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import click

from netspec import __version__
from netspec.cli.answers import Answer
from netspec.cli.paint import paint
from netspec.cli.specs import Missing
from netspec.text.diagnostics import Diagnostic
from netspec.text.printable import printable
from netspec.text.render import concise, render_all

if TYPE_CHECKING:
    from netspec.cli.fit import Fit

Answers = Iterable[Answer | Missing]


def _text(answers: Answers) -> None:
    for number, item in enumerate(answers):
        if isinstance(item, Missing):
            _say_missing(item)
            continue
        parts = [str(item.report)] if item.report.rows or item.report.unshaped else []
        if item.own_training is not None:
            parts[0] += f"\n\n{item.own_training}"
        if item.fit is not None:
            parts[0] += f"\n{item.fit}"
        if item.checked.diagnostics:
            parts.append(render_all(item.checked.diagnostics, paint()))
        if parts:
            click.echo(("\n" if number else "") + "\n\n".join(parts))
        if item.checked.diagnostics:
            click.echo(_verdict(item), err=True)


def _concise(answers: Answers) -> None:
    for item in answers:
        if isinstance(item, Missing):
            _say_missing(item)
            continue
        for diagnostic in item.checked.diagnostics:
            click.echo(concise(diagnostic))
        _say_fit(item)


def _json(answers: Answers) -> None:
    click.echo(json.dumps(json_document(answers), indent=1))


def _sarif(answers: Answers) -> None:
    from netspec.analysis.sarif import sarif_log

    found: list[Diagnostic] = []
    unreadable: list[tuple[str, str]] = []
    for item in answers:
        if isinstance(item, Missing):
            _say_missing(item)
            unreadable.append((item.file, item.message))
        else:
            found.extend(item.checked.diagnostics)
            _say_fit(item)
    click.echo(json.dumps(sarif_log(found, unreadable), indent=1))


def _github(answers: Answers) -> None:
    from netspec.analysis.github import annotation, file_annotation

    for item in answers:
        if isinstance(item, Missing):
            click.echo(file_annotation(item.file, item.message))
            continue
        for diagnostic in item.checked.diagnostics:
            click.echo(annotation(diagnostic))
        if item.fit is not None and not item.fit.fits:
            click.echo(file_annotation(item.file, str(item.fit)))


#: By the word of `--format`.
FORMATS: Mapping[str, Callable[[Answers], None]] = {
    "text": _text,
    "concise": _concise,
    "json": _json,
    "sarif": _sarif,
    "github": _github,
}


def json_document(answers: Answers) -> dict[str, Any]:
    """The document of `--format json`."""
    from netspec.analysis.jsonreport import diagnostic_objects

    specs, errors = [], []
    for item in answers:
        if isinstance(item, Missing):
            errors.append({"file": item.file, "message": item.message})
            continue
        report = item.report.to_json()
        report["name"] = printable(str(report["name"]))
        spec: dict[str, Any] = {"file": item.file, **report}
        if item.own_training is not None:
            spec["training"]["netspec_train"] = item.own_training.to_json()
        if item.fit is not None:
            spec["fits"] = _fit_object(item.fit)
        spec["diagnostics"] = diagnostic_objects(item.checked.diagnostics)
        specs.append(spec)
    return {"netspec": __version__, "specs": specs, "errors": errors}


def _fit_object(fit: Fit) -> dict[str, Any]:
    return {
        "ok": fit.fits,
        "budget_bytes": fit.budget,
        "needed_bytes": fit.needed,
        "largest_batch": fit.largest,
        "optimizer": fit.optimizer,
    }


def _say_missing(item: Missing) -> None:
    click.echo(f"netspec: {item.file}: {item.message}", err=True)


def _say_fit(item: Answer) -> None:
    if item.fit is not None:
        click.echo(f"{item.file}: {item.fit}", err=True)


def _verdict(item: Answer) -> str:
    counts = [
        f"{count} {severity}{'s' * (count != 1)}"
        for severity in ("error", "warning", "note")
        if (count := sum(d.severity == severity for d in item.checked.diagnostics))
    ]
    return f"{item.file}: {', '.join(counts)}"
