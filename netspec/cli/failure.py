"""Why a command fails, and the exit code that says so."""

from __future__ import annotations

from collections.abc import Iterable

#: Exit codes of the contract.
OK, REJECTED, UNUSABLE, RUN_FAILED, BUG, INTERRUPTED, PIPE_CLOSED, TERMINATED = (
    0,
    1,
    2,
    3,
    101,
    130,
    141,
    143,
)


class Failure(Exception):
    """A command cannot go on.  The message says what is wrong; `help` what to do; `code` is the
    exit code.
    """

    def __init__(self, message: str, *, help: str | None = None, code: int = UNUSABLE) -> None:
        super().__init__(message)
        self.message, self.help, self.code = message, help, code


def highest(codes: Iterable[int]) -> int:
    """The exit code of several outcomes: the highest wins."""
    return max(codes, default=OK)
