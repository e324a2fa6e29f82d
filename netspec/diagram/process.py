"""A child process within limits of time and memory, that ends when we end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress

from netspec.text.limits import DRAWING_BYTES


def answer(
    argv: Sequence[str], stdin: bytes, environment: Mapping[str, str], seconds: float
) -> subprocess.CompletedProcess[bytes]:
    """Run a program to its end and take what it writes.

    Raises OSError where it does not start and subprocess.TimeoutExpired where it takes longer.
    It has a session of its own: what it started ends with it, by the limit or an interrupt here.
    """
    child = subprocess.Popen(
        argv,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, **environment},
        start_new_session=True,
    )
    try:
        _bound(child.pid, seconds)
        out, err = child.communicate(stdin, seconds)
    finally:
        _end(child)
    return subprocess.CompletedProcess(argv, child.returncode, out, err)


def _bound(pid: int, seconds: float) -> None:
    """Limits that hold even when we are killed; only Linux sets them from outside."""
    if sys.platform == "linux":
        import resource

        with suppress(OSError, ValueError):  # it may have ended, or have stricter limits already
            resource.prlimit(pid, resource.RLIMIT_CPU, (int(seconds) + 1, int(seconds) + 1))
            resource.prlimit(pid, resource.RLIMIT_AS, (DRAWING_BYTES, DRAWING_BYTES))


def _end(child: subprocess.Popen[bytes]) -> None:
    if child.poll() is not None:
        return
    if os.name == "posix":
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
    child.kill()
    child.wait()
    for pipe in (child.stdin, child.stdout, child.stderr):
        if pipe is not None:
            with suppress(OSError):
                pipe.close()
