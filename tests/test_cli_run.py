"""`netspec run` and `netspec doctor`."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Generator
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow

from netspec.runtime.pipeline import Answers, answers
from netspec.runtime.session import Session
from tests.commands import Outcome, netspec, python
from tests.graphs import SMALL, all_values, graph_of


class Here:
    """A folder with a spec, two pictures and a batch, and `netspec run` in it."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.capsys = folder, capsys
        (folder / "small.yaml").write_text(SMALL)
        (folder / "pics").mkdir()
        rng = np.random.default_rng(0)
        for name in ("a", "b"):
            pixels = rng.integers(0, 256, (9, 12, 3), dtype=np.uint8)
            Pillow.fromarray(pixels).save(folder / "pics" / f"{name}.png")
        np.save(folder / "x.npy", rng.standard_normal((3, 3, 8, 8), dtype=np.float32))

    def run(self, *arguments: object, model: str = "small.yaml") -> Outcome:
        return netspec(self.capsys, "run", model, *arguments)


@pytest.fixture
def here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Here:
    monkeypatch.chdir(tmp_path)
    return Here(tmp_path, capsys)


def test_a_table_of_the_best_classes(here: Here) -> None:
    outcome = here.run("pics", "--top", 2)
    assert outcome.code == 0
    lines = outcome.out.splitlines()
    assert lines[0].split() == ["input", "class", "label", "probability"]
    assert [line.split()[0] for line in lines[1:] if not line.startswith(" ")] == [
        "pics/a.png",
        "pics/b.png",
    ]
    assert len(lines) == 5 and "█" in lines[1]
    assert any(label in lines[1] for label in ("ant", "bee", "cat"))
    assert "random (seed 0)" in outcome.err and "running on cpu" in outcome.err


def test_colour_is_for_terminals(here: Here) -> None:
    assert "\x1b" not in here.run("x.npy").out
    coloured = netspec(here.capsys, "--color", "always", "run", "small.yaml", "x.npy")
    assert "\x1b[32m█" in coloured.out


def test_the_table_without_labels_and_with_layers(here: Here) -> None:
    outcome = here.run("x.npy", "--layer", "conv1", "--set", "output={}", "--top", 99)
    assert outcome.code == 0
    assert len(outcome.out.splitlines()) == 1 + 3 * 3 + 1
    assert "conv1: 4x8x8 for each of 3, from " in outcome.out


def test_outputs_that_are_no_classes(here: Here) -> None:
    (here.folder / "map.yaml").write_text(
        "netspec: 1\nname: m\ninput: 3x8x8\nnet: INPUT -> CONV(2)\n"
    )
    outcome = here.run("x.npy", model="map.yaml")
    assert outcome.code == 0 and outcome.out.startswith("output: 2x6x6 for each of 3, from ")
    (here.folder / "one.yaml").write_text(
        "netspec: 1\nname: m\ninput: 3x8x8\nnet: INPUT -> FC(1)\n"
    )
    outcome = here.run("x.npy", model="one.yaml")
    assert outcome.out.splitlines()[0].split()[-1] == "value" and "%" not in outcome.out


def test_results_as_files(here: Here) -> None:
    expected = Session(graph_of(SMALL), layers=["fc1"]).run(np.load("x.npy"))
    assert here.run("x.npy", "-o", "y.npy").code == 0
    np.testing.assert_allclose(np.load("y.npy"), expected["output"], rtol=1e-5)
    assert here.run("x.npy", "-o", "y.npz", "--layer", "fc1").code == 0
    with np.load("y.npz") as found:
        assert list(found) == ["output", "fc1"]
        np.testing.assert_allclose(found["fc1"], expected["fc1"], rtol=1e-5)
    assert here.run("x.npy", "-o", "y.json", "--top", 1).code == 0
    document = json.loads(Path("y.json").read_text())
    assert [len(result["top"]) for result in document["results"]] == [1, 1, 1]
    assert here.run("x.npy", "-o", "y.csv", "--top", 2).code == 0
    with Path("y.csv").open(newline="") as file:
        assert len(list(csv.DictReader(file))) == 6
    assert here.run("x.npy", "-o", "y.jsonl").out == ""


def test_a_compiled_model_needs_no_spec(here: Here) -> None:
    assert netspec(here.capsys, "compile", "small.yaml", "-o", "m.onnx").code == 0
    table = here.run("pics").out
    outcome = here.run("pics", model="m.onnx")
    assert outcome.code == 0 and outcome.out == table and "random" not in outcome.err
    assert here.run("pics", "--seed", 1, model="m.onnx").code == 2


def test_one_bad_input_is_exit_3_and_the_others_are_written(here: Here) -> None:
    (here.folder / "pics" / "aa.png").write_text("no picture")
    outcome = here.run("pics", "-o", "r.csv", "--top", 1)
    assert outcome.code == 3 and "pics/aa.png: not a picture" in outcome.err
    with Path("r.csv").open(newline="") as file:
        assert [row["input"] for row in csv.DictReader(file)] == ["pics/a.png", "pics/b.png"]


