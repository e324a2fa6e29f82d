"""Results that are written as they come: what a killed run keeps, and how another goes on."""

from __future__ import annotations

import errno
import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image as Pillow

from netspec.runtime.pipeline import Answers
from netspec.runtime.records import About
from netspec.runtime.results import STREAMED, writer
from netspec.runtime.resume import Finished, keep_whole
from netspec.runtime.session import Session
from tests.commands import Outcome, environment, netspec
from tests.graphs import SMALL
from tests.test_faults import Faults, judge

SUFFIXES = pytest.mark.parametrize("suffix", STREAMED)
ABOUT = About("m", "cpu", ("ant", "a, b", 'say "c"\nd'), 2)


def answers_of(names: list[str], shape: tuple[int, ...]) -> list[Answers]:
    """Answers in batches of two."""
    rng = np.random.default_rng(0)
    output = rng.standard_normal((len(names), *shape))
    parts = (slice(first, first + 2) for first in range(0, len(names), 2))
    return [Answers(names[at], {"output": output[at]}) for at in parts]


def written(suffix: str, parts: list[Answers]) -> bytes:
    file = io.BytesIO()
    made = writer(suffix, file, ABOUT)
    for part in parts:
        made.add(part)
    made.finish()
    return file.getvalue()


NAMES = ["a.png", "b, c.png", "b, c.png", 'd "e".png', "\\x1b.png", "ü.png", "a.png"]


@SUFFIXES
@given(data=st.data(), shape=st.sampled_from([(3,), (1,), (2, 2), ()]))
def test_a_file_that_is_torn_anywhere_goes_on_to_the_same_bytes(
    suffix: str, data: st.DataObject, shape: tuple[int, ...]
) -> None:
    parts = answers_of(NAMES, shape)
    whole = written(suffix, parts)
    cut = data.draw(st.integers(0, len(whole)))
    file = io.BytesIO(whole[:cut])
    finished = keep_whole(suffix, file)
    kept = file.getvalue()
    assert whole.startswith(kept) and len(kept) <= cut and file.tell() == len(kept)
    # of lines all whole ones are kept; of rows all samples but the last
    assert len(finished) >= whole[:cut].count(b"\n") - 1 if suffix == ".jsonl" else True
    made = writer(suffix, file, ABOUT, None)
    made.kind = writer_kind(suffix, parts)
    for part in parts:
        asked = [at for at, name in enumerate(part.names) if not finished.take(name)]
        if asked:
            names = [part.names[at] for at in asked]
            made.add(Answers(names, {"output": part.outputs["output"][asked]}))
    assert file.getvalue() == whole


def writer_kind(suffix: str, parts: list[Answers]) -> Any:
    made = writer(suffix, io.BytesIO(), ABOUT)
    made.add(parts[0])
    return made.kind


@given(st.lists(st.sampled_from("abc")), st.lists(st.sampled_from("abcd")))
def test_a_name_is_finished_as_often_as_it_is_there(there: list[str], asked: list[str]) -> None:
    finished = Finished(there)
    left = list(there)
    for name in asked:
        assert finished.take(name) == (name in left)
        if name in left:
            left.remove(name)
        assert len(finished) == len(left)


@pytest.mark.parametrize(
    ("suffix", "content"),
    [
        (".jsonl", b'{"name": 1}\n'),
        (".jsonl", b"\0\0\0\n"),
        (".jsonl", b'{"input": oh}\n'),
        (".csv", b"input,rank,class,label,probability\nhello\n"),
        (".csv", b"input,rank,class\n" + b"a" * 200_000 + b",1,2\n"),
        (".csv", b"input,rank\n\xff,1,2\n"),
    ],
)
def test_what_no_run_wrote_is_not_gone_on_from(suffix: str, content: bytes) -> None:
    file = io.BytesIO(content)
    with pytest.raises(ValueError, match=r".+"):
        keep_whole(suffix, file)
    assert file.getvalue() == content


class Folder:
    """Seven pictures, one of them broken, a spec, and `netspec run` on them, three at a time."""

    def __init__(
        self, folder: Path, capsys: pytest.CaptureFixture[str], patch: pytest.MonkeyPatch
    ) -> None:
        self.folder, self.capsys, self.patch = folder, capsys, patch
        (folder / "spec.yaml").write_text(SMALL)
        (folder / "pics").mkdir()
        rng = np.random.default_rng(0)
        for at in range(7):
            pixels = rng.integers(0, 256, (8, 8, 3), dtype=np.uint8)
            Pillow.fromarray(pixels).save(folder / "pics" / f"{at}.png")
        (folder / "pics" / "2.png").write_bytes(b"broken")

    def run(self, output: str, *arguments: object) -> Outcome:
        fixed = ("run", "spec.yaml", "pics", "--batch", 3, "--device", "cpu", "-o", output)
        return netspec(self.capsys, *fixed, *arguments)

    def interrupted(self, output: str, fault: BaseException, *arguments: object) -> Outcome:
        """A run that meets with a fault at its second batch."""
        run, seen = Session.run, []

        def faulty(session: Session, inputs: Any) -> dict[str, NDArray[Any]]:
            seen.append(1)
            if len(seen) > 1:
                raise fault
            return run(session, inputs)

        with self.patch.context() as patch:
            patch.setattr(Session, "run", faulty)
            return self.run(output, *arguments)

    @property
    def left(self) -> set[str]:
        return {path.name for path in self.folder.iterdir()} - {"spec.yaml", "pics"}


