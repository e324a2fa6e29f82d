"""The main job on real input: LeNet-5 reads scanned digits."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import netspec
from tests.commands import PROGRAM, environment

ROOT = Path(__file__).parent.parent
DIGITS = ROOT / "specs" / "digits"
SPEC = DIGITS / "lenet5.yaml"
SAMPLES = sorted((DIGITS / "samples").glob("*.png"))


@pytest.fixture(scope="module")
def session() -> Any:
    """LeNet-5 with its trained weights."""
    pytest.importorskip("onnxruntime")
    return netspec.Session(netspec.load(SPEC), device="cpu")


@pytest.fixture(scope="module")
def data() -> ModuleType:
    """The script beside the spec that makes the pictures and the split."""
    pytest.importorskip("sklearn")
    found = importlib.util.spec_from_file_location("digits_data", DIGITS / "data.py")
    assert found and found.loader
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def shown(sample: Path) -> str:
    """The digit that a sample's name says it shows."""
    match = re.fullmatch(r"digit_(\d)_held_out_\d{3}", sample.stem)
    assert match
    return match[1]


def test_the_samples_are_a_dozen_and_show_every_digit() -> None:
    assert len(SAMPLES) == 12
    assert {shown(sample) for sample in SAMPLES} == set("0123456789")


def test_the_samples_are_held_out_pictures(data: ModuleType) -> None:
    import numpy as np
    from PIL import Image

    _, held_out = data.split(data.load())
    for sample in SAMPLES:
        index = int(sample.stem[-3:])
        assert str(held_out.digits[index]) == shown(sample)
        # Another version of Pillow may round the enlarged picture otherwise.
        difference = np.asarray(Image.open(sample), int) - held_out.pictures[index]
        assert abs(difference).max() <= 1


def test_at_least_98_percent_of_the_held_out_third_is_right(session: Any, data: ModuleType) -> None:
    import numpy as np

    known, held_out = data.split(data.load())
    assert (len(known.digits), len(held_out.digits)) == (1198, 599)
    image = netspec.load(SPEC).inputs[0].image
    assert image is not None
    pixels = held_out.pictures[:, None].astype(np.float32)
    tensors = (pixels * image.scale - image.mean[0]) / image.std[0]
    outputs = session.run(tensors.astype(np.float32))["output"]
    right = int((outputs.argmax(axis=1) == held_out.digits).sum())
    assert right / len(held_out.digits) >= 0.98


def test_run_names_every_sample(tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    answers = tmp_path / "answers.jsonl"
    arguments = ["run", str(SPEC), str(DIGITS / "samples"), "-o", str(answers)]
    subprocess.run([*PROGRAM, *arguments], check=True, cwd=ROOT, env=environment())
    records = [json.loads(line) for line in answers.read_text("utf-8").splitlines()]
    named = {Path(record["input"]).name: record["top"][0]["label"] for record in records}
    assert named == {sample.name: shown(sample) for sample in SAMPLES}
