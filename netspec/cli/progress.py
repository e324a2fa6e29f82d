"""How far a long command has come."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

#: Seconds before a line is shown, and between two of them.
PATIENCE, INTERVAL = 0.5, 0.1


class Progress:
    """A line on a terminal's stderr, from half a second on: how many samples are through, how many
    a second, and how long the rest will take.

    `total` is None where nobody knows; of it, `before` were through when the command began.
    """

    def __init__(
        self, total: int | None, before: int = 0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._total, self._before, self._clock = total, before, clock
        self._count = 0
        self._started = clock()
        self._next = self._started + PATIENCE
        self._shown = False

    def done(self, count: int) -> None:
        """So many more samples are through."""
        self._count += count
        now = self._clock()
        if now >= self._next and sys.stderr.isatty():
            self._next = now + INTERVAL
            self._shown = True
            show(self._line(now - self._started))

    def clear(self) -> None:
        """Take the line away."""
        if self._shown:
            show("")
            self._shown = False

    def _line(self, seconds: float) -> str:
        through, rate = self._before + self._count, self._count / seconds
        if self._total is None:
            return f"{through:,} samples, {_rate(rate)}"
        left = (self._total - through) / rate if rate else 0.0
        return f"{through:,} of {self._total:,}, {_rate(rate)}, {duration(left)} left"


def show(line: str) -> None:
    """A line in place of the one that is shown."""
    sys.stderr.write(f"\r{line}\x1b[K")  # click.echo would take the sequence for colour
    sys.stderr.flush()


def _rate(rate: float) -> str:
    return f"{rate:.0f}/s" if rate >= 10 else f"{rate:.2g}/s"


def duration(seconds: float) -> str:
    """`12 s`, `4 min`, `2 h 40 min`."""
    minutes = round(seconds / 60)
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"
