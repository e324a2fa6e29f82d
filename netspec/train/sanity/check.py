"""What a check found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

#: The widest name of a check.
_WIDTH = len("loss at the start")
#: Names that are listed in full; of more than these so many, and the count of the others.
_LISTED, _SHOWN = 6, 4


@dataclass(frozen=True, slots=True)
class Check:
    """What was looked at, whether it is as it should be, and in words what was found: one line,
    with advice where it is not.
    """

    name: str
    ok: bool
    text: str

    def __str__(self) -> str:
        return f"{self.name:<{_WIDTH}}  {self.text}   {'ok' if self.ok else 'not ok'}"


def listed(names: Sequence[str]) -> str:
    """Names in words: all, or the first and how many more there are."""
    if len(names) > _LISTED:
        return f"{', '.join(names[:_SHOWN])} and {len(names) - _SHOWN} more"
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))
