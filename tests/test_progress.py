"""The line that says how far a long command has come."""

from __future__ import annotations

import io
from types import SimpleNamespace

import pytest

from netspec.cli.progress import Progress


class Terminal(io.StringIO):
    """A standard error that is a terminal, beside a clock that stands until it is turned."""

    now = 100.0

    def isatty(self) -> bool:
        return True

    def clock(self) -> float:
        return self.now

    def said(self) -> str:
        """What was written since the last time."""
        said = self.getvalue()
        self.seek(0)
        self.truncate()
        return said


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    made = Terminal()
    monkeypatch.setattr("netspec.cli.progress.sys", SimpleNamespace(stderr=made))
    return made


def test_it_is_silent_for_half_a_second(terminal: Terminal) -> None:
    progress = Progress(100, clock=terminal.clock)
    terminal.now += 0.4
    progress.done(16)
    progress.clear()
    assert terminal.said() == ""
    terminal.now += 0.4
    progress.done(16)
    assert terminal.said() == "\r32 of 100, 40/s, 2 s left\x1b[K"
    progress.done(16)  # not more often than the eye can follow
    assert terminal.said() == ""
    progress.clear()
    assert terminal.said() == "\r\x1b[K"


def test_it_is_for_terminals(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminal, "isatty", lambda: False)
    progress = Progress(100, clock=terminal.clock)
    terminal.now += 9
    progress.done(16)
    progress.clear()
    assert terminal.said() == ""


@pytest.mark.parametrize(
    ("total", "before", "done", "seconds", "line"),
    [
        (None, 0, 16, 10, "16 samples, 1.6/s"),
        (1_000_000, 0, 250_000, 3_000, "250,000 of 1,000,000, 83/s, 2 h 30 min left"),
        (1_000_000, 900_000, 50_000, 500, "950,000 of 1,000,000, 100/s, 8 min left"),
        (20, 0, 1, 4, "1 of 20, 0.25/s, 76 s left"),
    ],
)
def test_rate_and_time_left(
    terminal: Terminal, total: int | None, before: int, done: int, seconds: float, line: str
) -> None:
    progress = Progress(total, before, terminal.clock)
    terminal.now += seconds
    progress.done(done)
    assert terminal.said() == f"\r{line}\x1b[K"
