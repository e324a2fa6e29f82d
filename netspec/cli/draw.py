"""`netspec draw`: the diagram of a net."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from netspec.cli.failure import Failure
from netspec.cli.output import atomic, check_output
from netspec.cli.setting import set_option
from netspec.cli.specs import one_graph
from netspec.diagram import (
    DETAILS,
    DIRECTIONS,
    FORMATS,
    THEMES,
    WEIGHTS,
    DiagramError,
    Look,
    draw,
    draw_volumes,
)
from netspec.text.printable import printable

_LIST = ", ".join(FORMATS)
#: Options that say how layers are drawn as boxes, and mean nothing to tensors as solids.
_OF_LAYERS = {"detail": "--detail", "weigh": "--weigh", "source_url": "--source-url"}


class _Draw(click.Command):
    """A command whose `--unroll` may stand before SPEC, with a depth or without."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Write `--unroll` with a value that is no depth as `--unroll=all`."""
        for at, word in enumerate(args):
            if word == "--unroll" and not "".join(args[at + 1 : at + 2]).isdecimal():
                args[at] = "--unroll=all"
        return super().parse_args(ctx, args)


def _depth(context: click.Context, option: click.Parameter, value: str) -> int | None:
    if value == "all":
        return None
    if not value.isdecimal() or len(value) > 6:
        raise click.BadParameter(f"{value!r} is no number of levels, and not `all`.")
    return int(value)


def _address(context: click.Context, option: click.Parameter, value: str | None) -> str | None:
    if value is not None and not value.lower().startswith(("https://", "http://")):
        raise click.BadParameter(f"{value!r} does not begin with https:// or http://.")
    return value


@click.command(name="draw", cls=_Draw, short_help="Diagram: svg, png, pdf, dot, html.")
@click.argument("spec", metavar="SPEC")
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    help="FILE.svg, .png, .pdf, .dot or .html; `-` is standard output (NAME.svg here).",
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
@click.option(
    "--style",
    type=click.Choice(("layers", "volumes")),
    default="layers",
    help="Layers as boxes, or tensors as solids in proportion, as in papers (layers).",
)
@click.option("--theme", type=click.Choice(tuple(THEMES)), default="light", help="Colours (light).")
@click.option(
    "--dpi",
    type=click.IntRange(20, 1200),
    default=144,
    metavar="N",
    help="Resolution of a png, pixels per inch (144).",
)
@click.option(
    "--unroll",
    callback=_depth,
    default="0",
    metavar="[DEPTH]",
    help="Levels of repeats and blocks to draw as often as they run (all; 0 without it).",
)
@click.option(
    "--detail", type=click.Choice(DETAILS), default="some", help="How much layers say (some)."
)
@click.option(
    "--weigh",
    type=click.Choice((*WEIGHTS, "nothing")),
    default="params",
    help="Whose share the bars show (params).",
)
@click.option(
    "--source-url",
    callback=_address,
    metavar="URL",
    help="Where SPEC is on the web: layers link to its lines.",
)
@set_option
def command(
    spec: str,
    output: str | None,
    form: str | None,
    direction: str,
    style: str,
    theme: str,
    dpi: int,
    unroll: int | None,
    detail: str,
    weigh: str,
    source_url: str | None,
    settings: tuple[str, ...],
) -> None:
    """Draw the diagram of SPEC: layers with shapes and parameters, repeats and blocks as boxes.

    A repeat is drawn once with the values that vary, a block that occurs again once. The same SPEC
    gives the same bytes.
    """
    form = _format(output, form)
    if style == "volumes":
        _check_volumes()
    source = (Path(spec),) if spec != "-" else ()
    if output not in (None, "-"):
        check_output(Path(output), source)
    graph = one_graph(spec, settings)
    path = Path(output or f"{graph.name}.{form}")
    if output is None:
        check_output(path, source)
    bars = None if weigh == "nothing" else weigh
    look = Look(direction, THEMES[theme], unroll, detail, bars, source_url, _told("theme"))
    try:
        if style == "volumes":
            drawing = draw_volumes(graph, form, theme=look.theme, dpi=dpi, fold=unroll == 0)
        else:
            drawing = draw(graph, form, look, dpi=dpi)
    except DiagramError as error:
        raise Failure(error.message, help=error.help) from error
    if output == "-":
        _print(drawing, form)
        return
    with atomic(path) as file:
        file.write(drawing)
    click.echo(f"wrote {printable(str(path))}", err=True)


def _check_volumes() -> None:
    """Failure where an option is given that the style `volumes` has no use for."""
    context = click.get_current_context()
    given = (option for name, option in _OF_LAYERS.items() if _told(name))
    for option in given:
        raise Failure(f"{option} is for --style layers", help=f"leave {option} out")
    if _told("direction") and context.params["direction"] == "TB":
        raise Failure("--style volumes runs from left to right", help="leave --direction out")


def _told(name: str) -> bool:
    """Whether an option was given."""
    source = click.get_current_context().get_parameter_source(name)
    return source is not click.core.ParameterSource.DEFAULT


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
        help=f"end it in .svg, .png, .pdf, .dot or .html, or give --format: {_LIST}",
    )
