"""The command line in this process, what `netspec ARGUMENTS` exits with and says; and processes."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
from dataclasses import dataclass

import pytest

from netspec.cli.main import main

#: The command line as a process of its own; arguments follow.
PROGRAM = (sys.executable, "-c", "from netspec.cli.main import main; main()")


@dataclass(frozen=True)
class Outcome:
    """The end of a command."""

    code: object
    out: str
    err: str


def netspec(capsys: pytest.CaptureFixture[str], *arguments: object) -> Outcome:
    """Run a command as its entry point does."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    threshold = gc.get_threshold()
    argv, sys.argv = sys.argv, ["netspec", *map(str, arguments)]
    capsys.readouterr()
    try:
        with pytest.raises(SystemExit) as ended:
            main()
    finally:
        sys.argv = argv
        for number, handler in before.items():
            signal.signal(number, handler)
        gc.set_threshold(*threshold)
    return Outcome(ended.value.code, *capsys.readouterr())


def environment(**more: str) -> dict[str, str]:
    """Variables with which a Python process imports what this one does, wherever it runs."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **more}


def python(code: str, **variables: str) -> str:
    """What a fresh Python process prints."""
    command = [sys.executable, "-c", code]
    done = subprocess.run(
        command, check=True, env=environment(**variables), stdout=subprocess.PIPE, text=True
    )
    return done.stdout
