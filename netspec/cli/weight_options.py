"""What commands that need weights share: their options, the libraries they need, their failures."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from netspec.cli.failure import Failure
from netspec.cli.option_group import with_options

if TYPE_CHECKING:
    from netspec.graph.graph import Graph

#: The lines that install what `compile` and `run` need.
INSTALL = """one of these installs it
      pip install 'netspec-compiler[cpu]'
      pip install 'netspec-compiler[gpu]'   # with an NVIDIA GPU"""


def weight_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """--weights, --seed and --allow-extra."""
    options = (
        click.option(
            "--weights",
            type=click.Path(path_type=Path),
            metavar="FILE",
            help="Learned tensors: .safetensors, the .index.json of a sharded one, or .npz.",
        ),
        click.option(
            "--seed",
            type=click.IntRange(min=0),
            metavar="N",
            help="Random weights of this seed (0), where there are no others.",
        ),
        click.option(
            "--allow-extra", is_flag=True, help="Leave out tensors that the net does not have."
        ),
    )
    return with_options(command, options)


def order_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """--flatten-order."""
    option = click.option(
        "--flatten-order",
        type=click.Choice(["CHW", "HWC"]),
        default="CHW",
        help="How the net that the weights come from flattens; HWC in TensorFlow (CHW).",
    )
    return option(command)


def need(command: str, *modules: str) -> None:
    """Failure (exit 2) where libraries of an extra are missing, with what installs them."""
    for module in modules:
        try:
            importlib.import_module(module)
        except ImportError as error:
            raise Failure(f"`{command}` needs {module}: {error}", help=INSTALL) from error


@contextmanager
def usable() -> Iterator[None]:
    """Failure (exit 2) for files, devices and disks that cannot serve."""
    from netspec.machine.errors import UnusableError

    try:
        yield
    except UnusableError as error:
        raise Failure(error.message, help=error.help) from error


def tell(message: str) -> None:
    """A line on stderr."""
    click.echo(f"netspec: {message}", err=True)


def tell_if_random(graph: Graph, weights: Path | None, seed: int | None) -> None:
    """Say that the weights are random, where nobody gave any."""
    if are_random(graph, weights):
        tell(f"no weights were given: they are random (seed {seed or 0})")


def are_random(graph: Graph, weights: Path | None) -> bool:
    """Whether neither the command line nor the spec names weights."""
    return weights is None and graph.spec.weights is None


def read_files(argument: str, graph: Graph, weights: Path | None) -> tuple[Path, ...]:
    """The files that a command reads, none of which its output may overwrite."""
    said = graph.spec.weights.path if graph.spec.weights is not None else None
    named = [path for path in (weights, said) if path is not None]
    shards = [
        shard
        for path in named
        if path.name.lower().endswith(".index.json")
        for shard in path.parent.glob("*.safetensors")
    ]
    return (Path(argument), *named, *shards)