@pytest.fixture
def here(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Folder:
    monkeypatch.chdir(tmp_path)
    return Folder(tmp_path, capsys, monkeypatch)


@SUFFIXES
@pytest.mark.parametrize(
    ("fault", "code"),
    [(KeyboardInterrupt(), 130), (SystemExit(143), 143), (OSError(errno.EIO, "no"), 2)],
    ids=["interrupted", "terminated", "failed"],
)
def test_what_is_done_is_kept_and_gone_on_from(
    here: Folder, suffix: str, fault: BaseException, code: int
) -> None:
    assert here.run(f"whole{suffix}").code == 3
    whole = Path(f"whole{suffix}").read_bytes()
    Path(f"r{suffix}").write_text("older")
    before = here.left
    first = here.interrupted(f"r{suffix}", fault)
    assert first.code == code and "Traceback" not in first.err
    assert f"r{suffix}.part keeps 2 answers; --resume goes on from it" in first.err
    assert here.left == before | {f"r{suffix}.part", f"r{suffix}.part.json"}
    assert Path(f"r{suffix}").read_text() == "older"

    refused = here.run(f"r{suffix}")
    assert refused.code == 2 and "--resume goes on from it; or delete it" in refused.err
    second = here.run(f"r{suffix}", "--resume")
    assert second.code == 3 and f"r{suffix}.part has " in second.err
    assert "pics/2.png: not a picture" in second.err
    assert "1 input failed, 6 answered" in second.err
    assert Path(f"r{suffix}").read_bytes() == whole and here.left == before


def test_a_run_that_was_through_but_for_its_name(here: Folder) -> None:
    assert here.run("whole.jsonl").code == 3
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("netspec.cli.unfinished.mode_for", lambda path: 1 / 0)
        assert here.run("r.jsonl").code == 101
    assert "r.jsonl.part" in here.left
    assert here.run("r.jsonl", "--resume").code == 3
    assert Path("r.jsonl").read_bytes() == Path("whole.jsonl").read_bytes()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--top", 2], "another --top"),
        (["--seed", 1], "another net"),
        (["--dtype", "float16"], "another net"),
        (["--set", "output={}"], "another net"),
        (["--set", "input.image.scale=1", "--top", 1], "another net and another --top"),
    ],
)
def test_another_net_does_not_go_on(here: Folder, arguments: list[object], said: str) -> None:
    here.interrupted("r.csv", KeyboardInterrupt())
    part = Path("r.csv.part").read_bytes()
    outcome = here.run("r.csv", "--resume", *arguments)
    assert outcome.code == 2 and f"r.csv.part was made with {said}" in outcome.err
    assert Path("r.csv.part").read_bytes() == part and "r.csv.part.json" in here.left
    assert here.run("r.csv", "--resume", "--batch", 5).code == 3  # which changes no answer


def test_a_compiled_model_is_known_by_its_file(here: Folder) -> None:
    def run(*arguments: object) -> Outcome:
        return netspec(here.capsys, "run", "m.onnx", "pics", "-o", "r.jsonl", *arguments)

    for seed, text in ((0, "another net"), (1, "")):
        netspec(here.capsys, "compile", "spec.yaml", "-o", "m.onnx", "--seed", 1)
        with here.patch.context() as patch:
            patch.setattr("netspec.cli.unfinished.mode_for", lambda path: 1 / 0)
            run()
        netspec(here.capsys, "compile", "spec.yaml", "-o", "m.onnx", "--seed", seed)
        outcome = run("--resume")
        assert text in outcome.err and outcome.code == (2 if text else 3)
        for name in here.left & {"r.jsonl.part", "r.jsonl.part.json"}:
            Path(name).unlink()


