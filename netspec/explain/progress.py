"""How far something is that takes a while."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

#: Told how many parts of how many are done.
Progress: TypeAlias = Callable[[int, int], object]


def unheard(done: int, count: int) -> None:
    """Nobody is told."""


def within(progress: Progress, at: int, of: int) -> Progress:
    """The progress of one of several things of equal length, by its number from 0."""

    def part(done: int, count: int) -> None:
        progress(at * count + done, of * count)

    return part
