"""Receptive fields against gradients of PyTorch, published values, and the law of one window."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

import netspec
from netspec.analysis.receptive import Field, receptive_fields
from netspec.analysis.report import graph_report
from netspec.graph import Graph
from netspec.text.diagnostics import SpecError
from tests.graphs import graph_of

SPECS = Path(__file__).parent.parent / "specs"
SIDE = 61


def net(pattern: str, shape: str = f"2x{SIDE}x{SIDE}") -> Graph:
    """The graph of a pattern."""
    return graph_of(f"netspec: 1\nname: net\ninput: {shape}\nnet: {pattern!r}\n")


def field(graph: Graph, name: str) -> Field:
    """The field of a layer."""
    found = receptive_fields(graph.nodes)[name]
    assert found is not None
    return found


def fitting(chain: str) -> Graph:
    """The graph of a chain that was drawn, if the input is large enough for it."""
    try:
        return net(f"INPUT -> {chain}")
    except SpecError:
        reject()


def of_last(pattern: str) -> Field:
    """The field of the last layer of a pattern."""
    graph = net(pattern)
    return field(graph, graph.outputs["output"])


@pytest.mark.parametrize(
    ("name", "layer", "size", "padding"),
    [
        # Araujo, Norris & Sim 2019: alexnet_v2, vgg_16; resnet_v1_50 has 239, as its pool pads 0, 1
        ("alexnet", "pool3", 195, 64),
        ("vgg16", "pool5", 212, 90),
        ("resnet50_v1", "relu49", 483, 239 + 2),
        # the table of gist samson-wang/a6073c18: torchvision's, whose stride is on the 3x3
        ("resnet18", "relu17", 435, 217),
        ("resnet34", "relu33", 899, 449),
        ("resnet50", "relu49", 427, 213),
        ("resnet101", "relu100", 971, 485),
    ],
)
def test_published_values(name: str, layer: str, size: int, padding: int) -> None:
    graph = netspec.load(SPECS / f"{name}.yaml").elaborate()
    assert field(graph, layer) == Field((size, size), (32, 32), (padding, padding))


def test_one_window() -> None:
    found = of_last("INPUT -> CONV(1, [3, 5], [2, 1], pad=[1, 2, 1, 2], dilation=[2, 1])")
    assert found == Field((5, 5), (2, 1), (1, 2))


def test_layers_without_a_window_see_their_own_pixel() -> None:
    assert of_last("INPUT -> CONV(4, 3) -> BN -> RELU -> DROPOUT -> SHUFFLE(2)").size == (3, 3)


def test_a_vector_sees_the_whole_input_and_has_no_place() -> None:
    graph = net("INPUT -> CONV(4, 3) -> GAP -> FC(3)")
    assert field(graph, "gap1") == field(graph, "fc1") == Field((SIDE, SIDE), None, None)


def test_no_field_without_an_area() -> None:
    graph = net("INPUT -> FC(3)", "7")
    assert set(receptive_fields(graph.nodes).values()) == {None}


def test_branches_that_start_apart_see_more_together_than_any_alone() -> None:
    found = of_last("INPUT -> ADD{ CONV(2, 2, pad=[1, 1, 0, 0]) | CONV(2, 2, pad=[0, 0, 1, 1]) }")
    assert found == Field((3, 3), (1, 1), (1, 1))


def test_a_gate_brings_the_whole_plane_to_each_pixel() -> None:
    found = of_last("INPUT -> CONV(2, 3) -> MUL{ | GAP(keep=yes) -> CONV(C, 1) -> SIGMOID }")
    assert (found.size, found.stride) == ((SIDE, SIDE), (1, 1))
    found = of_last("INPUT -> CONV(2, 3) -> MUL{ | GAP -> FC(C) -> SIGMOID }")
    assert found.size == (SIDE, SIDE)


def test_a_window_over_enlarged_pixels_sees_whole_ones() -> None:
    # 2 of 4 neighbours that are 2 by 2 the same may stand on 2 pixels, which are 4 apart.
    assert of_last("INPUT -> CONV(1, 4, 4) -> UPSAMPLE(2) -> CONV(1, 2)").size == (8, 8)
    assert of_last("INPUT -> UPSAMPLE(3)").stride == (Fraction(1, 3),) * 2


def test_huge_factors_are_bounded_not_tabled() -> None:
    found = of_last("INPUT -> UPSAMPLE(1000) -> CONV(1, 3)")
    assert found.size[0] in (2, 3)


def test_json() -> None:
    report = graph_report(net("INPUT -> CONV(4, 3, 2, pad=1) -> UPSAMPLE(4) -> GAP")).to_json()
    rows: Any = report["layers"]
    assert [row["receptive_field"] for row in rows] == [[1, 1], [3, 3], [3, 3], [SIDE, SIDE]]
    assert [row["receptive_stride"] for row in rows] == [[1, 1], [2, 2], [0.5, 0.5], None]
    assert [row["receptive_padding"] for row in rows] == [[0, 0], [1, 1], [1, 1], None]


SIZES = st.integers(1, 4)


@st.composite
def windows(draw: Any) -> str:
    """A layer with a window."""
    height, width, dilation = draw(SIZES), draw(SIZES), draw(st.sampled_from([1, 1, 1, 2]))
    down, right = draw(st.sampled_from([(1, 1), (1, 1), (2, 2), (2, 1), (3, 3), (1, 3)]))
    reach = min(height, width)
    pads = [draw(st.integers(0, reach - 1)) for _ in range(4)]
    pad = draw(st.sampled_from(["valid", "same", str(pads)]))
    sides = f"[{height}, {width}], [{down}, {right}], pad={pad}, dilation={dilation}"
    kind = draw(st.sampled_from(["CONV(2, ", "POOL(", "AVGPOOL("]))
    return f"{kind}{sides})"


@st.composite
def enlargements(draw: Any) -> str:
    """A layer that enlarges."""
    scale = draw(st.sampled_from([2, 2, 3]))
    mode = draw(st.sampled_from(["nearest", "bilinear"]))
    kernel = draw(st.integers(scale, 5))
    crop = draw(st.integers(0, 1))
    deconv = f"DECONV(2, {kernel}, {scale}, pad={crop})"
    return str(draw(st.sampled_from([f"UPSAMPLE({scale}, mode={mode})", deconv])))


@st.composite
def branches(draw: Any) -> str:
    """Branches of one size and one stride, which need not start at one place."""
    stride = draw(st.integers(1, 2))

    def branch() -> str:
        last = f"CONV(2, {draw(SIZES)}, {stride}, pad=same)"
        return f"CONV(2, {draw(SIZES)}, pad=same) -> {last}" if draw(st.booleans()) else last

    kind = draw(st.sampled_from(["ADD", "CONCAT", "MUL"]))
    parts = [branch() for _ in range(draw(st.integers(2, 3)))]
    return f"{kind}{{ {' | '.join(parts)} }}"


CHAINS = st.lists(st.one_of(windows(), branches()), min_size=1, max_size=4).map(" -> ".join)
HOURGLASSES = st.tuples(windows(), enlargements(), windows(), branches()).map(" -> ".join)


@settings(max_examples=30, deadline=None)
@given(st.one_of(CHAINS, HOURGLASSES))
def test_gradients_reach_as_far_as_the_field_and_no_further(chain: str) -> None:
    graph = fitting(chain)
    found = field(graph, graph.outputs["output"])
    for axis in (0, 1):
        extents = list(seen(graph, axis))
        # a floored window may leave the last rows unread: what is read begins and ends here
        first, last = min(low for low, _ in extents), max(high for _, high in extents)
        inside = [high - low + 1 for low, high in extents if low > first and high < last]
        assert all(high - low < found.size[axis] for low, high in extents)
        # Enlarged pixels see in turns, of which six are enough for one to see the most.
        if len(inside) >= 6:
            assert max(inside) == found.size[axis], (chain, axis)


@settings(max_examples=30, deadline=None)
@given(CHAINS)
def test_stride_and_padding_say_where_each_pixel_looks(chain: str) -> None:
    graph = fitting(chain)
    found = field(graph, graph.outputs["output"])
    assert found.stride is not None and found.padding is not None
    for axis in (0, 1):
        for at, (low, high) in enumerate(seen(graph, axis)):
            start = at * found.stride[axis] - found.padding[axis]
            end = start + found.size[axis] - 1
            assert start <= low <= high <= end
            if start >= 0:
                assert low == start, (chain, axis)
            if end + found.stride[axis] < SIDE:  # floored windows may leave that much unread
                assert high == end, (chain, axis)


def seen(graph: Graph, axis: int) -> Iterator[tuple[int, int]]:
    """The first and last input row (or column) in which a gradient of each output row arrives.

    Weights and inputs are positive and maxima are sums, so that no gradient is 0 by chance.
    """
    torch = pytest.importorskip("torch", reason="gradients are PyTorch's (dev extra)")
    x = torch.ones(1, *graph.inputs["input"].shape, dtype=torch.float64, requires_grad=True)
    y = positive(graph, x)
    middle = y.shape[3 - axis] // 2
    line = y.sum((0, 1)).select(1 - axis, middle)
    for value in line:
        (gradient,) = torch.autograd.grad(value, x, retain_graph=True)
        touched = gradient.sum((0, 1, 3 - axis)).nonzero().flatten()
        if len(touched):
            yield int(touched[0]), int(touched[-1])


def positive(graph: Graph, x: Any) -> Any:
    """The net with all weights 1 and sums for maxima."""
    from netspec.layers.conv import Conv
    from tests.torch_reference import RULES, torch

    values: dict[str, Any] = {"input": x}
    for node in graph.nodes[1:]:
        inputs, layer, kind = [values[name] for name in node.inputs], node.layer, node.kind
        if kind in ("POOL", "AVGPOOL"):
            pool: Any = layer
            layer, kind = (
                Conv(
                    inputs[0].shape[1], pool.kernel, pool.step, pad=pool.pad, dilation=pool.dilation
                ),
                "CONV",
            )
        ones = {
            name: torch.ones(weight.shape, dtype=torch.float64) / weight.numel
            for name, weight in layer.weights(graph.input_types(node)).items()
        }
        value = RULES[kind](layer, inputs, ones)
        values[node.name] = value / value.mean().detach()
    return values[graph.outputs["output"]]
