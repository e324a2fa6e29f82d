"""The bound on the search: names and shapes come from strangers."""

from __future__ import annotations


class TooManyStepsError(Exception):
    """The search was given up: the names leave too much open."""


class Steps:
    """So many steps are left."""

    def __init__(self, most: int) -> None:
        self._left = most

    def take(self, count: int = 1) -> None:
        """Count steps; TooManyStepsError where there are no more."""
        self._left -= count
        if self._left < 0:
            raise TooManyStepsError
