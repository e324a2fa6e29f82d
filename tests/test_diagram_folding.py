"""Folding: what is drawn once stands for what it says, and hides no difference."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

import netspec
from netspec.diagram import Look, digraph, dot, words
from netspec.diagram.folding import Box, Leaf, fold
from netspec.graph import Graph
from netspec.text.shipped import zoo
from tests.graphs import graph_of
from tests.random_nets import RandomNet, random_nets


def net(pattern: str, more: str = "") -> Graph:
    """The graph of a pattern over 8x16x16."""
    return graph_of(f"netspec: 1\nname: a\ninput: 8x16x16\nnet: '{pattern}'\n{more}")


def shown(box: Box) -> list[object]:
    """A tree as lists: the names that a layer stands for; boxes with their counts."""
    return [
        [node.name for node in member.nodes]
        if isinstance(member, Leaf)
        else (member.counts, "like" if member.like else shown(member))
        for member in box.members
    ]


def size(graph: Graph) -> int:
    """The layers and references of a diagram."""
    return digraph.drawn_layers(graph, Look())


def ends(box: Box) -> Iterator[tuple[Box, Leaf]]:
    """Each box with the last layer in it."""
    for inner in box.boxes():
        *_, last = inner.leaves()
        yield inner, last


def check_nothing_is_hidden(graph: Graph, unroll: int | None = 0) -> None:
    """Each layer is drawn once, beside its equals in kind; each edge is drawn, or goes back from
    the end of a run to its start.
    """
    root = fold(graph, unroll)
    leaves = list(root.leaves())
    assert sorted(n.name for leaf in leaves for n in leaf.nodes) == sorted(graph.by_name)
    drawn = {node.name: leaf for leaf in leaves for node in leaf.nodes}
    runs = [(set(box.leaves()), last) for box, last in ends(root) if max(box.counts) > 1]
    for leaf in leaves:
        assert len({(node.kind, node.type.rank, len(node.inputs)) for node in leaf.nodes}) == 1
        first = [drawn[name] for name in leaf.nodes[0].inputs]
        for node in leaf.nodes[1:]:
            for said, name in zip(first, node.inputs, strict=True):
                backward = {last for inside, last in runs if leaf in inside and said not in inside}
                assert drawn[name] in {said, *backward}


def test_iterations_of_one_structure_are_drawn_once() -> None:
    graph = net(
        "INPUT -> [[CONV(f) -> RELU]*n -> BN]*stage -> FC(2)",
        "where: {stage: [{f: 8, n: 1}, {f: 4, n: 2}]}\n",
    )
    assert shown(fold(graph)) == [
        ["input"],
        (
            (2,),
            [((1, 2), [["conv1", "conv2", "conv3"], ["relu1", "relu2", "relu3"]]), ["bn1", "bn2"]],
        ),
        ["flatten1"],
        ["fc1"],
    ]
    assert "f: 8, 4 · n: 1, 2" in dot(graph)


def test_a_flatten_before_a_stack_of_fc_stands_before_the_box() -> None:
    assert shown(fold(net("INPUT -> [FC(8) -> RELU]*3"))) == [
        ["input"],
        ["flatten1"],
        ((3,), [["fc1", "fc2", "fc3"], ["relu1", "relu2", "relu3"]]),
    ]


def test_an_iteration_of_another_structure_is_drawn_by_itself() -> None:
    graph = net(
        "INPUT -> [CONV(8, 1) -> BN?bn]*stage",
        "where: {stage: [{bn: yes}, {bn: yes}, {bn: no}]}\n",
    )
    assert shown(fold(graph)) == [
        ["input"],
        ((2,), [["conv1", "conv2"], ["bn1", "bn2"]]),
        ((1,), [["conv3"]]),
    ]


def test_what_is_written_out_is_folded_too() -> None:
    assert shown(fold(net("INPUT -> CONV(8, 1) -> RELU -> CONV(8, 1) -> RELU -> BN"))) == [
        ["input"],
        ((2,), [["conv1", "conv2"], ["relu1", "relu2"]]),
        ["bn1"],
    ]


@pytest.mark.parametrize("other", ["CONV(8, 3, pad=1)", "CONV(8, 1, groups=2)", "CONV(4, 1)"])
def test_what_is_written_out_differently_is_not(other: str) -> None:
    graph = net(f"INPUT -> CONV(8, 1) -> RELU -> {other} -> RELU")
    assert [len(leaf.nodes) for leaf in fold(graph).leaves()] == [1] * 5


def test_a_tensor_that_is_read_from_outside_keeps_its_iteration_apart() -> None:
    graph = net("INPUT -> [CONV(8, 1) @here -> RELU]*3 -> ADD{ | @here[0] }")
    assert shown(fold(graph)) == [
        ["input"],
        ((1,), [["conv1"], ["relu1"]]),
        ((2,), [["conv2", "conv3"], ["relu2", "relu3"]]),
        ["add1"],
    ]


def test_iterations_that_read_different_tensors_are_apart() -> None:
    graph = net(
        "INPUT -> CONV(8, 1) @a -> RELU @b -> [ADD{ | TAP }]*2",
        "blocks: {TAP: '@a'}\n",
    )
    assert ((2,), [["add1", "add2"]]) in shown(fold(graph))
    other = net("INPUT -> CONV(8, 1) @a -> RELU @b -> ADD{ | @a } -> ADD{ | @b }")
    assert all(len(leaf.nodes) == 1 for leaf in fold(other).leaves())


BLOCK = "blocks:\n  B(f, s): CONV(f, 3, s, pad=1) -> BN -> RELU -> CONV(f, 1) -> RELU\n"


def test_a_block_that_occurs_again_refers_to_the_first() -> None:
    graph = net("INPUT -> B(8, 1) -> POOL -> B(4, 1) -> GAP", BLOCK)
    assert shown(fold(graph))[3] == ((1,), "like")
    assert "as drawn above" in dot(graph)
    assert "f: 4" in dot(graph)


def test_a_block_with_another_window_is_drawn() -> None:
    graph = net("INPUT -> B(8, 1) -> POOL -> B(8, 2) -> GAP", BLOCK)
    assert size(graph) == len(graph.nodes)


def test_levels_are_unrolled_from_outside() -> None:
    graph = net("INPUT -> [[CONV(8, 1) -> RELU]*2 -> BN]*3")
    sizes = [sum(1 for _ in fold(graph, unroll).leaves()) for unroll in (0, 1, 2, None)]
    assert sizes == [4, 10, 16, 16]


@pytest.mark.parametrize("name", zoo())
def test_the_zoo_hides_nothing(name: str) -> None:
    graph = netspec.load(name).elaborate()
    check_nothing_is_hidden(graph)
    check_nothing_is_hidden(graph, 1)


@pytest.mark.parametrize(
    ("name", "most"), [("resnet152", 40), ("densenet121", 40), ("googlenet", 40), ("vgg16", 12)]
)
def test_deep_nets_fit_on_a_page(name: str, most: int) -> None:
    assert size(netspec.load(name).elaborate()) <= most


@given(random_nets(), st.sampled_from((0, 1, 2)))
def test_random_nets_hide_nothing(made: RandomNet, unroll: int) -> None:
    check_nothing_is_hidden(graph_of(made.text), unroll)


def test_ten_thousand_layers_are_folded() -> None:
    assert size(net("INPUT -> [CONV(8, 1) -> RELU]*5000")) == 3
    assert size(net("INPUT -> " + " -> ".join(["CONV(8, 1) -> BN -> RELU"] * 3333))) == 4


def said(graph: Graph) -> list[str]:
    """What the layers of a folded diagram say of hyperparameters in which they differ."""
    return [said for leaf in fold(graph).leaves() for said in words.differing(leaf)]


@pytest.mark.parametrize(
    ("pattern", "rows", "told"),
    [
        ("CONV(8, 3, pad=p)", "[{p: 1}, {p: 0}, {p: 1}]", ["pad=1, 0, 1"]),
        ("CONV(8, 1)", "[{CONV: {bias: no}}, {CONV: {bias: yes}}]", ["bias=no, yes"]),
        ("BN", "[{BN: {eps: 0.5}}, {}]", ["eps=0.5, 1e-05"]),
        ("CONV(2*C, 3, pad=C/8)", "[{}, {}]", ["pad=1, 2"]),
        ("DECONV(8, 3, 2, output_pad=p)", "[{p: 0}, {p: 1}]", ["output_pad=0, 1"]),
        ("CONV(f, k, s, pad=half)", "[{f: 4, k: 3, s: 2}, {f: 8, k: 1, s: 1}]", []),
        ("LEAKYRELU(slope=p)", "[{p: 0.1}, {p: 0.2}]", []),
    ],
)
def test_layers_say_in_what_they_differ_besides_window_and_shape(
    pattern: str, rows: str, told: list[str]
) -> None:
    graph = net(f"INPUT -> [{pattern} -> RELU]*stage", f"where: {{stage: {rows}}}\n")
    assert said(graph) == told
    assert all(words in dot(graph) for words in told)


def test_a_box_says_the_defaults_of_its_rows() -> None:
    rows = "where: {stage: [{CONV: {pad: half, bias: no}}, {CONV: {pad: 1}}]}\n"
    text = dot(net("INPUT -> [CONV(8, 3) -> RELU]*stage", rows))
    assert "CONV pad: half, 1 · CONV bias: no, -" in text


def test_stages_that_differ_in_a_row_are_not_equal() -> None:
    graph = net(
        "INPUT -> [CONV(f, 1) -> RELU]*a -> BN -> [CONV(f, 1) -> RELU]*b -> BN",
        "where: {a: [{f: 8}, {f: 4}, {f: 8}], b: [{f: 8}, {f: 16}, {f: 8}]}\n",
    )
    assert [len(leaf.nodes) for leaf in fold(graph).leaves()] == [1, 3, 3, 1, 3, 3, 1]


@pytest.mark.parametrize(
    ("body", "first", "then"),
    [
        ("CONV(8, 3, pad=1, bias=p)", "yes", "no"),
        ("CONV(8, 3, pad=p) -> RELU -> CONV(8, 3, pad=2-p)", "0", "1"),
        ("BN(eps=p)", "0.1", "0.2"),
        ("[CONV(8, 1) -> RELU]*p", "2", "3"),
    ],
)
def test_a_block_that_differs_in_more_than_sizes_is_drawn_again(
    body: str, first: str, then: str
) -> None:
    more = f"blocks:\n  B(p): '{body} -> RELU -> BN -> TANH -> BN -> GELU'\n"
    assert "as drawn above" in dot(net(f"INPUT -> B({first}) -> POOL -> B({first})", more))
    assert "as drawn above" not in dot(net(f"INPUT -> B({first}) -> POOL -> B({then})", more))


def test_values_stand_in_boxes_without_the_marks_of_messages() -> None:
    rows = "where: {stage: [{b: yes, m: nearest}, {b: no, m: bilinear}]}\n"
    text = dot(net("INPUT -> [CONV(8, 1, bias=b) -> UPSAMPLE(1, mode=m)]*stage", rows))
    assert "b: yes, no · m: nearest, bilinear" in text
