"""`netspec compile`: an ONNX model."""

from __future__ import annotations

from pathlib import Path

import click

from netspec.cli.output import atomic, atomic_files, check_output
from netspec.cli.specs import one_graph, set_option
from netspec.cli.weights import need, read_files, tell, tell_if_random, usable, weight_options
from netspec.layers import DTYPES
from netspec.text.printable import printable


@click.command("compile", short_help="ONNX model.")
@click.argument("spec")
@click.option(
    "-o",
    "output",
    type=click.Path(path_type=Path),
    metavar="MODEL.onnx",
    help="The model (NAME.onnx here).",
)
@weight_options
@click.option(
    "--dtype",
    type=click.Choice(list(DTYPES)),
    default="float32",
    help="Type of all tensors (float32).",
)
@click.option(
    "--batch",
    type=click.IntRange(min=1),
    metavar="N",
    help="A fixed batch size (a symbolic axis N).",
)
@click.option("--opset", type=int, metavar="N", help="Version of the ONNX operators (21).")
@set_option
def command(
    spec: str,
    output: Path | None,
    weights: Path | None,
    seed: int | None,
    allow_extra: bool,
    dtype: str,
    batch: int | None,
    opset: int | None,
    settings: tuple[str, ...],
) -> int:
    """Compile SPEC to an ONNX model.

    Weights are those of --weights, else of the spec's `weights:`, else random. The same input gives
    the same bytes. Above 1.5 GB the weights go to MODEL.onnx.data beside the model.
    """
    need("compile", "numpy", "onnx", "safetensors", "ml_dtypes")
    from netspec.machine.resources import refuse_on_disk
    from netspec.onnxgen.build import build
    from netspec.onnxgen.model import EXTERNAL_ABOVE, write_model
    from netspec.onnxgen.target import Target
    from netspec.weights.values import choose_values

    with usable():
        target = Target.choose(opset, batch, dtype)
    graph = one_graph(spec, settings)
    path = output or Path(f"{graph.name}.onnx")
    check_output(path, read_files(spec, graph, weights))
    with usable():
        program = build(graph, target)
        nbytes = program.nbytes
        refuse_on_disk(nbytes, path.parent)
        values = choose_values(graph, weights, seed or 0, allow_extra=allow_extra, warn=tell)
        tell_if_random(graph, weights, seed)
        if nbytes <= EXTERNAL_ABOVE:
            with atomic(path) as file:
                write_model(program, values, file)
        else:
            data_path = path.with_name(path.name + ".data")
            check_output(data_path, read_files(spec, graph, weights))
            with atomic_files(data_path, path) as (data, file):
                write_model(program, values, file, (data_path.name, data))
    if output is None:
        tell(f"wrote {printable(str(path))}")
    return 0
