"""`netspec compile`: an ONNX model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from netspec.cli.failure import Failure
from netspec.cli.mapping import map_options, print_mapping, with_map
from netspec.cli.output import check_output
from netspec.cli.setting import set_option
from netspec.cli.specs import one_graph
from netspec.cli.weight_options import (
    need,
    order_option,
    read_files,
    tell,
    tell_if_random,
    usable,
    weight_options,
)
from netspec.layers import DTYPES
from netspec.text.printable import printable

if TYPE_CHECKING:
    from netspec.cli.models import Made
    from netspec.onnxgen.program import Program
    from netspec.weights.values import Values


@click.command("compile", short_help="ONNX model.")
@click.argument("spec")
@click.option(
    "-o",
    "output",
    type=click.Path(path_type=Path),
    metavar="MODEL.onnx",
    help="The model (NAME.onnx here).",
)
@click.option(
    "--triton",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Put it into a model repository of Triton Inference Server.",
)
@weight_options
@map_options
@order_option
@click.option(
    "--dtype",
    type=click.Choice([*DTYPES, "int8"]),
    default="float32",
    help="Type of weights and arithmetic (float32).",
)
@click.option(
    "--calibrate",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="Samples for int8: a folder of pictures, or .npy or .npz.",
)
@click.option(
    "--batch",
    type=click.IntRange(min=1),
    metavar="N",
    help="A fixed batch size (a symbolic axis N).",
)
@click.option(
    "--no-optimise",
    "as_written",
    is_flag=True,
    help="Keep each layer's nodes and result.",
)
@click.option(
    "--grad",
    "grads",
    multiple=True,
    metavar="NAME",
    help="Also answer the gradient of an input, a layer or a tensor (conv1.weight).",
)
@click.option("--grad-of", metavar="NAME", help="Of which output or layer gradients are (output).")
@click.option("--opset", type=int, metavar="N", help="Version of the ONNX operators (21).")
@set_option
def command(
    spec: str,
    output: Path | None,
    triton: Path | None,
    weights: Path | None,
    seed: int | None,
    allow_extra: bool,
    map_file: Path | None,
    show_mapping: bool,
    flatten_order: str,
    dtype: str,
    calibrate: Path | None,
    batch: int | None,
    as_written: bool,
    grads: tuple[str, ...],
    grad_of: str | None,
    opset: int | None,
    settings: tuple[str, ...],
) -> int:
    """Compile SPEC to an ONNX model.

    Weights are those of --weights, else of the spec's `weights:`, else random. The same input gives
    the same bytes. Above 1.5 GB the weights go to MODEL.onnx.data beside the model.

    With --grad the model takes dL/d(output) as `output.grad`, of a scalar L that is yours to
    choose, and answers dL/d(NAME) as `NAME.grad`.
    """
    if output and triton:
        raise click.UsageError("-o names a file and --triton a repository; give one of them")
    if (dtype == "int8") != (calibrate is not None):
        what = "int8 needs samples, float16 and bfloat16 none"
        raise click.UsageError(f"--dtype int8 and --calibrate go together: {what}")
    if grad_of and not grads:
        raise click.UsageError("--grad-of needs --grad NAME, which says of what by what")
    if grads and (calibrate or triton or as_written):
        raise click.UsageError("--grad goes with no int8, no --triton and no --no-optimise")
    need("compile", "numpy", "onnx", "ml_dtypes")
    if calibrate:
        need("compile", "onnxruntime", "PIL")
    from netspec.onnxgen.build import build
    from netspec.onnxgen.target import Target
    from netspec.weights.values import choose_values

    with usable():
        target = Target.choose(opset, batch, "float32" if calibrate else dtype)
        graph, weights = with_map(one_graph(spec, settings), weights, map_file)
    read = (*read_files(spec, graph, weights), *(path for path in (map_file, calibrate) if path))
    place = _Place(output, triton, graph.name, read)
    with usable():
        if grads:
            from netspec.autodiff.gradient import gradient_program

            program = gradient_program(graph, grad_of or "output", grads, target)
        else:
            program = build(graph, target, optimised=not as_written)
        place.check_room(program.nbytes)
        values = choose_values(
            graph,
            weights,
            seed or 0,
            allow_extra=allow_extra,
            flatten_order=flatten_order,
            warn=tell,
        )
        tell_if_random(graph, weights, seed)
        if show_mapping:
            print_mapping(graph, weights, allow_extra)
        place.write(_made(program, values, calibrate), program)
    return 0


def _made(program: Program, values: Values, calibrate: Path | None) -> Made:
    from netspec.cli.models import Streamed

    if calibrate is None:
        return Streamed(program, values)
    from netspec.cli.calibrate import quantise

    return quantise(program, values, calibrate)


class _Place:
    """Where the model goes: a file, or a repository.  What cannot be written is refused at once."""

    def __init__(
        self, output: Path | None, triton: Path | None, name: str, sources: tuple[Path, ...]
    ) -> None:
        from netspec.cli.models import check_repository

        self._path, self._said = output or Path(f"{name}.onnx"), output is not None
        self._repository, self._sources = triton, sources
        if triton is not None:
            check_repository(triton, name)
        else:
            check_output(self._path, sources)
            if self._path.suffix.lower() != ".onnx":
                shown = printable(str(self._path))
                raise Failure(f"-o {shown}: a model is a file that ends in .onnx")

    def check_room(self, nbytes: int) -> None:
        """UnusableError where the disk has no room."""
        from netspec.machine.resources import refuse_on_disk

        place = self._repository or self._path
        refuse_on_disk(nbytes, place if place.is_dir() else place.parent)

    def write(self, made: Made, program: Program) -> None:
        """Write all of it or nothing; where it went is said unless the command line did."""
        from netspec.cli.models import data_path, is_large, write_files, write_repository

        if self._repository is not None:
            write_repository(made, program, self._repository)
            return
        if is_large(made):
            check_output(data_path(self._path), self._sources)
        write_files(made, self._path)
        if not self._said:
            tell(f"wrote {printable(str(self._path))}")
