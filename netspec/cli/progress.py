"""How far a long command has come."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field

import click


@dataclass
class Progress:
    """A line on a terminal's stderr, from half a second on."""

    started: float = field(default_factory=time.monotonic)
    shown: bool = False

    def done(self, count: int) -> None:
        """So many samples are through."""
        if sys.stderr.isatty() and time.monotonic() - self.started > 0.5:
            self.shown = True
            click.echo(f"\r{count} samples", nl=False, err=True)

    def clear(self) -> None:
        """Take the line away."""
        if self.shown:
            click.echo("\r\x1b[K", nl=False, err=True)
            self.shown = False
