"""`netspec check`: shapes, parameters, MACs, memory, mistakes."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import click

from netspec import __version__
from netspec.analysis.check import Checked
from netspec.analysis.jsonreport import diagnostic_objects
from netspec.analysis.report import Report, graph_report, partial_report
from netspec.cli.failure import OK, REJECTED, UNUSABLE, highest
from netspec.cli.paint import paint
from netspec.cli.specs import Missing, load_specs, set_option
from netspec.layers import DTYPES
from netspec.text.printable import printable
from netspec.text.render import concise, render_all


@click.command("check")
@click.argument("specs", metavar="SPEC...", nargs=-1, required=True)
@click.option("--format", "form", type=click.Choice(["text", "concise", "json"]), default="text")
@click.option("--batch", type=click.IntRange(min=1), default=1, help="Samples at once.")
@click.option("--dtype", type=click.Choice(list(DTYPES)), default="float32", help="Element type.")
@click.option("--strict", is_flag=True, help="Warnings are errors.")
@set_option
def command(
    specs: tuple[str, ...],
    form: str,
    batch: int,
    dtype: str,
    strict: bool,
    settings: tuple[str, ...],
) -> int:
    """Shapes, parameters, MACs, memory and mistakes of each SPEC.

    SPEC is a file, a directory of *.yaml, - for standard input, or the name of a net of the zoo.
    """
    found: Iterable[Checked | Missing] = load_specs(specs, settings)
    if form == "json":
        found = list(found)
        document = json_document(found, batch, dtype)
        click.echo(json.dumps(document, indent=1))
        return highest(_outcome(item, strict) for item in found)
    codes: list[int] = []
    for item in found:
        if isinstance(item, Missing):
            click.echo(f"netspec: {item.file}: {item.message}", err=True)
        elif form == "concise":
            for diagnostic in item.diagnostics:
                click.echo(concise(diagnostic))
        else:
            _print_text(item, batch, dtype, first=not codes)
        codes.append(_outcome(item, strict))
    return highest(codes)


def _outcome(item: Checked | Missing, strict: bool) -> int:
    if isinstance(item, Missing):
        return UNUSABLE
    warned = any(d.severity == "warning" for d in item.diagnostics)
    return OK if item.ok and not (strict and warned) else REJECTED


def report_of(item: Checked, batch: int, dtype: str) -> Report:
    """The report of a checked spec, as far as it could be shaped."""
    if item.graph is not None:
        return graph_report(item.graph, batch, dtype)
    return partial_report(item.spec.name if item.spec else "", item.nodes, batch, dtype)


def json_document(found: Iterable[Checked | Missing], batch: int, dtype: str) -> dict[str, Any]:
    """The document of `--format json`."""
    specs, errors = [], []
    for item in found:
        if isinstance(item, Missing):
            errors.append({"file": item.file, "message": item.message})
            continue
        report = report_of(item, batch, dtype).to_json()
        report["name"] = printable(str(report["name"]))
        diagnostics = diagnostic_objects(item.diagnostics)
        specs.append({"file": printable(item.source.name), **report, "diagnostics": diagnostics})
    return {"netspec": __version__, "specs": specs, "errors": errors}


def _print_text(item: Checked, batch: int, dtype: str, first: bool) -> None:
    if not first:
        click.echo()
    report = report_of(item, batch, dtype)
    if report.rows:
        click.echo(str(report))
    if item.diagnostics:
        click.echo(("\n" if report.rows else "") + render_all(item.diagnostics, paint()))
    click.echo(_verdict(item), err=True) if item.diagnostics else None


def _verdict(item: Checked) -> str:
    counts = [
        f"{count} {severity}{'s' * (count != 1)}"
        for severity in ("error", "warning", "note")
        if (count := sum(d.severity == severity for d in item.diagnostics))
    ]
    return f"{printable(item.source.name)}: {', '.join(counts)}"
