"""`netspec train`: weights from samples."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from netspec.cli.device_option import training_device
from netspec.cli.failure import RUN_FAILED, Failure
from netspec.cli.mapping import map_options
from netspec.cli.setting import set_option
from netspec.cli.specs import one_graph
from netspec.cli.train_flags import TrainCommand, as_flags, as_said, training_flags
from netspec.cli.weight_options import need, usable


@click.command("train", cls=TrainCommand, short_help="Weights from samples.")
@click.argument("spec")
@click.option(
    "-o",
    "output",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Where all that comes of it goes (NAME.train here).",
)
@training_flags
@click.option(
    "--weights",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Start from these weights: .safetensors, the .index.json of a sharded one, or .npz.",
)
@click.option(
    "--allow-extra", is_flag=True, help="Leave out tensors of FILE that the net does not have."
)
@map_options
@click.option(
    "--reinit",
    multiple=True,
    metavar="PATTERN",
    help="Draw these layers anew in spite of --weights: fc*, conv1..conv4 (repeatable).",
)
@click.option(
    "--freeze",
    multiple=True,
    metavar="PATTERN",
    help="Leave these layers as they are (repeatable).",
)
@training_device
@click.option("--sanity", is_flag=True, help="Only the checks that come before training.")
@click.option("--plot", is_flag=True, help="Draw curves.svg and confusion.svg.")
@click.option("--resume", is_flag=True, help="Go on with the run in the folder.")
@set_option
def command(
    spec: str,
    output: Path | None,
    weights: Path | None,
    allow_extra: bool,
    map_file: Path | None,
    show_mapping: bool,
    reinit: tuple[str, ...],
    freeze: tuple[str, ...],
    device: str,
    sanity: bool,
    plot: bool,
    resume: bool,
    settings: tuple[str, ...],
    **flags: Any,
) -> int:
    """Train SPEC as its `train:` section says; flags come before it, and --set before both.

    Its folder gets a checkpoint and a line of log.jsonl with each epoch, at the end
    weights.safetensors, the best by validation, else the last, and model.onnx.

    LOSS, OPTIMIZER, SCHEDULE and WAY are names, or mappings with options as in the spec:
    --optimizer '{name: adam, beta1: 0.8}'.
    """
    if sanity and (resume or plot or output):
        raise click.UsageError("--sanity trains nothing: no -o, no --plot, no --resume")
    if resume and (weights or map_file or reinit or allow_extra or show_mapping):
        raise click.UsageError(
            "--resume goes on with the weights of the run: no --weights, --map, --show-mapping, "
            "--allow-extra, --reinit"
        )
    need("train", "numpy", "onnx", "onnxruntime", "PIL", "ml_dtypes")
    from netspec.cli.train_folder import TrainFolder
    from netspec.cli.train_plan import Given, Plan, from_scratch, state_bytes
    from netspec.cli.train_run import check_only, train
    from netspec.runtime.errors import InputError, RunError

    graph = from_scratch(one_graph(spec, settings, as_flags(flags)))
    training = as_said(graph.spec.train, flags)
    given = Given(weights, map_file, show_mapping, allow_extra, reinit)
    folder = TrainFolder(output or Path(f"{graph.name}.train"))
    with usable():
        try:
            if not sanity:
                folder.check((Path(spec), *given.files), resume=resume, plot=plot)
                folder.refuse_full(state_bytes(graph, training))
            if plot:
                from netspec.plots.sheet import need_plot

                need_plot()
            plan = Plan.of(graph, training, device, freeze)
            if sanity:
                return check_only(plan, given)
            return train(plan, given, folder, resume=resume, plot=plot)
        except InputError as error:
            raise Failure(str(error)) from error
        except RunError as error:
            raise Failure(str(error), code=RUN_FAILED) from error
