"""SPEC arguments: files, directories, standard input, nets of the shipped zoo, and `--set`."""

from __future__ import annotations

import os
import re
import stat
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import click

from netspec.analysis.check import Checked, check_bytes
from netspec.cli.failure import REJECTED, Failure
from netspec.cli.not_specs import refused_file, refused_folder
from netspec.cli.paint import paint
from netspec.graph import Graph
from netspec.text.diagnostics import SpecError
from netspec.text.document import read_document
from netspec.text.limits import MAX_FILE_BYTES
from netspec.text.nearest import nearest
from netspec.text.printable import printable
from netspec.text.render import render_all
from netspec.text.shipped import shipped, zoo
from netspec.text.source import Source
from netspec.text.tree import Tree

_PATH = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_]+)*")


@dataclass(frozen=True)
class Missing:
    """A SPEC that cannot be opened."""

    file: str
    message: str


class Flag(NamedTuple):
    """An option of a command that overrides the value at a path of the document."""

    name: str
    path: str
    value: str


def load_specs(
    arguments: Iterable[str], settings: tuple[str, ...] = (), flags: tuple[Flag, ...] = ()
) -> Iterator[Checked | Missing]:
    """Each spec that the arguments mean, checked; one that cannot be opened stops no other.

    `settings` are those of `--set`, which come after flags.
    """
    overrides = {flag.path: _value(flag) for flag in (*flags, *map(_setting, settings))}
    for argument in arguments:
        for path in _paths(argument):
            if isinstance(path, Missing):
                yield path
                continue
            try:
                yield _checked(path, argument, overrides)
            except OSError as error:
                reason = error.strerror or str(error)
                yield Missing(printable(str(path)), reason)


def one_graph(argument: str, settings: tuple[str, ...] = (), flags: tuple[Flag, ...] = ()) -> Graph:
    """The graph of the one spec that an argument means; its findings are printed on standard error.

    Failure with exit code 1 where it is rejected, 2 where it cannot be opened or is several.
    """
    (found, *others) = list(load_specs([argument], settings, flags))
    if others:
        raise Failure(f"{printable(argument)} holds several specs; name one")
    if isinstance(found, Missing):
        raise Failure(f"{found.file}: {found.message}")
    if found.diagnostics:
        click.echo(render_all(found.diagnostics, paint(err=True)), err=True)
    if found.graph is None:
        raise Failure(f"{printable(found.source.name)} was rejected", code=REJECTED)
    return found.graph


def _paths(argument: str) -> Iterator[Path | Missing]:
    path = Path(argument)
    if argument == "-":
        yield path
    elif path.is_dir():
        found = sorted(path.glob("*.yaml"))
        yield from found
        if not found:
            yield Missing(printable(argument), refused_folder(path))
    elif not os.path.lexists(path) and argument in zoo():
        yield shipped("specs") / f"{argument}.yaml"
    elif os.path.lexists(path):
        yield path
    else:
        near = nearest(argument, zoo()) if "/" not in argument else None
        hint = f"; did you mean `{near}`, a net of the zoo?" if near else ""
        yield Missing(printable(argument), f"no such file{hint}")


def _checked(path: Path, argument: str, overrides: dict[str, Tree]) -> Checked:
    if argument == "-":
        return check_bytes(sys.stdin.buffer.read(MAX_FILE_BYTES + 1), "<stdin>", Path(), overrides)
    if reason := refused_file(path):
        raise OSError(None, reason)
    mode = path.stat().st_mode
    if not stat.S_ISREG(mode):
        raise OSError(None, "not a regular file")
    with path.open("rb") as file:
        data = file.read(MAX_FILE_BYTES + 1)
    zoo_file = path.parent == shipped("specs") and not Path(argument).exists()
    name = f"specs/{path.name}" if zoo_file else str(path)
    return check_bytes(data, name, path.parent, overrides)


def _setting(said: str) -> Flag:
    path, equals, value = said.partition("=")
    if not equals or not _PATH.fullmatch(path):
        raise click.UsageError(
            f"--set takes PATH=VALUE, such as input=3x32x32, found {printable(said)!r}"
        )
    return Flag(f"--set {path}", path, value)


def _value(flag: Flag) -> Tree:
    try:
        return read_document(Source(flag.name, flag.value or "''"))[0]
    except SpecError as error:
        click.echo(render_all(error.diagnostics, paint(err=True)), err=True)
        raise Failure(f"{flag.name}: the value cannot be read") from None
