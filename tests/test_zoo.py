"""The zoo against facts measured on PyTorch's own modules (golden_facts/README.md)."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import netspec

SPECS = Path(__file__).parent.parent / "specs"
FACTS = Path(__file__).parent / "golden_facts"

#: Zoo net -> golden facts.
GOLDEN = {
    "lenet5": "lenet5",
    "keras_mnist_cnn": "keras_mnist_cnn",
    "alexnet": "alexnet_original",
    "alexnet_tv": "alexnet",
    "zfnet": "zfnet",
    "zfnet_cs231n": "zfnet_cs231n",
    "vgg11": "vgg_a",
    "vgg11_lrn": "vgg_a_lrn",
    "vgg13": "vgg_b",
    "vgg16c": "vgg_c",
    "vgg16": "vgg_d",
    "vgg19": "vgg_e",
    "googlenet": "googlenet_original",
    "googlenet_aux": "googlenet_original_aux",
    "googlenet_bn": "googlenet",
    "plain18": "plain18",
    "plain34": "plain34",
    "resnet18": "resnet18",
    "resnet34": "resnet34",
    "resnet50": "resnet50",
    "resnet101": "resnet101",
    "resnet152": "resnet152",
    "resnet50_v1": "resnet50_v1",
    "resnet20": "cifar_resnet20_a",
    "resnet32": "cifar_resnet32_a",
    "resnet44": "cifar_resnet44_a",
    "resnet56": "cifar_resnet56_a",
    "resnet110": "cifar_resnet110_a",
    "resnet1202": "cifar_resnet1202_a",
    "resnet56b": "cifar_resnet56_b",
    "resnext50_32x4d": "resnext50_32x4d",
    "densenet121": "densenet121",
}
MEASURED_KINDS = {"CONV", "FC", "BN", "LRN", "POOL"}

#: PyTorch's module concatenates single tensors too, and keeps lists: golden_facts/README.md.
DENSENET121_ACTIVATIONS = 48_785_640

every_net = pytest.mark.parametrize("net", GOLDEN)


@cache
def report(net: str) -> Any:
    """The report of a zoo net for one sample."""
    return netspec.load(SPECS / f"{net}.yaml").elaborate().report()


@cache
def facts(name: str) -> dict[str, Any]:
    """One file of golden facts."""
    found: dict[str, Any] = json.loads((FACTS / f"{name}.json").read_text("utf-8"))
    return found


def layers(net: str) -> list[list[Any]]:
    """[kind, shape, params, macs] of the layers that the facts list, in order of execution."""
    return [
        [row.kind, list(row.shape), row.params, row.macs]
        for row in report(net).rows
        if row.kind in MEASURED_KINDS
    ]


@every_net
def test_input_and_every_layer(net: str) -> None:
    golden = facts(GOLDEN[net])
    assert list(report(net).rows[0].shape) == golden["input"]
    if "layers" in golden:
        assert layers(net) == golden["layers"]
    else:
        digest = hashlib.sha256(json.dumps(layers(net)).encode()).hexdigest()
        assert (len(layers(net)), digest) == (golden["layer_count"], golden["layers_sha256"])


@every_net
def test_totals(net: str) -> None:
    golden, totals = facts(GOLDEN[net])["totals"], report(net).totals
    assert totals.params == golden["params"]
    assert totals.macs == golden["macs"]
    assert totals.flops == 2 * golden["macs"]
    assert totals.weight_bytes == 4 * (golden["params"] + golden["running_statistics"])


@every_net
def test_activations(net: str) -> None:
    elements = facts(GOLDEN[net])["totals"]["activations"]
    if net == "densenet121":
        elements = DENSENET121_ACTIVATIONS
    assert report(net).totals.activations == elements
    assert report(net).totals.activation_bytes == 4 * elements


@pytest.mark.parametrize(
    "net",
    [
        net
        for net, golden in GOLDEN.items()
        if "inference_peak_bytes" in facts(golden) and net != "densenet121"
    ],
)
def test_inference_peak(net: str) -> None:
    assert report(net).totals.inference_peak_bytes == facts(GOLDEN[net])["inference_peak_bytes"]


@every_net
def test_published_numbers(net: str) -> None:
    for number in facts(GOLDEN[net]).get("published", []):
        ours = getattr(report(net).totals, number["what"])
        assert ours == pytest.approx(number["published"], abs=number["rounded_to"] - 1), number


def test_c5_as_a_convolution_or_as_fc_counts_the_same() -> None:
    totals, with_fc = report("lenet5").totals, facts("lenet5_fc")["totals"]
    assert (totals.params, totals.macs) == (with_fc["params"], with_fc["macs"])


def test_auxiliary_heads_are_outputs() -> None:
    graph = netspec.load(SPECS / "googlenet_aux.yaml").elaborate()
    assert list(graph.outputs) == ["output", "aux1", "aux2"]
    assert {graph.by_name[name].type.shape for name in graph.outputs.values()} == {(1000,)}


def test_vgg_table_of_cs231n_row_by_row() -> None:
    golden = facts("cs231n_vgg")
    kinds = {"INPUT": "INPUT", "CONV": "CONV", "POOL": "POOL", "FC": "FC"}
    rows = [row for row in report("vgg16").rows if row.kind in kinds.values()]
    for row, line in zip(rows, golden["rows"], strict=True):
        height, width, channels = line["hwc"]
        shape = (channels,) if row.kind == "FC" else (channels, height, width)
        assert line["layer"].startswith(row.kind)
        assert tuple(row.shape) == shape
        assert row.params == line["weights"] + line["biases"]
        elements = line["memory"]
        assert row.kind == "INPUT" or row.activation_bytes == 4 * elements
    # The page prints "24M * 4 bytes ~= 93MB"; its own rows add to this.
    assert sum(line["memory"] for line in golden["rows"]) == 15_237_608
