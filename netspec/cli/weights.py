"""`netspec weights`: the tensors that a spec needs, and files of seeded ones."""

from __future__ import annotations

import json
from pathlib import Path

import click

from netspec import __version__
from netspec.analysis.columns import aligned
from netspec.analysis.units import nbytes
from netspec.cli.output import atomic, check_output
from netspec.cli.setting import set_option
from netspec.cli.specs import one_graph
from netspec.cli.weight_options import need, read_files, tell, usable
from netspec.graph import Graph
from netspec.layers import TensorType, Weight
from netspec.text.printable import printable

_HEADER = ("tensor", "shape", "role", "memory")


@click.command("weights")
@click.argument("spec")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    help="How the list is written.",
)
@click.option(
    "--init",
    "output",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write random ones instead, to a .safetensors or .npz file.",
)
@click.option(
    "--seed", type=click.IntRange(min=0), metavar="N", help="The seed of those of --init (0)."
)
@set_option
def command(
    spec: str, form: str, output: Path | None, seed: int | None, settings: tuple[str, ...]
) -> None:
    """List the tensors that SPEC needs: name, shape, role, bytes in float32.

    Those of --init are random by He et al. 2015 for layers that a rectifier follows, by Glorot &
    Bengio 2010 otherwise; the same seed gives the same bytes.
    """
    if output is None and seed is not None:
        raise click.UsageError("--seed is that of --init")
    graph = one_graph(spec, settings)
    if output is not None:
        _write(graph, output, seed or 0, read_files(spec, graph, None))
    elif form == "json":
        click.echo(_json(graph))
    else:
        click.echo(_table(graph))


def _write(graph: Graph, path: Path, seed: int, sources: tuple[Path, ...]) -> None:
    need("weights --init", "numpy")
    from netspec.machine.resources import refuse_on_disk
    from netspec.weights.initial import Seeded
    from netspec.weights.writing import WRITERS, write_weights

    suffix = path.suffix.lower()
    if suffix not in WRITERS:
        raise click.UsageError(f"--init writes {' or '.join(WRITERS)}, not {printable(str(path))}")
    check_output(path, sources, "--init")
    total = _totals(graph)["bytes"]
    with usable():
        refuse_on_disk(total, path.parent)
        with atomic(path) as file:
            write_weights(graph, Seeded(graph, seed), suffix, file)
    tell(f"wrote {printable(str(path))}: random weights of seed {seed}, {nbytes(total)}")


def _table(graph: Graph) -> str:
    rows = [
        (printable(name), str(TensorType(weight.shape)), weight.role, nbytes(_nbytes(weight)))
        for name, weight in graph.all_weights()
    ]
    lines = list(aligned([_HEADER, *rows], (False, False, False, True)))
    rule = "-" * max(map(len, lines))
    totals = _totals(graph)
    state = totals["state"]
    running = f", {state:,} running statistics" if state else ""
    last = (
        f"{totals['tensors']:,} tensor{'s' * (totals['tensors'] != 1)}: "
        f"{totals['params']:,} parameters{running}, {nbytes(totals['bytes'])} in float32"
    )
    return "\n".join([lines[0], rule, *lines[1:], rule, last])


def _json(graph: Graph) -> str:
    tensors = [
        {
            "name": name,
            "shape": weight.shape,
            "role": weight.role,
            "learned": weight.learned,
            "bytes": _nbytes(weight),
        }
        for name, weight in graph.all_weights()
    ]
    found = {"netspec": __version__, "name": graph.name, "dtype": "float32", "tensors": tensors}
    return json.dumps(found | {"totals": _totals(graph)}, indent=1)


def _totals(graph: Graph) -> dict[str, int]:
    """Tensors, the elements that training learns and the others, and the bytes of all."""
    found = [weight for _, weight in graph.all_weights()]
    learned = sum(map(graph.params, graph.nodes))
    return {
        "tensors": len(found),
        "params": learned,
        "state": sum(weight.numel for weight in found) - learned,
        "bytes": sum(map(_nbytes, found)),
    }


def _nbytes(weight: Weight) -> int:
    return TensorType(weight.shape).nbytes
