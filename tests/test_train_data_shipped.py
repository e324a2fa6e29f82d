"""The data that travel with the zoo: scanned digits and Fisher's iris."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

import netspec
from netspec.train.data import Dataset, split
from tests.training_data import everything, opened

SPECS = Path(__file__).parent.parent / "specs"
DIGITS = SPECS / "digits"
SAMPLES = sorted((DIGITS / "samples").glob("*.png"))


def digits(name: str) -> Dataset:
    return opened(DIGITS / name, netspec.load(DIGITS / "lenet5.yaml").elaborate())


def test_digits_are_two_thirds_and_a_third() -> None:
    known, held = digits("train.npz"), digits("held_out.npz")
    assert (len(known), len(held)) == (1198, 599)
    assert known.classes == held.classes == tuple("0123456789")
    share = np.bincount(held.targets.astype(np.int64)) / np.bincount(
        np.concatenate([known.targets, held.targets]).astype(np.int64)
    )
    np.testing.assert_allclose(share, 1 / 3, atol=0.005)


def test_no_picture_is_in_both_parts() -> None:
    known, held = (
        {x.tobytes() for x in everything(digits(f))} for f in ("train.npz", "held_out.npz")
    )
    assert not known & held


def test_the_samples_are_held_out_pictures() -> None:
    with np.load(DIGITS / "held_out.npz") as file:
        x, y = file["x"], file["y"]
    assert len(SAMPLES) == 12
    for sample in SAMPLES:
        at = int(sample.stem[-3:])
        assert sample.stem.startswith(f"digit_{y[at]}_")
        np.testing.assert_array_equal(np.asarray(Pillow.open(sample)), x[at])


def test_iris_is_fishers() -> None:
    sklearn = pytest.importorskip("sklearn.datasets")
    graph = netspec.load(SPECS / "iris.yaml").elaborate()
    path = graph.spec.train.data
    assert path is not None
    data, theirs = opened(path.path, graph, target=path.target), sklearn.load_iris()
    np.testing.assert_array_equal(everything(data), theirs.data.astype(np.float32))
    np.testing.assert_array_equal(data.targets, theirs.target)
    assert data.classes == tuple(theirs.target_names)
    _, held = split(data, graph.spec.train.split, 0)
    assert np.bincount(held.targets.astype(np.int64)).tolist() == [10, 10, 10]
