"""Files that are written whole or not at all."""

from __future__ import annotations

import os
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from netspec.machine.errors import UnusableError
from netspec.text.printable import printable


@contextmanager
def atomic(path: Path) -> Iterator[IO[bytes]]:
    """A binary file that becomes `path` when the block ends well, and vanishes when it does not.

    It is written beside `path`, flushed to the disk, then renamed, so that an older file is never
    harmed. UnusableError where the place cannot be written.
    """
    with atomic_files(path) as (file,):
        yield file


@contextmanager
def atomic_files(*paths: Path) -> Iterator[tuple[IO[bytes], ...]]:
    """Files that become `paths` in turn, all or none of them, as `atomic` does with one."""
    parts = [_Part(path, alone=len(paths) == 1) for path in paths]
    placed = False
    try:
        yield tuple([part.open() for part in parts])
        for part in parts:
            part.finish()
        for part in parts:
            part.take_place()
        placed = True
    except OSError as error:
        raise unwritable(paths[-1], error) from error
    finally:
        for part in reversed(parts):
            if not placed:
                part.undo()
            part.clear()


class _Part:
    """A file on its way to its place.

    Its names are known before any file bears them, and taken away at the latest when the process
    ends: an interrupt leaves none behind, at whatever moment.
    """

    def __init__(self, path: Path, alone: bool) -> None:
        # short enough where letters take four bytes
        stem = f".{path.name[:40]}.{os.urandom(8).hex()}"
        self._path, self._alone = path, alone
        self._new, self._old = path.with_name(f"{stem}.part"), path.with_name(f"{stem}.old")
        self._file: IO[bytes] | None = None
        self._clear = weakref.finalize(self, _remove, self._new, self._old)

    def open(self) -> IO[bytes]:
        """The file, which none but we can open."""
        self._file = open(self._new, "xb", opener=_private)  # noqa: SIM115  # `finish` closes it
        return self._file

    def finish(self) -> None:
        """Bring all of it to the disk."""
        assert self._file is not None
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._new.chmod(mode_for(self._path))

    def take_place(self) -> None:
        """Replace what stands there; where there are other parts it is kept until they do too."""
        if not self._alone and self._path.exists():
            try:
                self._old.hardlink_to(self._path)
            except OSError:  # a file system without links
                self._path.replace(self._old)
        self._new.replace(self._path)

    def undo(self) -> None:
        """Put back what stood there; where even that fails it stays beside its place."""
        if self._file is None or self._alone:
            return
        try:
            if self._old.exists():
                self._old.replace(self._path)
            elif not self._new.exists():  # it took its place, and nothing had stood there
                self._path.unlink()
        except OSError:
            self._clear.detach()
            self._clear = weakref.finalize(self, _remove, self._new)

    def clear(self) -> None:
        """Take away what is left over."""
        if self._file is not None:
            with suppress(OSError):
                self._file.close()
        waiting = self._clear.peek()
        if waiting is not None:
            _remove(*waiting[2])
            self._clear.detach()  # not before: what interrupts this is made good at the end


def _remove(*paths: Path) -> None:
    for path in paths:
        with suppress(OSError):
            path.unlink()


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def mode_for(path: Path) -> int:
    """The mode of the file that is replaced, or what the umask gives a new one."""
    if path.exists():
        return path.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def unwritable(path: Path, error: OSError) -> UnusableError:
    """Why a file was not written."""
    return UnusableError(f"cannot write {printable(str(path))}: {error.strerror or error}")
