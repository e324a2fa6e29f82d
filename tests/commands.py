"""The command line in this process: what `netspec ARGUMENTS` exits with, and says."""

from __future__ import annotations

import gc
import signal
import sys
from dataclasses import dataclass

import pytest

from netspec.cli.main import main


@dataclass(frozen=True)
class Outcome:
    """The end of a command."""

    code: object
    out: str
    err: str


def netspec(capsys: pytest.CaptureFixture[str], *arguments: object) -> Outcome:
    """Run a command as its entry point does."""
    before, threshold = signal.getsignal(signal.SIGTERM), gc.get_threshold()
    argv, sys.argv = sys.argv, ["netspec", *map(str, arguments)]
    capsys.readouterr()
    try:
        with pytest.raises(SystemExit) as ended:
            main()
    finally:
        sys.argv = argv
        signal.signal(signal.SIGTERM, before)
        gc.set_threshold(*threshold)
    return Outcome(ended.value.code, *capsys.readouterr())
