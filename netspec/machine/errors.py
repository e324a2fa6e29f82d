"""Why a file or this machine cannot serve."""

from __future__ import annotations

from pathlib import Path

from netspec.text.printable import printable


class UnusableError(Exception):
    """A weight file, a model, a device or a disk cannot be used.

    The message says what is wrong and names the file; `help` says what to do.
    """

    def __init__(self, message: str, help: str | None = None) -> None:
        super().__init__(message)
        self.message, self.help = message, help


def refuse_no_file(path: Path) -> None:
    """UnusableError, naming it, where nothing or no plain file is at a path."""
    if not path.is_file():
        reason = "not a file" if path.exists() else "no such file"
        raise UnusableError(f"{printable(str(path))}: {reason}")
