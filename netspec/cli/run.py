"""`netspec run`: inference on pictures and arrays."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from netspec.cli import failure
from netspec.cli.failure import Failure
from netspec.cli.output import atomic, check_output
from netspec.cli.progress import Progress
from netspec.cli.specs import one_graph, set_option
from netspec.cli.table import print_results
from netspec.cli.weights import need, read_files, tell, tell_if_random, usable, weight_options
from netspec.text.printable import printable

if TYPE_CHECKING:
    from netspec.graph.graph import Graph
    from netspec.runtime.session import Session


@dataclass(frozen=True)
class Model:
    """What is run, and how; `graph` is None where `path` is a compiled model."""

    graph: Graph | None
    path: Path
    weights: Path | None
    seed: int | None
    allow_extra: bool
    device: str
    layers: tuple[str, ...]
    dtype: str

    @property
    def files(self) -> tuple[Path, ...]:
        """The files that are read for it."""
        if self.graph is None:
            return (self.path,)
        return read_files(str(self.path), self.graph, self.weights)

    def start(self) -> Session:
        """The session; what it runs on is said where `auto` chose."""
        from netspec.runtime.session import Session

        if self.graph is not None:
            tell_if_random(self.graph, self.weights, self.seed)
        session = Session(
            self.graph or self.path,
            weights=self.weights,
            seed=self.seed or 0,
            allow_extra=self.allow_extra,
            device=self.device,
            layers=self.layers,
            dtype=self.dtype,
            warn=tell,
        )
        if self.device == "auto":
            tell(f"running on {session.device}{session.because and f' ({session.because})'}")
        return session


def _device(context: click.Context, option: click.Parameter, value: str) -> str:
    kind, colon, index = value.partition(":")
    if value in ("auto", "cpu", "cuda") or (
        kind == "cuda" and colon and index.isdecimal() and len(index) < 5
    ):
        return value
    raise click.BadParameter(f"{value!r} is not one of auto, cpu, cuda, cuda:N.")


@click.command("run", short_help="Inference on images, .npy, .npz.")
@click.argument("model", metavar="SPEC|MODEL")
@click.argument("inputs", nargs=-1, required=True, metavar="INPUT...")
@click.option(
    "-o",
    "output",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Results: .npz, .npy, .csv, .json, .jsonl.",
)
@weight_options
@click.option(
    "--device",
    callback=_device,
    default="auto",
    metavar="DEVICE",
    help="auto, cpu, cuda or cuda:N (auto).",
)
@click.option(
    "--dtype",
    type=click.Choice(["float32", "float16"]),
    default="float32",
    help="Type of all tensors (float32).",
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
@set_option
def command(
    model: str,
    inputs: tuple[str, ...],
    output: Path | None,
    weights: Path | None,
    seed: int | None,
    allow_extra: bool,
    device: str,
    dtype: str,
    batch: int,
    top: int,
    layers: tuple[str, ...],
    settings: tuple[str, ...],
) -> int:
    """Run SPEC, or a compiled MODEL.onnx, on inputs.

    INPUT is a picture, a folder of pictures, or .npy or .npz with one sample or a batch
    (N, C, H, W). A net with several inputs takes .npz files with an array for each.
    """
    need("run", "numpy", "onnx", "onnxruntime", "PIL", "safetensors", "ml_dtypes")
    compiled = model.lower().endswith(".onnx")
    if compiled and (weights or settings or seed is not None or allow_extra or dtype != "float32"):
        raise click.UsageError(
            "a compiled model has its weights: no --weights, --seed, --allow-extra, --dtype, --set"
        )
    graph = None if compiled else one_graph(model, settings)
    subject = Model(graph, Path(model), weights, seed, allow_extra, device, layers, dtype)
    return _run(subject, inputs, output, batch, top)


def _run(model: Model, inputs: tuple[str, ...], output: Path | None, batch: int, top: int) -> int:
    from netspec.runtime.errors import RunError
    from netspec.runtime.pipeline import answer, find_inputs
    from netspec.runtime.results import Results, write_results

    failed: list[str] = []
    progress = Progress()

    def fail(message: str) -> None:
        progress.clear()
        failed.append(message)
        tell(message)

    with usable():
        files = find_inputs(inputs, tell)
        if output is not None:
            _check_output(output, (*model.files, *files), model.layers)
        session = model.start()
        try:
            answers = answer(session, files, batch, fail, progress.done)
        except RunError as error:
            raise Failure(str(error), code=failure.RUN_FAILED) from error
        finally:
            progress.clear()
    if answers is None:
        return failure.RUN_FAILED
    name = session.card.name or printable(model.path.name)
    results = Results(name, session.device, session.card.labels, answers, top)
    for trouble in results.not_finite():
        tell(trouble)
    if output is None:
        print_results(results)
    else:
        with atomic(output) as file:
            write_results(results, output.suffix.lower(), file)
    return failure.RUN_FAILED if failed else failure.OK


def _check_output(output: Path, sources: tuple[Path, ...], layers: tuple[str, ...]) -> None:
    from netspec.runtime.results import FORMATS, MANY

    suffix = output.suffix.lower()
    if suffix not in FORMATS:
        there = ", ".join(FORMATS)
        raise Failure(f"-o {printable(str(output))}: results are written as {there}")
    if layers and suffix not in MANY:
        raise Failure(f"{suffix} has no room for --layer; write {', '.join(MANY)}")
    check_output(output, sources)
