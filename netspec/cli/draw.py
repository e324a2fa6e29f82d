"""`netspec draw`: the diagram of a net."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from netspec.cli.failure import Failure
from netspec.cli.output import atomic, check_output
from netspec.cli.specs import one_graph, set_option
from netspec.diagram import DIRECTIONS, FORMATS, THEMES, DiagramError, draw
from netspec.text.printable import printable

_LIST = ", ".join(FORMATS)


@click.command(name="draw", short_help="Diagram: svg, png, pdf, dot.")
@click.argument("spec", metavar="SPEC")
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    help="FILE.svg, .png, .pdf or .dot; `-` is standard output (NAME.svg here).",
)
@click.option(
    "--format", "form", type=click.Choice(FORMATS), help="Format, where FILE does not say it."
)
@click.option(
    "--direction",
    type=click.Choice(DIRECTIONS, case_sensitive=False),
    default="TB",
    metavar="[TB|LR]",
    help="Top to bottom or left to right (TB).",
)
@click.option("--theme", type=click.Choice(tuple(THEMES)), default="light", help="Colours (light).")
@click.option(
    "--dpi",
    type=click.IntRange(20, 1200),
    default=144,
    metavar="N",
    help="Resolution of a png, pixels per inch (144).",
)
@set_option
def command(
    spec: str,
    output: str | None,
    form: str | None,
    direction: str,
    theme: str,
    dpi: int,
    settings: tuple[str, ...],
) -> None:
    """Draw the diagram of SPEC: layers with shapes and parameters, repeats and blocks as boxes."""
    form = _format(output, form)
    source = (Path(spec),) if spec != "-" else ()
    if output not in (None, "-"):
        check_output(Path(output), source)
    graph = one_graph(spec, settings)
    path = Path(output or f"{graph.name}.{form}")
    if output is None:
        check_output(path, source)
    try:
        drawing = draw(graph, form, direction=direction, theme=THEMES[theme], dpi=dpi)
    except DiagramError as error:
        raise Failure(error.message, help=error.help) from error
    if output == "-":
        _print(drawing, form)
        return
    with atomic(path) as file:
        file.write(drawing)
    click.echo(f"wrote {printable(str(path))}", err=True)


def _print(drawing: bytes, form: str) -> None:
    if sys.stdout is None:
        raise Failure("standard output is closed")
    if sys.stdout.isatty() and form in ("png", "pdf"):
        raise Failure(f"standard output is a terminal, which shows no {form}", help="-o FILE")
    sys.stdout.buffer.write(drawing)


def _format(output: str | None, form: str | None) -> str:
    """The format that -o and --format ask for; Failure where they say none, or two."""
    if output is None:
        return form or "svg"
    if output == "-":
        if form is None:
            raise Failure("-o - needs --format", help=f"one of {_LIST}")
        return form
    suffix = Path(output).suffix[1:].lower()
    if suffix in FORMATS and form in (None, suffix):
        return suffix
    if suffix in FORMATS:
        raise Failure(f"-o {printable(output)} and --format {form} disagree")
    if form is not None:
        return form
    raise Failure(
        f"-o {printable(output)} does not say a format that can be drawn",
        help=f"end it in .svg, .png, .pdf or .dot, or give --format: {_LIST}",
    )
