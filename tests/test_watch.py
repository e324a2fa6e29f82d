"""`netspec check --watch`: what is drawn again, and when."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from netspec.cli.watch import watch
from tests.commands import PROGRAM, environment

GOOD = "netspec: 1\nname: good\ninput: 3x32x32\nnet: INPUT -> CONV(8) -> RELU -> FC(10)\n"


class Stage:
    """Plays a list of changes: one whenever the watcher sleeps, then Ctrl-C."""

    def __init__(self, *changes: Callable[[], object]) -> None:
        self._changes = iter(changes)
        self.drawn = 0

    def sleep(self, seconds: float) -> None:
        if seconds < 0.1:  # it waits for a change to be whole
            return
        change = next(self._changes, None)
        if change is None:
            raise KeyboardInterrupt
        change()

    def draw(self) -> None:
        self.drawn += 1


def play(monkeypatch: pytest.MonkeyPatch, path: Path, *changes: Callable[[], object]) -> int:
    stage = Stage(*changes)
    monkeypatch.setattr(time, "sleep", stage.sleep)
    with pytest.raises(KeyboardInterrupt):
        watch([str(path)], stage.draw)
    return stage.drawn


def nothing() -> None:
    pass


def test_a_file_is_drawn_once_for_each_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("1")
    changes = [nothing, lambda: path.write_text("22"), nothing, lambda: path.write_text("333")]
    assert play(monkeypatch, path, *changes) == 3


def test_a_file_that_vanishes_comes_back_and_is_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, other = tmp_path / "a.yaml", tmp_path / "b"
    path.write_text("1")

    def swap() -> None:
        other.write_text("1")
        os.utime(other, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns))
        other.replace(path)

    assert play(monkeypatch, path, path.unlink, lambda: path.write_text("1"), swap) == 4


def test_files_of_a_folder_come_and_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "specs"
    path = folder / "a.yaml"
    changes: list[Callable[[], object]] = [
        folder.mkdir,
        lambda: path.write_text("1"),
        lambda: (folder / ".a.yaml.swp").write_text("no spec"),
        path.unlink,
        (folder / ".a.yaml.swp").unlink,
        folder.rmdir,
    ]
    assert play(monkeypatch, folder, *changes) == 5


def test_a_file_that_never_rests_is_drawn_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("")
    stage = Stage(lambda: path.write_text("x"))

    def sleep(seconds: float) -> None:
        with path.open("a") as file:
            file.write("x")
        stage.sleep(seconds)

    monkeypatch.setattr(time, "sleep", sleep)
    with pytest.raises(KeyboardInterrupt):
        watch([str(path)], stage.draw)
    assert stage.drawn >= 2


def test_what_fails_while_drawing_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def draw() -> None:
        raise FileNotFoundError(2, "No such file or directory", "a\x1b.yaml")

    def stop(seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(time, "sleep", stop)
    with pytest.raises(KeyboardInterrupt):
        watch([str(tmp_path)], draw)
    assert "netspec: a\\x1b.yaml: No such file" in capsys.readouterr().err


def test_a_closed_pipe_ends_it(tmp_path: Path) -> None:
    def draw() -> None:
        raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        watch([str(tmp_path)], draw)


# the command itself


class Watched:
    """A running `netspec check --watch`, and what it has said."""

    def __init__(self, process: subprocess.Popen[bytes], reading: int) -> None:
        self.process, self._reading = process, reading
        self.said = b""

    def until(self, text: bytes, seconds: float = 30) -> bytes:
        """What it says up to a text, from the last such text on."""
        end = time.monotonic() + seconds
        while text not in self.said:
            assert time.monotonic() < end, f"{text!r} is missing in {self.said!r}"
            if select.select([self._reading], [], [], 0.1)[0]:
                self.said += os.read(self._reading, 65536)
        before, _, self.said = self.said.partition(text)
        return before


def start(terminal: bool, *arguments: str, **settings: str) -> Iterator[Watched]:
    near, far = pty.openpty() if terminal else os.pipe()
    command = [*PROGRAM, "check", "--watch", *arguments]
    process = subprocess.Popen(command, stdout=far, stderr=far, env=environment(**settings))
    os.close(far)
    try:
        yield Watched(process, near)
    finally:
        process.kill()
        process.wait()
        os.close(near)


def test_it_checks_again_on_save_until_interrupted(tmp_path: Path) -> None:
    one, two = tmp_path / "one.yaml", tmp_path / "specs" / "two.yaml"
    two.parent.mkdir()
    one.write_text(GOOD)
    two.write_text(GOOD.replace("good", "second"))
    for running in start(False, str(one), str(two.parent)):
        first = running.until(b"watching 2 files")
        assert b"good: 3x32x32 -> 10" in first
        assert b"second: 3x32x32 -> 10" in first
        one.write_text(GOOD.replace("FC(10)", "FC(10"))  # half-written
        assert b"error[" in running.until(b"watching 2 files")
        one.unlink()
        assert b"no such file" in running.until(b"watching 1 file;")
        one.write_text(GOOD.replace("FC(10)", "FC(11)"))
        again = running.until(b"watching 2 files")
        assert b"good: 3x32x32 -> 11" in again
        assert b"\x1b" not in first + again
        running.process.send_signal(signal.SIGINT)
        assert running.process.wait(10) == 130
        assert b"Traceback" not in running.said


@pytest.mark.parametrize(("plain", "clears"), [("", True), ("1", False)])
def test_the_screen_is_cleared_on_a_terminal_with_colour(
    tmp_path: Path, plain: str, clears: bool
) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(GOOD)
    for running in start(True, str(path), NO_COLOR=plain, FORCE_COLOR=""):
        said = running.until(b"watching 1 file;")
        assert (b"\x1b[2J" in said) is clears
        assert (b"\x1b" in said) is clears
