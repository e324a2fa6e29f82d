"""Files that a command writes: whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from netspec.cli.failure import Failure
from netspec.cli.weight_options import usable
from netspec.machine import files
from netspec.text.printable import printable


@contextmanager
def atomic(path: Path) -> Iterator[IO[bytes]]:
    """`machine.files.atomic`; Failure (exit 2) where the place cannot be written."""
    with atomic_files(path) as (file,):
        yield file


@contextmanager
def atomic_files(*paths: Path) -> Iterator[tuple[IO[bytes], ...]]:
    """`machine.files.atomic_files`; Failure (exit 2) where a place cannot be written."""
    with usable(), files.atomic_files(*paths) as opened:
        yield opened


def check_output(path: Path, sources: tuple[Path, ...] = (), option: str = "-o") -> None:
    """Failure (exit 2) where `path`, given by `option`, is no file, lies in no folder, or is one of
    the files that are read.
    """
    if path.is_dir():
        raise Failure(f"{printable(str(path))} is a folder; {option} takes a file")
    if path.exists() and not path.is_file():
        raise Failure(f"{printable(str(path))} is no regular file; {option} takes a file")
    if not path.parent.is_dir():
        raise Failure(
            f"cannot write {printable(str(path))}: there is no folder {printable(str(path.parent))}"
        )
    for source in sources:
        if path.exists() and source.exists() and path.samefile(source):
            raise Failure(
                f"{option} {printable(str(path))} would overwrite what is read; choose another name"
            )
