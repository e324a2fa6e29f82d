"""Names of a weight file's tensors -> ours: `--map` says them, `--show-mapping` shows them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from netspec.cli.option_group import with_options
from netspec.cli.weight_options import tell
from netspec.text.printable import printable

if TYPE_CHECKING:
    from netspec.graph.graph import Graph
    from netspec.weights.assigned import Assigned

_HEADER = ("file's tensor", "shape", "net's tensor")


def map_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """--map and --show-mapping."""
    options = (
        click.option(
            "--map",
            "map_file",
            type=click.Path(path_type=Path),
            metavar="FILE",
            help="YAML of `theirs: ours`, for names that do not tell which layer is meant.",
        ),
        click.option(
            "--show-mapping", is_flag=True, help="Print which tensor of the file is which."
        ),
    )
    return with_options(command, options)


def with_map(
    graph: Graph, weights: Path | None, map_file: Path | None
) -> tuple[Graph, Path | None]:
    """The graph and the weight file of the command line; with a map, a graph whose spec names both.

    UnusableError where the map cannot be read.
    """
    if map_file is None:
        return graph, weights
    from netspec.weights.mapfile import read_map

    said = graph.spec.weights
    path = weights or (said.path if said is not None else None)
    if path is None:
        raise click.UsageError("--map is for the names of a file: say which with --weights")
    spec = replace(graph.spec, weights=read_map(map_file, path))
    return replace(graph, spec=spec), None


def print_mapping(
    graph: Graph, weights: Path | None, allow_extra: bool, anew: Collection[str] = ()
) -> None:
    """The table on standard error; a line where the weights come from no file."""
    from netspec.analysis.columns import aligned
    from netspec.weights.values import FileValues, Renewed, choose_values

    values = choose_values(graph, weights, allow_extra=allow_extra, anew=anew, warn=tell)
    if isinstance(values, Renewed):
        values = values.given
    if not isinstance(values, FileValues):
        tell("no file of weights was given: there are no names to map")
        return
    for line in aligned([_HEADER, *_rows(graph, values.assigned)], (False, False, False)):
        click.echo(line, err=True)


def _rows(graph: Graph, assigned: Assigned) -> Iterator[tuple[str, str, str]]:
    """A row for each tensor of the net, in order of execution, and for each that is left out."""
    from netspec.layers import TensorType

    for ours, weight in graph.all_weights():
        if ours not in assigned.shapes:
            yield "(drawn anew)", str(TensorType(weight.shape)), printable(ours)
            continue
        there, here = assigned.shapes[ours], weight.shape
        shape = str(TensorType(there)) + (f" as {TensorType(here)}" if there != here else "")
        yield printable(assigned.theirs[ours]), shape, printable(ours)
    for name in assigned.extra:
        yield printable(name), "", "(left out)"
