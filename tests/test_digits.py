"""The main job on real input: LeNet-5 reads scanned digits."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
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


def shown(sample: Path) -> str:
    """The digit that a sample's name says it shows."""
    match = re.fullmatch(r"digit_(\d)_held_out_\d{3}", sample.stem)
    assert match
    return match[1]


def test_the_samples_are_a_dozen_and_show_every_digit() -> None:
    assert len(SAMPLES) == 12
    assert {shown(sample) for sample in SAMPLES} == set("0123456789")


def held_out() -> tuple[Any, Any]:
    """The pictures that were not learned from, 0 to 255, and their digits."""
    with np.load(DIGITS / "held_out.npz") as file:
        return file["x"], file["y"]


def test_the_digits_are_the_scans_of_uci_and_their_split() -> None:
    pytest.importorskip("sklearn")
    from PIL import Image
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    scans = load_digits()
    _, out = train_test_split(
        np.arange(1797), test_size=1 / 3, random_state=0, stratify=scans.target
    )
    pictures, digits = held_out()
    assert digits.tolist() == scans.target[out].tolist()
    for scan, picture in zip(scans.images[out], pictures, strict=True):
        grey = Image.fromarray(np.rint(scan * (255 / 16)).astype(np.uint8))
        # another version of Pillow may round the enlarged picture otherwise
        difference = np.asarray(grey.resize((32, 32), Image.Resampling.BICUBIC), int) - picture
        assert abs(difference).max() <= 1


def test_at_least_98_percent_of_the_held_out_third_is_right(session: Any) -> None:
    pictures, digits = held_out()
    image = netspec.load(SPEC).inputs[0].image
    assert image is not None
    pixels = pictures[:, None].astype(np.float32)
    tensors = (pixels * image.scale - image.mean[0]) / image.std[0]
    outputs = session.run(tensors.astype(np.float32))["output"]
    right = int((outputs.argmax(axis=1) == digits).sum())
    assert right / len(digits) >= 0.985


def test_run_names_every_sample(tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    answers = tmp_path / "answers.jsonl"
    arguments = ["run", str(SPEC), str(DIGITS / "samples"), "-o", str(answers)]
    subprocess.run([*PROGRAM, *arguments], check=True, cwd=ROOT, env=environment())
    records = [json.loads(line) for line in answers.read_text("utf-8").splitlines()]
    named = {Path(record["input"]).name: record["top"][0]["label"] for record in records}
    assert named == {sample.name: shown(sample) for sample in SAMPLES}
