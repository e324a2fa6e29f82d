"""Commands that are ended at a random moment: by Ctrl-C, by a terminating and by a killing signal.

A moment is a number of calls since the command began, so that each is met exactly and no test
waits.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.commands import PROGRAM, environment
from tests.graphs import SMALL

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")

#: Runs a command, counts its calls once it has opened a file to write, and sends itself a signal
#: at one of them.
SCRIPT = """
import os, sys
import numpy.random  # NumPy imports it when it is used, and Python prints what ends an import
from netspec.cli import main, models, output
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
models.atomic_files = begun
sys.argv = ["netspec", *sys.argv[3:]]
try:
    main.main()
finally:
    sys.setprofile(None)
    print(calls, flush=True)
"""

COMMANDS = {
    "compile": ("compile", "spec.yaml", "-o", "net.onnx"),
    "compile into a new repository": ("compile", "spec.yaml", "--triton", "models"),
    "draw": ("draw", "spec.yaml", "-o", "net.svg"),
    "weights": ("weights", "spec.yaml", "--init", "w.safetensors"),
    "weights as npz": ("weights", "spec.yaml", "--init", "w.npz"),
}
EXITS = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGKILL: -signal.SIGKILL}
#: Moments of each command and signal that are tried, before all is done and nothing left to end.
MOMENTS = 3
ROOT = Path(__file__).parent.parent


def run(folder: Path, number: int, at: int, name: str) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-c", SCRIPT, str(number), str(at), *COMMANDS[name]]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        argv, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def files(folder: Path) -> dict[str, bytes]:
    """Files by their path, empty folders among them."""
    return {
        str(path.relative_to(folder)): b"" if path.is_dir() else path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if not path.is_dir() or not any(path.iterdir())
    }


def reset(folder: Path, content: dict[str, bytes]) -> None:
    """Have these files there and no others."""
    for path in folder.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    for name, data in content.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_that_is_ended_leaves_old_files_as_they_were(name: str, tmp_path: Path) -> None:
    if name != "draw":
        pytest.importorskip("numpy" if name.startswith("weights") else "onnx")
    (tmp_path / "spec.yaml").write_text(SMALL)
    whole = run(tmp_path, 0, -1, name)
    assert whole.returncode == 0, whole.stderr
    new, calls = files(tmp_path), int(whole.stdout.split()[-1])
    old = {"spec.yaml": new["spec.yaml"]}
    if "new" not in name:
        old |= {file: b"# netspec of old" for file in new if file not in old}
    chosen = random.Random(f"{name} 2026")
    for number, code in EXITS.items():
        for at in sorted(chosen.sample(range(1, calls * 9 // 10), MOMENTS)):
            reset(tmp_path, old)
            ended = run(tmp_path, number, at, name)
            told = f"{number} at {at} of {calls}: {ended}"
            assert ended.returncode == code, told
            assert "Traceback" not in ended.stderr, told
            left = files(tmp_path)
            if number == signal.SIGKILL:  # nothing can be tidied up then: each file is whole
                assert old.keys() <= left.keys(), told
                assert all(left[f] in (old.get(f), new[f]) for f in left.keys() & new.keys()), told
            else:
                assert left in (old, new), told


def test_a_pipe_that_is_closed_has_an_exit_code() -> None:
    """Whenever that is noticed: each line of `layers` is written at once."""
    with subprocess.Popen(
        [*PROGRAM, "layers"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment()
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 141
