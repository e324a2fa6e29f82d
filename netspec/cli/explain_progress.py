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
        self._started = self._last = clock()
        self._first: tuple[float, int, int] | None = None
        self._last_done = 0
        self._shown = False

    def begin(self, words: str) -> None:
        """Something is looked at, which is called so."""
        self._words, self._first = words, None
        self._show(words)

    def done(self, done: int, count: int) -> None:
        """So much of it is done, or of a further part of it. What is left is told from the second
        step on: the first one waits for a model to be made.
        """
        now = self._clock()
        if self._first is None or done < self._last_done or count != self._first[2]:
            self._first = now, done, count
        self._last_done = done
        since, before, _ = self._first
        pace = (now - since) / (done - before) if done > before else None
        left = f", {duration(pace * (count - done))} left" if pace is not None else ""
        self._show(f"{self._words}, {done:,} of {count:,}{left}")

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