def test_nothing_good_leaves_the_older_result(here: Here) -> None:
    np.save("x.npy", np.zeros((1, 3, 9, 9)))
    (here.folder / "y.npy").write_text("older")
    outcome = here.run("x.npy", "-o", "y.npy")
    assert outcome.code == 3 and "3x8x8" in outcome.err
    assert Path("y.npy").read_text() == "older"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["none.png"], "none.png: no such file"),
        (["x.npy", "none/*.png"], "none/*.png"),
        (["x.npy", "-o", "y.xyz"], ".npz, .npy, .csv, .json, .jsonl"),
        (["x.npy", "-o", "no/y.npz"], "no folder"),
        (["x.npy", "-o", "x.npy"], "overwrite"),
        (["x.npy", "-o", "small.yaml"], ".npz"),
        (["pics", "-o", "y.csv", "--layer", "fc1"], ".npz, .json, .jsonl"),
        (["x.npy", "--layer", "fc9"], "did you mean `fc1`?"),
        (["x.npy", "--device", "tpu"], "auto, cpu, cuda, cuda:N"),
        (["x.npy", "--device", "cuda:x"], "auto, cpu, cuda, cuda:N"),
        (["x.npy", "--weights", "w.pkl"], "save_file"),
        (["x.npy", "--top", "0"], "x>=1"),
        ([], "INPUT"),
    ],
)
def test_what_cannot_be_done_is_exit_2(here: Here, arguments: list[str], said: str) -> None:
    before = sorted(here.folder.iterdir())
    outcome = here.run(*arguments)
    assert outcome.code == 2 and said in outcome.err and outcome.out == ""
    assert sorted(here.folder.iterdir()) == before


def test_a_cluster_takes_the_place_of_the_pipeline(
    here: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it answers is tested with a cluster."""
    asked: list[tuple[str, int]] = []

    def on_ray(session: Session, inputs: Any, size: int, *more: Any) -> Generator[Answers]:
        asked.append((session.device, size))
        yield from answers(session, inputs, size, *more)

    monkeypatch.setattr("netspec.runtime.cluster.answers_on_ray", on_ray)
    outcome = here.run("pics", "-o", "ray.json", "--on", "ray", "--batch", 3)
    assert outcome.code == 0 and outcome.err.count("random") == 1 and asked == [("cpu", 3)]
    assert here.run("pics", "-o", "here.json").code == 0
    there, alone = (json.loads(Path(name).read_text()) for name in ("ray.json", "here.json"))
    assert there["results"] == alone["results"] and there["device"] == "ray"


def test_a_rejected_spec_is_exit_1(here: Here) -> None:
    assert here.run("x.npy", "--set", "input=3").code == 1


def test_weights_that_are_not_finite_are_heard_of_twice(here: Here) -> None:
    weights: dict[str, Any] = dict(all_values(graph_of(SMALL)))
    weights["fc2.bias"][1] = np.nan
    np.savez("w.npz", **weights)
    outcome = here.run("x.npy", "--weights", "w.npz")
    assert outcome.code == 0
    assert "w.npz: fc2.bias holds 1 value" in outcome.err
    assert "x.npy[0]: NaN or infinite values in output" in outcome.err


def test_missing_libraries_are_named_with_both_lines(
    here: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    outcome = here.run("x.npy")
    assert outcome.code == 2 and "`run` needs onnxruntime" in outcome.err
    for extra in ("cpu", "gpu"):
        assert f"pip install 'netspec-compiler[{extra}]'" in outcome.err


def test_the_modules_of_commands_are_light() -> None:
    code = (
        "import sys, netspec.cli.run, netspec.cli.compile, netspec.cli.doctor;"
        "print({'numpy', 'onnx', 'onnxruntime', 'PIL', 'rich'} & set(sys.modules))"
    )
    assert python(code) == "set()\n"


def test_doctor_shows_versions_and_what_starts(capsys: pytest.CaptureFixture[str]) -> None:
    outcome = netspec(capsys, "doctor")
    said = dict(line.split(maxsplit=1) for line in outcome.out.splitlines() if line[:1].isalpha())
    assert outcome.code == 0
    assert said["onnx"] == metadata.version("onnx") and said["cpu"] == "starts"


def test_doctor_finds_both_wheels(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metadata, "version", lambda name: "1.0")
    outcome = netspec(capsys, "doctor")
    assert outcome.code == 2
    assert "onnxruntime and onnxruntime-gpu are both installed" in outcome.out
    assert "pip uninstall -y onnxruntime onnxruntime-gpu" in outcome.out


def test_doctor_without_the_extras(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def version(name: str) -> str:
        if name in ("onnx", "onnxruntime", "onnxruntime-gpu"):
            raise metadata.PackageNotFoundError(name)
        return "1.0"

    monkeypatch.setattr(metadata, "version", version)
    outcome = netspec(capsys, "doctor")
    assert outcome.code == 0 and "`compile` and `run` need onnx, onnxruntime" in outcome.out
