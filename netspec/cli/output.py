"""Files that a command writes: whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from netspec.cli.failure import Failure
from netspec.text.printable import printable


@contextmanager
def atomic(path: Path) -> Iterator[IO[bytes]]:
    """A binary file that becomes `path` when the block ends well, and vanishes when it does not.

    It is written beside `path`, flushed to the disk, then renamed, so that an older file is never
    harmed. Failure (exit 2) where the place cannot be written.
    """
    try:
        handle, name = tempfile.mkstemp(
            prefix=f".{path.name[:80]}.", suffix=".part", dir=path.parent
        )
    except OSError as error:
        raise _unwritable(path, error) from error
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(_mode(path))
        Path(name).replace(path)
    except BaseException as error:
        with suppress(OSError):
            Path(name).unlink()
        if isinstance(error, OSError):
            raise _unwritable(path, error) from error
        raise


def check_output(path: Path, sources: tuple[Path, ...] = ()) -> None:
    """Failure (exit 2) where `path` is no file, lies in no folder, or is one of the files that are
    read.
    """
    if path.is_dir():
        raise Failure(f"{printable(str(path))} is a folder; -o takes a file")
    if path.exists() and not path.is_file():
        raise Failure(f"{printable(str(path))} is no regular file; -o takes a file")
    if not path.parent.is_dir():
        raise Failure(
            f"cannot write {printable(str(path))}: there is no folder {printable(str(path.parent))}"
        )
    for source in sources:
        if path.exists() and source.exists() and path.samefile(source):
            raise Failure(
                f"-o {printable(str(path))} would overwrite what is read; choose another name"
            )


def _mode(path: Path) -> int:
    """The mode of the file that is replaced, or what the umask gives a new one."""
    if path.exists():
        return path.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def _unwritable(path: Path, error: OSError) -> Failure:
    return Failure(f"cannot write {printable(str(path))}: {error.strerror or error}")