def test_what_cannot_be_gone_on_from_is_left_as_it_is(here: Folder) -> None:
    here.interrupted("r.csv", KeyboardInterrupt())
    Path("r.csv.part").write_bytes(b"one\ntwo\n")
    outcome = here.run("r.csv", "--resume")
    assert outcome.code == 2 and "r.csv.part cannot be gone on from" in outcome.err
    assert Path("r.csv.part").read_bytes() == b"one\ntwo\n"
    for note in (b"{}", b"no json", None):
        Path("r.csv.part.json").unlink() if note is None else Path("r.csv.part.json").write_bytes(
            note
        )
        outcome = here.run("r.csv", "--resume")
        assert outcome.code == 2 and "does not say what made r.csv.part" in outcome.err
    Path("r.csv.part").unlink()
    Path("elsewhere").write_text("mine")
    Path("r.csv.part").symlink_to("elsewhere")
    assert "no regular file" in here.run("r.csv", "--resume").err
    assert Path("elsewhere").read_text() == "mine"


def test_what_resume_does_not_go_with(here: Folder) -> None:
    assert here.run("r.npy", "--resume").code == 2
    assert netspec(here.capsys, "run", "spec.yaml", "pics", "--resume").code == 2
    outcome = here.run("r.csv", "--resume")
    assert outcome.code == 3 and "there is no r.csv.part: from the beginning" in outcome.err


def test_nothing_good_leaves_nothing(here: Folder) -> None:
    Path("r.csv").write_text("older")
    before = here.left
    fixed = ("run", "spec.yaml", "pics/2.png", "-o", "r.csv")
    assert netspec(here.capsys, *fixed).code == 3
    assert here.left == before and Path("r.csv").read_text() == "older"


def test_a_part_is_no_input(here: Folder) -> None:
    fixed = ("run", "spec.yaml", "pics/1.png", "r.csv.part", "-o", "r.csv")
    Path("r.csv.part").write_bytes(Path("pics/1.png").read_bytes())
    outcome = netspec(here.capsys, *fixed)
    assert outcome.code == 2 and Path("r.csv.part").exists()


@SUFFIXES
@pytest.mark.parametrize("reason", [errno.ENOSPC, errno.EACCES], ids=["space", "access"])
def test_a_machine_that_fails_at_any_moment(here: Folder, suffix: str, reason: int) -> None:
    """The old file stays whole, and what was answered can be gone on from."""
    output, old = f"r{suffix}", b"old"
    np.save("x.npy", np.random.default_rng(0).standard_normal((5, 3, 8, 8), np.float32))

    def run(*arguments: object) -> Outcome:
        fixed = ("run", "spec.yaml", "x.npy", "--batch", 2, "--device", "cpu", "-o")
        return netspec(here.capsys, *fixed, *arguments)

    assert run(f"whole{suffix}").code == 0
    whole, resumed = Path(f"whole{suffix}").read_bytes(), 0
    for at in range(1, 1000):
        Path(output).write_bytes(old)
        faults = Faults(at, reason)
        with faults.in_place():
            outcome = run(output)
        told = f"{at}: {outcome}"
        assert Path(output).read_bytes() == (whole if outcome.code == 0 else old), told
        if not faults.struck:
            assert outcome.code == 0 and resumed > 3, told
            return
        judge(outcome, told)
        if Path(f"{output}.part").exists():
            resumed += 1
            assert run(output, "--resume").code == 0, told
            assert Path(output).read_bytes() == whole, told
        assert here.left <= {"x.npy", output, f"whole{suffix}"}, told
    raise AssertionError("there is no end of things to refuse")


SCRIPT = """
import os, signal, sys
from netspec.cli import main
from netspec.runtime.session import Session
number, batches = map(int, sys.argv[1:3])
run, seen = Session.run, []
def counted(session, inputs):
    seen.append(1)
    if len(seen) > batches:
        os.kill(os.getpid(), number)
    return run(session, inputs)
Session.run = counted
sys.argv = ["netspec", *sys.argv[3:]]
main.main()
"""


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_a_killed_process_keeps_what_it_has_done(here: Folder, number: int) -> None:
    assert here.run("whole.jsonl").code == 3
    fixed = ("run", "spec.yaml", "pics", "--batch", "2", "--device", "cpu", "-o", "r.jsonl")
    argv = [sys.executable, "-c", SCRIPT, str(int(number)), "2", *fixed]
    ended = subprocess.run(argv, env=environment(), capture_output=True, text=True, check=False)
    code = {signal.SIGINT: 130, signal.SIGTERM: 143}.get(signal.Signals(number), -number)
    assert ended.returncode == code and "Traceback" not in ended.stderr, ended
    lines = Path("r.jsonl.part").read_bytes().splitlines()
    assert [json.loads(line)["input"] for line in lines] == [f"pics/{at}.png" for at in (0, 1, 3)]
    assert here.run("r.jsonl", "--resume").code == 3
    assert Path("r.jsonl").read_bytes() == Path("whole.jsonl").read_bytes()
    assert here.left == {"r.jsonl", "whole.jsonl"}
