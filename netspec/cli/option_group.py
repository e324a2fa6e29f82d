"""Options that several commands take together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

Decorated: TypeAlias = Callable[..., Any]


def with_options(
    command: Decorated, options: Sequence[Callable[[Decorated], Decorated]]
) -> Decorated:
    """The command with options, which its help lists in their order."""
    for option in reversed(options):
        command = option(command)
    return command
