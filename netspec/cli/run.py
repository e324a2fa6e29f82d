"""`netspec run`: inference on pictures and arrays."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from netspec.cli import failure
from netspec.cli.device_option import device_options
from netspec.cli.failure import Failure
from netspec.cli.mapping import map_options, print_mapping, with_map
from netspec.cli.progress import Progress
from netspec.cli.setting import set_option
from netspec.cli.subject import Subject
from netspec.cli.weight_options import (
    need,
    order_option,
    tell,
    tell_if_random,
    usable,
    weight_options,
)

if TYPE_CHECKING:
    from netspec.cli.sinks import Sink
    from netspec.runtime.finding import Inputs


def _dtype(context: click.Context, option: click.Parameter, value: str) -> str:
    """Not a `click.Choice`: a compiled model does without the layers, where the types stand."""
    if value != "float32":
        from netspec.layers import DTYPES

        if value not in DTYPES:
            raise click.BadParameter(f"{value!r} is not one of {', '.join(DTYPES)}.")
    return value


@click.command("run", short_help="Inference on images, .npy, .npz.")
@click.argument("model", metavar="SPEC|MODEL")
@click.argument("inputs", nargs=-1, required=True, metavar="INPUT...")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Results: .npz, .npy, .csv, .json, .jsonl.",
)
@click.option("--resume", is_flag=True, help="Go on with an -o FILE.csv or .jsonl that was begun.")
@weight_options
@map_options
@order_option
@device_options
@click.option(
    "--dtype",
    callback=_dtype,
    default="float32",
    metavar="[float32|float16|bfloat16]",
    help="Type of weights and arithmetic (float32).",
)
@click.option(
    "--batch",
    type=click.IntRange(min=1),
    default=16,
    metavar="N",
    help="Samples that run at a time (16).",
)
@click.option(
    "--top", type=click.IntRange(min=1), default=5, metavar="K", help="Classes to name (5)."
)
@click.option(
    "--layer", "layers", multiple=True, metavar="NAME", help="Also answer this layer's activation."
)
@click.option(
    "--on",
    type=click.Choice(["ray"]),
    help="Run on the Ray cluster of RAY_ADDRESS, or on one of this machine alone.",
)
@set_option
def command(
    model: str,
    inputs: tuple[str, ...],
    output: Path | None,
    resume: bool,
    weights: Path | None,
    seed: int | None,
    allow_extra: bool,
    map_file: Path | None,
    show_mapping: bool,
    flatten_order: str,
    device: str,
    dtype: str,
    tf32: bool,
    batch: int,
    top: int,
    layers: tuple[str, ...],
    on: str | None,
    settings: tuple[str, ...],
) -> int:
    """Run SPEC, or a compiled MODEL.onnx, on inputs.

    INPUT is a picture, a folder of pictures, or .npy or .npz with one sample or a batch
    (N, C, H, W). A net with several inputs takes .npz files with an array for each.

    A .csv or .jsonl grows while it runs, as FILE.part; a command that is interrupted or killed
    keeps it, and --resume goes on from there.
    """
    if resume and output is None:
        raise click.UsageError("--resume goes on with a file: say which with -o")
    compiled = model.lower().endswith(".onnx")
    other = (allow_extra, dtype, flatten_order) != (False, "float32", "CHW")
    other = other or map_file is not None or show_mapping
    if compiled and (weights or settings or seed is not None or other):
        raise click.UsageError(
            "a compiled model has its weights: no --weights, --seed, --allow-extra, "
            "--map, --show-mapping, --flatten-order, --dtype, --set"
        )
    need("run", "numpy", "onnxruntime", "PIL")
    if not compiled:
        need("run", "onnx", "ml_dtypes")
    graph = None
    if not compiled:
        from netspec.cli.specs import one_graph

        with usable():
            graph, weights = with_map(one_graph(model, settings), weights, map_file)
            if show_mapping:
                print_mapping(graph, weights, allow_extra)
    subject = Subject(
        graph,
        Path(model),
        weights,
        seed,
        allow_extra,
        device,
        layers,
        dtype,
        tf32,
        flatten_order,
    )
    return _run(subject, inputs, output, resume, batch, top, on)


def _run(
    subject: Subject,
    inputs: tuple[str, ...],
    output: Path | None,
    resume: bool,
    batch: int,
    top: int,
    on: str | None,
) -> int:
    from netspec.cli.sinks import choose_sink
    from netspec.runtime.errors import RunError
    from netspec.runtime.finding import find_inputs

    with usable():
        files = find_inputs(inputs, tell)
        read = (*subject.files, *files.named)
        with choose_sink(output, read, subject.layers, resume) as sink:
            try:
                failed = _answer(subject, files, batch, sink, top, on)
            except RunError as error:
                raise Failure(str(error), code=failure.RUN_FAILED) from error
    return failure.RUN_FAILED if failed or not sink.count else failure.OK


def _answer(
    subject: Subject, files: Inputs, batch: int, sink: Sink, top: int, on: str | None
) -> int:
    """Give the sink the answers for the files; how many inputs have none."""
    if subject.graph is not None:
        tell_if_random(subject.graph, subject.weights, subject.seed)
    # fewer than a batch would be computed as a whole one, on a GPU
    size = batch if len(files) >= batch else None
    if on is None:
        from netspec.runtime.pipeline import answers

        session = subject.start(size)
        about = subject.about(session.device, session.card, top)
    else:
        from netspec.runtime.cluster import answers_on_ray as answers

        session = subject.session(size)  # which starts there, on what this machine may not have
        about = subject.about(on, replace(subject, device="cpu").session(None).card, top)
    done = sink.begin(about, lambda: {"net": session.sha256, "--top": str(top)})
    progress = Progress(len(files) if files.one_each else None, len(done))
    failed = 0

    def fail(message: str) -> None:
        nonlocal failed
        failed += 1
        say(message)
        progress.done(1)

    def say(message: str) -> None:
        progress.clear()
        tell(message)

    try:
        with closing(answers(session, files, batch, fail, done.take)) as parts:
            for part in parts:
                for trouble in part.not_finite():
                    say(trouble)
                sink.add(part)
                progress.done(len(part.names))
    finally:
        progress.clear()
    if failed and failed + sink.count > 1:
        noun = "input" if failed == 1 else "inputs"
        tell(f"{failed:,} {noun} failed, {sink.count:,} answered")
    if sink.count:
        sink.finish()
    return failed
