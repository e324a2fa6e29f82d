"""Work that is done again whenever a file is saved."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NoReturn

import click

from netspec.cli.paint import paint
from netspec.text.printable import printable
from netspec.text.render import plain

#: Seconds between two looks at the files: soon enough to feel immediate, rare enough to cost
#: nothing.
_INTERVAL = 0.2
#: Seconds in which a file that changed must not change again: editors save in several steps.
_QUIET = 0.05
#: How often that is waited for: a file may be written without end.
_PATIENCE = 20
#: Erase the screen and what has scrolled away, cursor to the top.
_CLEAR = "\x1b[2J\x1b[3J\x1b[H"

#: Time of change, size and number of each file; None for one that is not there.
_State = dict[Path, tuple[int, int, int] | None]


def watch(arguments: Iterable[str], draw: Callable[[], object]) -> NoReturn:
    """Draw, and draw again after every change of the files, until interrupted.

    A folder is watched for *.yaml that come and go. A file that vanishes, or that is half-written,
    is drawn as it is, and again when that changes.
    """
    named = [Path(argument) for argument in arguments]
    seen = _state(named)
    while True:
        _redraw(draw, sum(state is not None for state in seen.values()))
        while (now := _state(named)) == seen:
            time.sleep(_INTERVAL)
        seen = _settled(named, now)


def _redraw(draw: Callable[[], object], count: int) -> None:
    if sys.stdout is not None and sys.stdout.isatty() and paint() is not plain:
        sys.stdout.write(_CLEAR)
    try:
        draw()
    except OSError as error:
        if error.filename is None:  # of standard output
            raise
        click.echo(f"netspec: {printable(str(error.filename))}: {error.strerror}", err=True)
    if sys.stdout is not None:
        sys.stdout.flush()
    files = f"{count} file{'s' * (count != 1)}"
    click.echo(f"netspec: watching {files}; Ctrl-C ends", err=True)


def _settled(named: list[Path], state: _State) -> _State:
    """The files' state when it has stopped changing, or after a while."""
    for _ in range(_PATIENCE):
        time.sleep(_QUIET)
        before, state = state, _state(named)
        if state == before:
            break
    return state


def _state(named: list[Path]) -> _State:
    return {path: _stamp(path) for path in _files(named)}


def _files(named: list[Path]) -> Iterator[Path]:
    for path in named:
        try:
            inside = list(path.glob("*.yaml")) if path.is_dir() else None
        except OSError:  # it vanishes as we look
            inside = None
        yield from [path] if inside is None else inside


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except (OSError, ValueError):
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
