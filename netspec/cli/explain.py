"""`netspec explain`: pictures of what a net sees."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from netspec.cli.explain_options import explain_options
from netspec.cli.explain_places import FORMATS
from netspec.cli.failure import RUN_FAILED, Failure
from netspec.cli.mapping import map_options, print_mapping, with_map
from netspec.cli.setting import set_option
from netspec.cli.specs import one_graph
from netspec.cli.weight_options import (
    are_random,
    need,
    order_option,
    read_files,
    tell,
    tell_if_random,
    usable,
    weight_options,
)


@click.command("explain", short_help="Pictures of what a net sees.")
@click.argument("spec")
@click.argument("images", nargs=-1, metavar="[IMAGE]...")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE|FOLDER",
    help="FILE.png, .svg, .npy, .html, or a folder (IMAGE.METHOD.png here).",
)
@click.option(
    "--format", "form", type=click.Choice(FORMATS), help="Format, where -o does not say it (png)."
)
@explain_options
@weight_options
@map_options
@order_option
@set_option
def command(
    spec: str,
    images: tuple[str, ...],
    output: Path | None,
    form: str | None,
    weights: Path | None,
    seed: int | None,
    allow_extra: bool,
    map_file: Path | None,
    show_mapping: bool,
    flatten_order: str,
    device: str,
    batch: int,
    settings: tuple[str, ...],
    **said: Any,
) -> int:
    """Draw what SPEC sees of each IMAGE: a picture, a folder of pictures, or .npy or .npz.

    A page, -o report.html, has all methods unless some are named; of several pictures it is an
    index. The methods filters and maximize need no IMAGE, and dissect looks at all of them
    together. The raw numbers of a method are its .npy.
    """
    need("explain", "numpy", "onnx", "onnxruntime", "PIL", "ml_dtypes")
    from netspec.cli.explain_plan import Plan
    from netspec.cli.explain_run import run
    from netspec.explain.net import Net
    from netspec.runtime.errors import InputError, RunError
    from netspec.weights.values import choose_values

    with usable():
        graph, chosen = with_map(one_graph(spec, settings), weights, map_file)
        if show_mapping:
            print_mapping(graph, chosen, allow_extra)
        values = choose_values(
            graph,
            chosen,
            seed or 0,
            allow_extra=allow_extra,
            flatten_order=flatten_order,
            warn=tell,
        )
        try:
            net = Net(graph, values, device, batch=batch)
            note = f"random weights, seed {seed or 0}" if are_random(graph, chosen) else ""
            plan = Plan.of(net, images, output, form, said, note)
            mapped = () if map_file is None else (map_file,)
            plan.place.check((*read_files(spec, graph, chosen), *mapped, *plan.named))
            tell_if_random(graph, chosen, seed)
            if device == "auto":
                tell(f"running on {net.device}")
            return run(net, plan)
        except InputError as error:
            raise Failure(str(error)) from error
        except RunError as error:
            raise Failure(str(error), code=RUN_FAILED) from error
