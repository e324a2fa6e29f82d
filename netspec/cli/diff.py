"""`netspec diff`: what changed between two nets, and what it costs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from netspec import __version__
from netspec.analysis.check import Checked
from netspec.analysis.diff import diff_graphs
from netspec.analysis.diff.costs import CostedDiff
from netspec.analysis.diff.jsonform import diff_object
from netspec.analysis.diff.text import diff_text
from netspec.analysis.jsonreport import diagnostic_objects
from netspec.cli.failure import OK, REJECTED, UNUSABLE, Failure, highest
from netspec.cli.output import atomic, check_output
from netspec.cli.paint import paint
from netspec.cli.specs import Missing, load_specs
from netspec.diagram import (
    DIRECTIONS,
    PICTURES,
    THEMES,
    DiagramError,
    Look,
    difference_dot,
    lay_out,
)
from netspec.layers import DTYPES
from netspec.text.printable import printable
from netspec.text.render import render_all

_SUFFIXES = "|".join(PICTURES)


@click.command("diff")
@click.argument("left", metavar="SPEC")
@click.argument("right", metavar="SPEC")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
@click.option("--draw", "drawn", is_flag=True, help="Also draw both nets in one picture, to -o.")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), metavar="FILE", help=f"FILE.{_SUFFIXES}."
)
@click.option(
    "--direction",
    type=click.Choice(DIRECTIONS, case_sensitive=False),
    default="TB",
    metavar="[TB|LR]",
    help="Top to bottom or left to right (TB).",
)
@click.option("--theme", type=click.Choice(tuple(THEMES)), default="light", help="Colours (light).")
@click.option("--batch", type=click.IntRange(min=1), default=1, help="Samples at once.")
@click.option("--dtype", type=click.Choice(list(DTYPES)), default="float32", help="Element type.")
def command(
    left: str,
    right: str,
    form: str,
    drawn: bool,
    output: Path | None,
    direction: str,
    theme: str,
    batch: int,
    dtype: str,
) -> int:
    """What changed from the first SPEC to the second, and what each change costs.

    With --draw, both are aligned in one picture besides.

    The exit code is 0 where the nets are the same, 1 where they differ or one is rejected, 2 where
    one cannot be opened. SPEC is a file, - for standard input, or the name of a net of the zoo.
    """
    if left == right == "-":
        raise click.UsageError("only one of the two specs can come from standard input")
    if drawn != (output is not None):
        raise click.UsageError("--draw and -o FILE go together")
    if output is not None:
        _check_picture(output, (Path(left), Path(right)))
    found = _one(left), _one(right)
    costed = _costed(*found, batch, dtype)
    if form == "json":
        click.echo(json.dumps(_document(found, costed), indent=1))
    elif costed is not None:
        click.echo(diff_text(costed, paint()))
    _complain(found)
    if costed is not None and output is not None:
        _draw(costed, output, Look(direction, THEMES[theme]))
    if costed is None:
        return highest(UNUSABLE if isinstance(item, Missing) else REJECTED for item in found)
    return OK if costed.diff.same else REJECTED


def _one(argument: str) -> Checked | Missing:
    found = list(load_specs([argument]))
    if len(found) != 1:
        raise Failure(f"{printable(argument)} holds several specs; name one")
    return found[0]


def _costed(
    left: Checked | Missing, right: Checked | Missing, batch: int, dtype: str
) -> CostedDiff | None:
    """The difference; None where one of the two is no net."""
    if isinstance(left, Missing) or isinstance(right, Missing):
        return None
    if left.graph is None or right.graph is None:
        return None
    return CostedDiff(diff_graphs(left.graph, right.graph), batch, dtype)


def _check_picture(output: Path, sources: tuple[Path, ...]) -> None:
    if output.suffix[1:].lower() not in PICTURES:
        raise Failure(f"-o {printable(str(output))}: differences are drawn as {_SUFFIXES}")
    check_output(output, sources)


def _draw(costed: CostedDiff, output: Path, look: Look) -> None:
    try:
        drawing = lay_out(difference_dot(costed, look), output.suffix[1:].lower())
    except DiagramError as error:
        raise Failure(error.message, help=error.help) from error
    with atomic(output) as file:
        file.write(drawing)
    click.echo(f"wrote {printable(str(output))}", err=True)


def _complain(found: tuple[Checked | Missing, ...]) -> None:
    """What makes a spec no net; warnings are `check`'s to give."""
    for item in found:
        if isinstance(item, Missing):
            click.echo(f"netspec: {item.file}: {item.message}", err=True)
        elif item.graph is None:
            click.echo(render_all(item.diagnostics, paint(err=True)), err=True)
            click.echo(f"netspec: {printable(item.source.name)} was rejected", err=True)


def _document(found: tuple[Checked | Missing, ...], costed: CostedDiff | None) -> dict[str, Any]:
    """The document of `--format json`; `diff` is null where one of the two is no net."""
    specs, errors = [], []
    for item in found:
        if isinstance(item, Missing):
            errors.append({"file": item.file, "message": item.message})
        else:
            diagnostics = diagnostic_objects(item.diagnostics)
            file = printable(item.source.name)
            specs.append({"file": file, "ok": item.graph is not None, "diagnostics": diagnostics})
    diff = diff_object(costed) if costed is not None else None
    return {"netspec": __version__, "diff": diff, "specs": specs, "errors": errors}
