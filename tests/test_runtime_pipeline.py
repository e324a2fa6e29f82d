"""From files to answers: what is found, what is skipped, what fails alone, what is written."""

from __future__ import annotations

import csv
import io
import json
import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from netspec.machine.errors import UnusableError
from netspec.runtime.finding import find_inputs
from netspec.runtime.pipeline import Answers, answers, joined
from netspec.runtime.records import About
from netspec.runtime.results import FORMATS, writer
from netspec.runtime.session import Session
from tests.graphs import SMALL, TWO_INPUTS, graph_of

RNG = np.random.default_rng(0)


@pytest.fixture(scope="module")
def session() -> Session:
    return Session(graph_of(SMALL), device="cpu")


def no_failure(message: str) -> None:
    raise AssertionError(message)


def answer(
    session: Session, files: Iterable[Path], batch: int, fail: Callable[[str], object]
) -> Answers | None:
    """All answers at once."""
    return joined(answers(session, [str(path) for path in files], batch, fail))


def picture(path: Path, side: int = 8) -> Path:
    pixels = RNG.integers(0, 256, (side, side, 3), dtype=np.uint8)
    Pillow.fromarray(pixels).save(path, "PNG")
    return path


def array(path: Path, *shape: int) -> Path:
    np.save(path, RNG.standard_normal(shape, dtype=np.float32))
    return path


def test_a_folder_is_its_pictures_in_order(tmp_path: Path) -> None:
    for name in ("b.png", "a.JPG", "10.png", "9.png"):
        picture(tmp_path / name)
    (tmp_path / "notes.txt").write_text("hello")
    (tmp_path / "sub.png").mkdir()
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "link.png").symlink_to(tmp_path / "b.png")
    said: list[str] = []
    found = find_inputs([str(tmp_path)], said.append)
    names = ["10.png", "9.png", "a.JPG", "b.png", "link.png"]
    assert list(found) == [str(tmp_path / name) for name in names] and len(found) == 5
    assert sorted(line.rpartition("/")[2] for line in said) == [
        "notes.txt: skipped, not a picture",
        "pipe.png: skipped, not a file",
        "sub.png: skipped, not a file",
    ]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("none.png", "{}: no such file"),
        ("none/*.png", "{}: no such file"),
        ("pipe.npy", "{}: not a file"),
        ("/dev/null", "{}: not a file"),
        ("empty", "no pictures in {}"),
    ],
)
def test_what_is_no_input_is_refused_before_anything_runs(
    tmp_path: Path, name: str, reason: str
) -> None:
    os.mkfifo(tmp_path / "pipe.npy")
    (tmp_path / "empty").mkdir()
    path = str(tmp_path / name)
    with pytest.raises(UnusableError) as caught:
        find_inputs([path], no_failure)
    assert caught.value.message == reason.format(path)


def test_answers_are_in_order_whatever_the_batch(tmp_path: Path, session: Session) -> None:
    files = [
        picture(tmp_path / "a.png"),
        array(tmp_path / "b.npy", 5, 3, 8, 8),
        array(tmp_path / "c.npy", 3, 8, 8),
    ]
    names = [f"{tmp_path}/a.png", *(f"{tmp_path}/b.npy[{at}]" for at in range(5)), str(files[2])]
    whole = answer(session, files, 100, no_failure)
    assert whole is not None and list(whole.names) == names
    for batch in (1, 2, 3, 7):
        found = answer(session, files, batch, no_failure)
        assert found is not None and found.names == whole.names
        np.testing.assert_allclose(found.outputs["output"], whole.outputs["output"], rtol=1e-4)


def test_one_bad_input_does_not_stop_the_others(tmp_path: Path, session: Session) -> None:
    files = [picture(tmp_path / f"{at}.png") for at in range(3)]
    files[1].write_bytes(b"no picture")
    bad = {
        "gone.png": "No such file or directory",
        "shape.npy": "it holds 1x3x16x16; the net takes 3x8x8, or a batch Nx3x8x8",
        "none.npy": "it holds no samples",
        "flat.npy": "it holds 192; the net takes 3x8x8, or a batch Nx3x8x8",
    }
    array(tmp_path / "shape.npy", 1, 3, 16, 16)
    array(tmp_path / "none.npy", 0, 3, 8, 8)
    array(tmp_path / "flat.npy", 192)
    failed: list[str] = []
    found = answer(session, [*files, *(tmp_path / name for name in bad)], 2, failed.append)
    assert found is not None and found.names == [str(files[0]), str(files[2])]
    assert failed == [
        f"{files[1]}: not a picture that can be read",
        *(f"{tmp_path / name}: {reason}" for name, reason in bad.items()),
    ]


def test_nothing_good_is_no_answer(tmp_path: Path, session: Session) -> None:
    path = tmp_path / "x.png"
    path.write_bytes(b"")
    assert answer(session, [path], 4, lambda message: None) is None


