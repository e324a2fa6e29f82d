"""Nets that are not in the zoo, against published numbers, ONNX and PyTorch."""

from __future__ import annotations

import re
from pathlib import Path

import onnx
import pytest

from netspec.analysis.report import graph_report
from netspec.graph.graph import Graph
from tests.graphs import graph_of
from tests.net_models import BATCH, weightless_model
from tests.test_random_nets import (
    agree_on_inferred,
    agree_on_shapes,
    agree_on_values,
)

NETS = Path(__file__).parent / "foreign"

#: Parameters as published, and 10^9 multiply-accumulates as published, to the last digit given.
#: torchvision's are `num_params` and `_ops` of its weights (inception_v3's without the auxiliary
#: head: 27,161,264 - 3,326,696), and the count of its module for densenet_bc; MobileNetV1's are
#: Keras's count, without running statistics, and the paper's table 4. ConvNeXt's layer scale is a
#: convolution here, so its MACs differ.
PUBLISHED: dict[str, tuple[int, str | None]] = {
    "mobilenet_v1": (4_231_976, "0.569"),
    "mobilenet_v2": (3_504_872, "0.301"),
    "efficientnet_b0": (5_288_548, "0.386"),
    "squeezenet1_1": (1_235_496, "0.349"),
    "shufflenet_v2": (2_278_604, "0.145"),
    "inception_v3": (23_834_568, "5.713"),
    "convnext_t": (28_589_128, None),
    "densenet_bc": (325_300, None),
}
#: Inputs that are small and not square for nets of ImageNet, so that values are compared quickly.
SMALL = {
    "mobilenet_v1": "3x45x70",
    "mobilenet_v2": "3x45x70",
    "efficientnet_b0": "3x45x70",
    "squeezenet1_1": "3x45x70",
    "shufflenet_v2": "3x45x70",
    "inception_v3": "3x75x91",
    "convnext_t": "3x32x64",
}
ALL = sorted(path.stem for path in NETS.glob("*.yaml"))


def graph(name: str, shape: str | None = None) -> Graph:
    """The graph of a net, at an input of another shape if one is given."""
    text = (NETS / f"{name}.yaml").read_text("utf-8")
    if shape is not None:
        text = re.sub(r"(?m)^input: .*$", f"input: {shape}", text)
    return graph_of(text)


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_numbers(name: str) -> None:
    totals = graph_report(graph(name)).totals
    params, giga_macs = PUBLISHED[name]
    assert totals.params == params
    if giga_macs is not None:
        assert f"{totals.macs / 1e9:.3f}" == giga_macs


@pytest.mark.parametrize("name", ALL)
def test_onnx_agrees_on_every_shape(name: str) -> None:
    net = graph(name)
    model = weightless_model(net)
    onnx.checker.check_model(model, full_check=True)
    agree_on_inferred(net, model)


@pytest.mark.parametrize("name", ALL)
def test_every_layer_agrees_with_pytorch(name: str) -> None:
    net = graph(name, SMALL.get(name))
    found = agree_on_values(net)
    agree_on_shapes(net, {layer: value.shape for layer, value in found.items()}, BATCH)
