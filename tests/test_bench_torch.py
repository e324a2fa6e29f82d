"""Nets in PyTorch, as `bench --compare` runs them, compute what ours compute."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from netspec.bench.torch_net import torch_net
from netspec.graph.graph import Graph
from netspec.runtime.session import Session
from netspec.weights.initial import Seeded
from tests.graphs import SMALL, TWO_INPUTS, graph_around, graph_of
from tests.layer_samples import SAMPLES, Sample

torch: Any = pytest.importorskip("torch", reason="nets are made in PyTorch (dev extra)")

#: Tensors that are read twice, which nothing may overwrite.
FORKS = """\
netspec: 1
name: forks
input: 2x6x6
net: INPUT -> CONV(2) @a -> ADD{ RELU | } @b -> ADD{ RELU | CONV(2, 1) } -> ADD{ | @b } -> RELU
output: {early: "@a", late: "@b"}
"""
TWICE = "netspec: 1\nname: t\ninput: 2x4x4\nnet: INPUT -> CONV(2) @a -> ADD{ | @a | @a } -> RELU\n"
RESIDUAL = """\
netspec: 1
name: residual
input: 3x8x8
net: INPUT -> CONV(4) -> BN -> RELU -> ADD{ CONV(4, pad=1) -> BN -> RELU | } -> RELU -> GAP -> FC(5)
"""


def assert_equal(graph: Graph) -> None:
    """The net in PyTorch gives ONNX Runtime's answers, and leaves its inputs as they are."""
    random = np.random.default_rng(0)
    feeds = {
        name: random.standard_normal((3, *kind.shape), dtype=np.float32)
        for name, kind in graph.inputs.items()
    }
    expected = Session(graph, seed=1, device="cpu").run(feeds)
    given = {name: array.copy() for name, array in feeds.items()}
    net = torch_net(graph, Seeded(graph, 1))
    with torch.inference_mode():
        for _ in range(2):  # the second run finds nothing overwritten
            found = net(*(torch.from_numpy(array) for array in given.values()))
    for name, array in zip(expected, found, strict=True):
        scale = max(float(np.abs(expected[name]).max()), 1e-3)
        np.testing.assert_allclose(array.numpy(), expected[name], rtol=0, atol=1e-5 * scale)
    for name, array in feeds.items():
        np.testing.assert_array_equal(given[name], array)


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
def test_each_layer(sample: Sample) -> None:
    assert_equal(graph_around(sample))


@pytest.mark.parametrize("text", [SMALL, TWO_INPUTS, FORKS, TWICE, RESIDUAL])
def test_whole_nets(text: str) -> None:
    assert_equal(graph_of(text))
