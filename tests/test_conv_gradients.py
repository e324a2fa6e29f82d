"""Each way to compute a convolution and its gradients in training, against PyTorch's autograd."""

from __future__ import annotations

from collections import Counter

import pytest

from netspec.autodiff.gradient import gradient_program
from netspec.layers.conv import Conv
from tests.gradient_models import autograd, differentiated, error, random_seeds
from tests.graphs import graph_around
from tests.layer_samples import Sample
from tests.net_models import random_weights

#: Layers and shapes of inputs, one or more for each way.
WAYS = {
    "a sweep, for few outputs": (Conv(5, (5, 5)), (3, 5, 5)),
    "a sweep with groups": (Conv(6, (3, 3), groups=2), (4, 3, 3)),
    "by channel": (Conv(6, (3, 3), pad=(1, 1, 1, 1), groups=6), (6, 7, 9)),
    "by channel with steps": (Conv(6, (3, 2), (2, 1), pad=(1, 0, 2, 1), groups=6), (6, 8, 9)),
    "by tap": (Conv(4, (3, 3), pad="half"), (64, 5, 6)),
    "by tap with steps": (Conv(4, (3, 3), (2, 2), pad="half", dilation=(1, 2)), (64, 12, 13)),
    "by tap, one tap": (Conv(5, (1, 1)), (7, 5, 4)),
    "by tap, one tap with steps": (Conv(5, (1, 1), (2, 3)), (7, 9, 14)),
    "by row": (Conv(4, (3, 3), pad="half"), (6, 5, 7)),
    "by row, uneven": (Conv(4, (3, 2), pad=(2, 0, 1, 1), dilation=(2, 1)), (6, 9, 8)),
    "by row, without pad": (Conv(4, (2, 5)), (8, 9, 11)),
    "by columns": (Conv(16, (3, 3), pad="half"), (2, 6, 5)),
    "by columns with groups": (Conv(8, (3, 3), pad="half", groups=2), (4, 6, 5)),
    "by columns with steps": (Conv(4, (3, 3), (2, 2), pad="same"), (6, 10, 11)),
    "unrolled": (Conv(6, (3, 3), pad="half"), (4, 2, 3)),
    "unrolled with steps": (Conv(6, (3, 3), (2, 2), pad=(1, 0, 1, 2)), (4, 6, 5)),
    "unrolled, dilated, unread rows": (
        Conv(6, (2, 3), pad=(0, 2, 0, 1), dilation=(1, 2)),
        (3, 4, 3),
    ),
    "unrolled, more filters": (Conv(6, (3, 3), bias=False), (3, 5, 4)),
}


@pytest.mark.parametrize("way", WAYS)
def test_agrees_with_autograd(way: str) -> None:
    layer, shape = WAYS[way]
    graph = graph_around(Sample(layer, (shape,)))
    weights, feeds = random_weights(graph), random_seeds(graph, batch=3)
    found = differentiated(graph, weights, feeds, training=True)
    expected = autograd(graph, weights, feeds, training=True)
    assert found.gradients.keys() == expected.keys()
    for name, array in expected.items():
        assert error(found.gradients[name], array) <= 1e-5, name
    plain = differentiated(graph, weights, feeds)
    assert error(found.values["output"], plain.values["output"]) <= 1e-5


#: How many Conv, Gemm and Concat nodes compute a kernel's gradient, forward pass included.
OPERATORS = {
    "a sweep, for few outputs": (2, 0, 0),
    "by channel": (1, 0, 1),
    "by tap": (1, 9, 1),
    "by row": (1, 1, 2),
    "by columns": (1, 1, 1),
    "unrolled": (0, 2, 1),
}


@pytest.mark.parametrize("way", OPERATORS)
def test_each_way_is_taken(way: str) -> None:
    layer, shape = WAYS[way]
    graph = graph_around(Sample(layer, (shape,)))
    program = gradient_program(graph, wrt=["y.weight"], training=True)
    counts = Counter(node.op_type for node in program.nodes)
    assert tuple(counts[op] for op in ("Conv", "Gemm", "Concat")) == OPERATORS[way]
