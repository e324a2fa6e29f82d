"""A machine that fails at the worst moment: the k-th thing that a command asks of the system is
refused, for k = 1, 2, ... until it needs no more, as SQLite tests itself
(https://sqlite.org/testing.html, "I/O error testing").
"""

from __future__ import annotations

import errno
import io
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

import netspec
from netspec.diagram import layout
from tests.commands import Outcome
from tests.commands import netspec as command
from tests.graphs import SMALL

#: What may be refused: where it is called, and its name.
ASKED: tuple[tuple[Any, str], ...] = (
    (io, "open"),
    *((os, name) for name in ("open", "fsync", "replace", "rename", "link", "chmod", "stat")),
    *((os, name) for name in ("mkdir", "scandir", "listdir", "pipe")),
    (shutil, "disk_usage"),
    (subprocess, "Popen"),
)


class Faults:
    """Refuses the `at`-th thing that is asked, with `reason`; counts what is asked."""

    def __init__(self, at: int, reason: int) -> None:
        self.at, self.reason, self.asked = at, reason, 0

    @property
    def struck(self) -> bool:
        """Whether something was refused."""
        return self.asked >= self.at

    def around(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, which may be refused, as may be what is done with a file that it opens."""

        def asked(*arguments: Any, **options: Any) -> Any:
            self.asked += 1
            if self.asked == self.at:
                raise OSError(self.reason, os.strerror(self.reason))
            result = function(*arguments, **options)
            return Written(result, self) if isinstance(result, io.BufferedWriter) else result

        return asked

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """All that is asked in the block goes by here."""
        with ExitStack() as patches:
            patches.enter_context(mock.patch("builtins.open", self.around(open)))
            for owner, name in ASKED:
                patched = self.around(getattr(owner, name))
                patches.enter_context(mock.patch.object(owner, name, patched))
            yield


class Written:
    """A file that is written, and may be refused to be."""

    def __init__(self, file: io.BufferedWriter, faults: Faults) -> None:
        self._file = file
        self.write, self.flush = faults.around(file.write), faults.around(file.flush)
        self.close = faults.around(file.close)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


class Bench:
    """A folder with what a command reads and what an earlier one left."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.capsys = folder, capsys
        (folder / "spec.yaml").write_text(SMALL)

    def strike_all(self, old: dict[str, bytes], reason: int, *arguments: str) -> int:
        """Run a command and refuse one thing after the other; answers how many there are."""
        before = self._files() | old
        self._set(before)
        assert command(self.capsys, *arguments).code == 0
        after = self._files()
        for at in range(1, 1000):
            self._set(before)
            faults = Faults(at, reason)
            with faults.in_place():
                outcome = command(self.capsys, *arguments)
            told = f"{at}: {outcome}"
            assert self._files() == (after if outcome.code == 0 else before), told
            if not faults.struck:
                assert outcome.code == 0, told
                return at - 1
            judge(outcome, told)
        raise AssertionError("there is no end of things to refuse")

    def _files(self) -> dict[str, bytes]:
        """What is there by its path; of a folder the path alone."""
        return {
            str(path.relative_to(self.folder)): b"" if path.is_dir() else path.read_bytes()
            for path in sorted(self.folder.rglob("*"))
        }

    def _set(self, files: dict[str, bytes]) -> None:
        for path in self.folder.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        for name, content in files.items():
            path = self.folder / name
            path.mkdir() if any(n.startswith(f"{name}/") for n in files) else path.write_bytes(
                content
            )


def judge(outcome: Outcome, told: str) -> None:
    """What a command says when something is refused: an exit code of the contract, a sentence."""
    assert outcome.code in (0, 1, 2, 3), told
    assert "Traceback" not in outcome.err, told
    assert outcome.code == 0 or "netspec: " in outcome.err or "error[" in outcome.err, told


REASONS = pytest.mark.parametrize("reason", [errno.ENOSPC, errno.EACCES], ids=["space", "access"])


@pytest.fixture
def bench(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Bench:
    monkeypatch.chdir(tmp_path)
    return Bench(tmp_path, capsys)


@REASONS
def test_check(bench: Bench, reason: int) -> None:
    assert bench.strike_all({}, reason, "check", "spec.yaml") > 2


@REASONS
@pytest.mark.parametrize("old", [{}, {"net.svg": b"old"}], ids=["new", "over an old one"])
def test_draw(
    bench: Bench, reason: int, old: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    drawing = layout.draw(netspec.load("spec.yaml").elaborate(), "svg")
    monkeypatch.setattr(layout, "_lay_out", lambda _: drawing)  # its faults are tested below
    assert bench.strike_all(old, reason, "draw", "spec.yaml", "-o", "net.svg") > 8


def test_draw_whose_processes_do_not_start(bench: Bench) -> None:
    assert bench.strike_all({"net.svg": b"old"}, errno.EAGAIN, "draw", "spec.yaml") > 10


@REASONS
@pytest.mark.parametrize("old", [{}, {"net.onnx": b"old"}], ids=["new", "over an old one"])
def test_compile(bench: Bench, reason: int, old: dict[str, bytes]) -> None:
    pytest.importorskip("onnx")
    assert bench.strike_all(old, reason, "compile", "spec.yaml", "-o", "net.onnx") > 8


@REASONS
@pytest.mark.parametrize(
    "old", [{}, {"net.onnx": b"old", "net.onnx.data": b"old too"}], ids=["new", "over old ones"]
)
def test_compile_with_weights_beside_the_model(
    bench: Bench, reason: int, old: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("onnx")
    monkeypatch.setattr("netspec.onnxgen.model.EXTERNAL_ABOVE", 100)
    assert bench.strike_all(old, reason, "compile", "spec.yaml", "-o", "net.onnx") > 16


@REASONS
@pytest.mark.parametrize("there", [False, True], ids=["new", "over an old one"])
def test_compile_into_a_repository(bench: Bench, reason: int, there: bool) -> None:
    pytest.importorskip("onnx")
    old = {
        "models": b"",
        "models/small": b"",
        "models/small/1": b"",
        "models/small/1/model.onnx": b"old",
        "models/small/config.pbtxt": b"# netspec 0.0.1\n",
        "models/small/labels.txt": b"old\n",
    }
    arguments = ("compile", "spec.yaml", "--triton", "models")
    assert bench.strike_all(old if there else {}, reason, *arguments) > 20


@REASONS
@pytest.mark.parametrize("suffix", ["safetensors", "npz"])
def test_weights(bench: Bench, reason: int, suffix: str) -> None:
    pytest.importorskip("numpy")
    old, output = {f"w.{suffix}": b"old"}, f"w.{suffix}"
    assert bench.strike_all(old, reason, "weights", "spec.yaml", "--init", output) > 8


@REASONS
@pytest.mark.parametrize("form", ["npz", "json"])
def test_run(bench: Bench, reason: int, form: str) -> None:
    pytest.importorskip("onnxruntime")
    np = pytest.importorskip("numpy")
    np.save(bench.folder / "x.npy", np.zeros((3, 8, 8), "f4"))
    old, output = {f"out.{form}": b"old"}, f"out.{form}"
    arguments = ("run", "spec.yaml", "x.npy", "--seed", "1", "--device", "cpu", "-o", output)
    assert bench.strike_all(old, reason, *arguments) > 8
