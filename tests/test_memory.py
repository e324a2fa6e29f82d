"""Peaks by tensor lifetimes against a brute force over every moment."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from netspec.analysis.memory import inference_peak
from netspec.analysis.report import graph_report
from netspec.graph import Graph, Node
from tests.texts import checked, spec

_ITEMS = ["RELU", "DROPOUT", "IDENTITY", "CONV(2, 1)", "CONV(7, 1)", "POOL(2, 1, pad=[0, 0, 1, 1])"]


@st.composite
def nets(draw: st.DrawFn) -> str:
    """A net of stages that start at any tensor before them, some of which are outputs."""
    count = draw(st.integers(1, 12))
    stages = ["INPUT @t0"]
    for at in range(1, count + 1):
        first, second = (draw(st.integers(0, at - 1)) for _ in range(2))
        item = draw(st.sampled_from([*_ITEMS, f"CONCAT{{ | @t{second} }}"]))
        start = "" if draw(st.booleans()) else f"@t{first} -> "
        stages.append(f"{start}{item} @t{at}")
    if draw(st.booleans()):
        stages.append("FC(3) -> RESHAPE([3, 1, 1])")
    kept = draw(st.lists(st.integers(0, count), unique=True, max_size=3))
    outputs = ", ".join(f'o{at}: "@t{at}"' for at in kept)
    rows = "".join(f"\n  - '{stage}'" for stage in stages)
    return spec(rows, f"output: {{{outputs}}}\n")


def built(text: str) -> Graph:
    """The graph of a text that is accepted."""
    graph = checked(text).graph
    assert graph is not None
    return graph


def brute_force(graph: Graph) -> int:
    """The peak in elements: for each moment the sum over all tensors that are alive in it."""

    def memory(node: Node) -> Node:
        return memory(graph.by_name[node.inputs[0]]) if node.layer.view else node

    def readers(owner: Node) -> list[int]:
        return [
            at
            for at, node in enumerate(graph.nodes)
            if any(memory(graph.by_name[name]) is owner for name in node.inputs)
        ]

    kept = [memory(graph.by_name[name]) for name in graph.outputs.values()]
    peak = 0
    for moment in range(len(graph.nodes)):
        alive = 0
        for at, node in enumerate(graph.nodes):
            if node.layer.view:
                continue
            born = 0 if node.layer.source else at
            dies = max([at, *readers(node)])
            if born <= moment and (moment <= dies or node in kept):
                alive += node.type.numel
        peak = max(peak, alive)
    return peak


@settings(max_examples=150, deadline=None, derandomize=True)
@given(nets())
def test_the_peak_is_that_of_a_brute_force(text: str) -> None:
    graph = built(text)
    peak = inference_peak(graph.nodes, graph.outputs.values())
    assert peak.elements == brute_force(graph)
    alive = sum(graph.by_name[name].type.numel for name in peak.alive)
    assert alive == peak.elements
    assert peak.at in graph.by_name


def peak_of(net: str, rest: str = "", size: str = "1x1x10") -> int:
    """The peak of a net, elements."""
    graph = built(spec(net, rest, size=size))
    return inference_peak(graph.nodes, graph.outputs.values()).elements


def test_by_hand() -> None:
    assert peak_of("INPUT") == 10
    assert peak_of("INPUT -> RELU -> TANH -> ABS") == 20  # input and output of one layer
    assert peak_of("INPUT -> CONV(3, 1) -> CONV(5, 1)") == 30 + 50
    assert peak_of("INPUT -> ADD{ | RELU -> TANH }") == 10 + 10 + 10  # the input waits
    assert peak_of("INPUT -> DROPOUT -> FLATTEN -> IDENTITY") == 10  # one memory
    assert peak_of("INPUT -> RELU -> DROPOUT @x -> TANH -> ADD{ | @x }") == 30  # kept by its view
    net = "INPUT -> RELU @x -> CONV(3, 1) -> CONV(3, 1)"
    assert peak_of(net) == 60
    assert peak_of(net, 'output: {x: "@x"}') == 70  # an output is kept


def test_all_inputs_are_there_from_the_start() -> None:
    net = "ADD{ INPUT(a) -> RELU -> TANH | INPUT(b) }"
    assert peak_of(net, size="{a: 10, b: 10}") == 30


def test_the_batch_and_the_dtype_scale_it() -> None:
    graph = built(spec("INPUT -> CONV(4, 3) -> RELU", size="3x8x8"))
    peak = inference_peak(graph.nodes, graph.outputs.values()).elements
    assert peak == 3 * 64 + 4 * 36
    assert graph_report(graph).totals.inference_peak_bytes == 4 * peak
    assert graph_report(graph, 5, "float16").totals.inference_peak_bytes == 5 * 2 * peak
