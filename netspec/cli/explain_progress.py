"""How far the pictures of a net have come: a line that moves on a terminal."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable

from netspec.cli.progress import INTERVAL, PATIENCE, duration, show


class ExplainProgress:
    """On a terminal's stderr, from half a second on: what is looked at, and how far that is."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._words = clock, ""
        self._started = self._since = self._last = clock()
        self._shown = False

    def begin(self, words: str) -> None:
        """Something is looked at, which is called so."""
        self._words, self._since = words, self._clock()
        self._show(words)

    def done(self, done: int, count: int) -> None:
        """So much of it is done."""
        left = (self._clock() - self._since) * (count - done) / done if done else 0.0
        self._show(f"{self._words}, {done:,} of {count:,}, {duration(left)} left")

    def clear(self) -> None:
        """Take the line away."""
        if self._shown:
            show("")
            self._shown = False

    def _show(self, line: str) -> None:
        now = self._clock()
        early = now < self._started + PATIENCE or (self._shown and now < self._last + INTERVAL)
        if early or not sys.stderr.isatty():
            return
        self._last, self._shown = now, True
        show(line[: shutil.get_terminal_size().columns - 1])
