"""`netspec layers`: the reference of the layer kinds, from the registry."""

from __future__ import annotations

import inspect

import click

from netspec.cli.failure import Failure
from netspec.layers import REGISTRY
from netspec.layers.reference import meant_kind, signature, table
from netspec.text.printable import printable


@click.command("layers")
@click.argument("kind", required=False)
def command(kind: str | None) -> None:
    """All layer kinds, or one KIND: its shape law, its hyperparameters and their defaults."""
    if kind is None:
        width = max(map(len, REGISTRY))
        for keyword, layer in REGISTRY.items():
            first = (inspect.getdoc(layer) or "").split("  ")[0].splitlines()[0]
            click.echo(f"{keyword:<{width}}  {first}")
        return
    keyword = kind.upper()
    if keyword not in REGISTRY:
        near = meant_kind(kind) or "`netspec layers` lists them all"
        raise Failure(f"there is no layer kind {printable(kind)}", help=near)
    layer = REGISTRY[keyword]
    click.echo(f"{signature(layer)}\n\n{inspect.getdoc(layer)}")
    if rows := table(layer):
        click.echo("\n" + rows)
