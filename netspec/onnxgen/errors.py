"""Why a file or this machine cannot serve."""

from __future__ import annotations


class UnusableError(Exception):
    """A weight file, a model, a device or a disk cannot be used.

    The message says what is wrong and names the file; `help` says what to do.
    """

    def __init__(self, message: str, help: str | None = None) -> None:
        super().__init__(message)
        self.message, self.help = message, help
