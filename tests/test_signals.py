"""Commands that are ended at a random moment: by Ctrl-C, by a terminating and by a killing signal.

A moment is a number of calls since the command began, so that each is met exactly and no test
waits.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.graphs import SMALL

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")

#: Runs a command, counts its calls once it has opened a file to write, and sends itself a signal
#: at one of them.
SCRIPT = """
import os, sys
from netspec.cli import compile, main, output
from netspec.diagram import layout
from netspec.onnxgen import model
model.EXTERNAL_ABOVE = 100
layout._lay_out = lambda order: order.source * 50  # Graphviz is asked in a test of its own
number, at = map(int, sys.argv[1:3])
calls = 0
def count(frame, event, argument):
    global calls
    calls += 1
    if calls == at:
        os.kill(os.getpid(), number)
begin = output.atomic_files
def begun(*paths):
    sys.setprofile(count)
    return begin(*paths)
output.atomic_files = begun
compile.atomic_files = begun
sys.argv = ["netspec", *sys.argv[3:]]
try:
    main.main()
finally:
    sys.setprofile(None)
    print(calls, flush=True)
"""

COMMANDS = {
    "compile": ("compile", "spec.yaml", "-o", "net.onnx"),
    "draw": ("draw", "spec.yaml", "-o", "net.svg"),
}
EXITS = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGKILL: -signal.SIGKILL}
#: Moments of each command and signal that are tried.
MOMENTS = 3
ROOT = Path(__file__).parent.parent


def run(folder: Path, number: int, at: int, name: str) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-c", SCRIPT, str(number), str(at), *COMMANDS[name]]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        argv, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_that_is_ended_leaves_old_files_as_they_were(name: str, tmp_path: Path) -> None:
    if name == "compile":
        pytest.importorskip("onnx")
    (tmp_path / "spec.yaml").write_text(SMALL)
    whole = run(tmp_path, 0, -1, name)
    assert whole.returncode == 0, whole.stderr
    new, calls = files(tmp_path), int(whole.stdout.split()[-1])
    old = new | {file: b"old" for file in new if file != "spec.yaml"}
    chosen = random.Random(f"{name} 2026")
    for number, code in EXITS.items():
        for at in sorted(chosen.sample(range(1, calls), MOMENTS)):
            for file, content in old.items():
                (tmp_path / file).write_bytes(content)
            ended = run(tmp_path, number, at, name)
            told = f"{number} at {at} of {calls}: {ended}"
            assert ended.returncode == code, told
            assert "Traceback" not in ended.stderr, told
            left = files(tmp_path)
            if number == signal.SIGKILL:  # nothing can be tidied up then: each file is whole
                assert all(left[file] in (old[file], new[file]) for file in new), told
            else:
                assert left in (old, new), told
            for stray in left.keys() - new.keys():
                (tmp_path / stray).unlink()
