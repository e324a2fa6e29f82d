"""`netspec schema`: the JSON Schema of a spec."""

from __future__ import annotations

import json

import click


@click.command("schema")
def command() -> None:
    """The JSON Schema of a spec, draft-07, which editors read.

    Name it in a spec's first line: # yaml-language-server: $schema=netspec-1.schema.json
    """
    from netspec.layers.schema import spec_schema

    click.echo(json.dumps(spec_schema(), indent=2))