def test_archives_go_by_the_names_of_inputs(tmp_path: Path, session: Session) -> None:
    x = RNG.standard_normal((2, 3, 8, 8), dtype=np.float32)
    np.savez(tmp_path / "one.npz", anything=x)
    np.savez(tmp_path / "named.npz", input=x, other=np.zeros(3))
    np.savez(tmp_path / "unclear.npz", a=x, b=x)
    one, named = (
        answer(session, [tmp_path / f"{name}.npz"], 8, no_failure) for name in ("one", "named")
    )
    assert one is not None and named is not None
    np.testing.assert_array_equal(one.outputs["output"], named.outputs["output"])
    said: list[str] = []
    assert answer(session, [tmp_path / "unclear.npz"], 8, said.append) is None
    assert "the net takes input; the file holds a, b" in said[0]


def test_several_inputs_come_from_one_archive(tmp_path: Path) -> None:
    session = Session(graph_of(TWO_INPUTS), device="cpu")
    np.savez(tmp_path / "x.npz", left=np.ones((2, 4)), right=np.ones((2, 3)))
    np.savez(tmp_path / "y.npz", left=np.ones((2, 4)), right=np.ones((1, 3)))
    said: list[str] = []
    files = [tmp_path / "x.npz", tmp_path / "y.npz", picture(tmp_path / "z.png")]
    found = answer(session, files, 8, said.append)
    assert found is not None and found.outputs["output"].shape == (2, 2)
    assert "different numbers of samples" in said[0]
    assert "give an .npz" in said[1]


def test_a_picture_needs_an_image_section(tmp_path: Path) -> None:
    session = Session(graph_of("netspec: 1\nname: n\ninput: 3x8x8\nnet: INPUT -> FC(2)\n"))
    said: list[str] = []
    assert answer(session, [picture(tmp_path / "a.png")], 8, said.append) is None
    assert "`image:`" in said[0]


ANSWERS = Answers(
    ("a.png", "b.png"),
    {
        "output": np.array([[0.0, 1.0, -1.0], [3.0, 2.0, np.nan]], np.float32),
        "file": np.ones((2, 1, 2), np.float32),
    },
)
ABOUT = About("small", "cpu", ("ant", "bee"), 2)


def written(suffix: str, *parts: Answers, about: About = ABOUT) -> bytes:
    file = io.BytesIO()
    made = writer(suffix, file, about)
    for part in parts or (ANSWERS,):
        made.add(part)
    made.finish()
    return file.getvalue()


def test_npz_holds_every_output_and_npy_the_main_one() -> None:
    with np.load(io.BytesIO(written(".npz"))) as arrays:
        assert sorted(arrays) == ["file", "output"]
        np.testing.assert_array_equal(arrays["output"], ANSWERS.main)
    np.testing.assert_array_equal(np.load(io.BytesIO(written(".npy"))), ANSWERS.main)


def test_csv_has_a_row_for_each_of_the_best() -> None:
    rows = list(csv.DictReader(io.StringIO(written(".csv").decode())))
    assert [(row["input"], row["rank"], row["class"], row["label"]) for row in rows[:2]] == [
        ("a.png", "1", "1", "bee"),
        ("a.png", "2", "0", "ant"),
    ]
    assert float(rows[0]["probability"]) == pytest.approx(0.665241, abs=1e-6)


def test_csv_of_what_is_no_classes_has_all_numbers() -> None:
    numbers = Answers(("a",), {"output": np.arange(4.0).reshape(1, 1, 2, 2)})
    rows = list(csv.reader(io.StringIO(written(".csv", numbers).decode())))
    assert rows == [["input", "index", "value"]] + [
        ["a", f"0 {r} {c}", str(2.0 * r + c)] for r in (0, 1) for c in (0, 1)
    ]


def test_json_is_strict_and_lines_are_its_records() -> None:
    def refuse(name: str) -> None:
        raise AssertionError(name)

    document = json.loads(written(".json"), parse_constant=refuse)
    lines = [json.loads(line, parse_constant=refuse) for line in written(".jsonl").splitlines()]
    assert document["results"] == lines
    assert document["device"] == "cpu" and document["model"] == "small"
    first, second = lines
    assert first["top"][0]["label"] == "bee" and first["outputs"]["file"] == [[1.0, 1.0]]
    assert second["outputs"]["output"] == [3.0, 2.0, None]


def test_answers_that_are_not_finite_are_said() -> None:
    assert list(ANSWERS.not_finite()) == ["b.png: NaN or infinite values in output"]


@pytest.mark.parametrize("suffix", FORMATS)
def test_bytes_do_not_depend_on_the_time(suffix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    now = written(suffix)
    monkeypatch.setattr(time, "time", lambda: 1e9)
    assert written(suffix) == now != b""
