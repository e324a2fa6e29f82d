"""`netspec bench`: how fast a net runs, and how much memory it takes."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from netspec import __version__
from netspec.cli import failure
from netspec.cli.device_option import device_options
from netspec.cli.failure import Failure
from netspec.cli.mapping import map_options, print_mapping, with_map
from netspec.cli.setting import set_option
from netspec.cli.weight_options import (
    need,
    order_option,
    tell,
    tell_if_random,
    usable,
    weight_options,
)
from netspec.layers import DTYPES

if TYPE_CHECKING:
    from netspec.bench.figures import Conditions, Subject
    from netspec.graph.graph import Graph
    from netspec.runtime.session import Session


@click.command("bench", short_help="Latency, throughput, measured memory.")
@click.argument("model", metavar="SPEC|MODEL")
@weight_options
@map_options
@order_option
@device_options
@click.option(
    "--dtype",
    type=click.Choice(list(DTYPES)),
    default="float32",
    help="Type of weights and arithmetic (float32).",
)
@click.option(
    "--batch",
    type=click.IntRange(min=1),
    default=1,
    metavar="N",
    help="Samples that run at a time (1).",
)
@click.option(
    "--seconds",
    type=click.FloatRange(min=0, min_open=True, max=3600),
    default=3.0,
    metavar="S",
    help="How long is timed, for each that is compared (3); ten runs at least.",
)
@click.option(
    "--compare",
    is_flag=True,
    help="Also time ONNX Runtime as it comes, PyTorch and torch.compile, in turn.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    help="Form of the results (text).",
)
@set_option
def command(
    model: str,
    weights: Path | None,
    seed: int | None,
    allow_extra: bool,
    map_file: Path | None,
    show_mapping: bool,
    flatten_order: str,
    device: str,
    tf32: bool,
    dtype: str,
    batch: int,
    seconds: float,
    compare: bool,
    form: str,
    settings: tuple[str, ...],
) -> int:
    """Measure SPEC, or a compiled MODEL.onnx, on random inputs.

    Latency is that of a batch whose inputs and outputs stay on the device. The arithmetic is held
    against products of large matrices on the same device; a net in 16 bits against float32.
    """
    compiled = model.lower().endswith(".onnx")
    given = (weights, settings, seed is not None, allow_extra, map_file, show_mapping)
    if compiled and (any(given) or dtype != "float32" or flatten_order != "CHW"):
        raise click.UsageError(
            "a compiled model has its weights: no --weights, --seed, --allow-extra, "
            "--map, --show-mapping, --flatten-order, --dtype, --set"
        )
    need("bench", "numpy", "onnx", "onnxruntime", "ml_dtypes")
    from netspec.bench.figures import Conditions, measure
    from netspec.bench.jsonform import figures_object
    from netspec.bench.text import figures_text
    from netspec.onnxgen.reading import computed_in
    from netspec.runtime.device import Device
    from netspec.runtime.errors import RunError

    if compiled:
        subject = _compiled(Path(model))
    else:
        from netspec.cli.specs import one_graph

        with usable():
            graph, weights = with_map(one_graph(model, settings), weights, map_file)
            if show_mapping:
                print_mapping(graph, weights, allow_extra)
        tell_if_random(graph, weights, seed)
        how: dict[str, Any] = {"weights": weights, "seed": seed or 0, "allow_extra": allow_extra}
        subject = _spec(graph, {**how, "flatten_order": flatten_order, "warn": tell})
    with usable():
        if compiled:
            dtype = computed_in(Path(model))
    conditions = Conditions(Device.parse(device), dtype, batch, tf32, seconds)
    with usable():
        try:
            figures = measure(subject, conditions, compare, _say)
        except RunError as error:
            raise Failure(str(error), code=failure.RUN_FAILED) from error
    if device == "auto":
        tell(f"running on {figures.conditions.device}{figures.because and f' ({figures.because})'}")
    if form == "json":
        click.echo(json.dumps({"netspec": __version__, **figures_object(figures)}, indent=1))
    else:
        click.echo(figures_text(figures))
    return failure.OK


def _spec(graph: Graph, how: dict[str, Any]) -> Subject:
    """A net with the weights that `choose_values` finds so."""
    from netspec.bench.figures import Subject
    from netspec.runtime.session import Session
    from netspec.weights.values import choose_values

    def open_session(at: Conditions) -> Session:
        return Session(
            graph, device=str(at.device), dtype=at.dtype, tf32=at.tf32, batch=at.batch, **how
        )

    return Subject(graph.name, open_session, graph, lambda: choose_values(graph, **how))


def _compiled(path: Path) -> Subject:
    from netspec.bench.figures import Subject
    from netspec.runtime.session import Session

    def open_session(at: Conditions) -> Session:
        return Session(path, device=str(at.device), tf32=at.tf32, batch=at.batch)

    return Subject(path.name, open_session, file=path)


def _say(what: str) -> None:
    """A line of progress, where someone looks on."""
    if sys.stderr.isatty():
        tell(what)
