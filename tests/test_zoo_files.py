"""The zoo as files: short and free of mistakes; sizes of the nets that no golden facts cover."""

from __future__ import annotations

from pathlib import Path

import pytest

import netspec

SPECS = Path(__file__).parent.parent / "specs"
FILES = sorted(SPECS.glob("*.yaml"))

#: Lines of YAML at most, comments and blank lines not counted.
LINE_BUDGETS = {"vgg16": 14, "resnet50": 20, "googlenet": 36, "densenet121": 18}

#: The published sizes of the language reference.
PUBLISHED_PARAMS = {
    "lenet5": 61_706,
    "alexnet": 60_965_224,
    "vgg16": 138_357_544,
    "keras_mnist_cnn": 1_199_882,
    "googlenet": 6_998_552,
    "resnet18": 11_689_512,
    "resnet50": 25_557_032,
    "resnext50_32x4d": 25_028_904,
    "densenet121": 7_978_856,
    "unet": 31_030_658,
    "mlp": 669_706,  # Keras examples/mnist_mlp.py
    "linear": 30_730,  # CS231n: 10 x 3072 weights, 10 biases
}

#: params, macs and activations of nets without golden facts, counted in PyTorch 2.13.
PINNED = {
    "linear": (30_730, 30_720, 10),
    "mlp": (669_706, 668_672, 2_068),
    "textbook": (2_386_986, 40_733_184, 242_186),
    "unet": (31_030_658, 48_096_083_968, 89_653_248),
}

every_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)


def lines_of_yaml(path: Path) -> int:
    lines = (line.strip() for line in path.read_text("utf-8").splitlines())
    return sum(1 for line in lines if line and not line.startswith("#"))


@every_file
def test_a_zoo_file_names_its_schema_its_net_and_its_source(path: Path) -> None:
    first, *_ = path.read_text("utf-8").splitlines()
    assert first == "# yaml-language-server: $schema=../schemas/netspec-1.schema.json"
    spec = netspec.load(path)
    assert spec.name == path.stem
    assert spec.doc


@every_file
def test_a_zoo_file_has_no_warning_and_notes_alone_of_what_was_published(path: Path) -> None:
    found = netspec.check(path.read_text("utf-8"))
    assert [d for d in found if d.severity != "note"] == []


@pytest.mark.parametrize("net", LINE_BUDGETS)
def test_line_budgets(net: str) -> None:
    assert lines_of_yaml(SPECS / f"{net}.yaml") <= LINE_BUDGETS[net]


@pytest.mark.parametrize("net", PUBLISHED_PARAMS)
def test_published_sizes(net: str) -> None:
    totals = netspec.load(SPECS / f"{net}.yaml").elaborate().report().totals
    assert totals.params == PUBLISHED_PARAMS[net]


@pytest.mark.parametrize("net", PINNED)
def test_pinned_totals(net: str) -> None:
    totals = netspec.load(SPECS / f"{net}.yaml").elaborate().report().totals
    assert (totals.params, totals.macs, totals.activations) == PINNED[net]
