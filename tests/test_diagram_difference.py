"""`diff --draw`: both nets in one picture, nothing of either left out."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import netspec
from netspec.analysis.diff import diff_graphs
from netspec.analysis.diff.costs import CostedDiff
from netspec.diagram import THEMES, Look, difference_dot
from netspec.diagram.changes import Links, stretches
from netspec.graph import Graph
from tests.commands import netspec as run
from tests.graphs import graph_of

Golden = Callable[[str, str], None]

NET = "netspec: 1\nname: {name}\ninput: 8x16x16\nnet: 'INPUT -> {layers}'\n"
LAYERS = st.sampled_from(
    ("RELU", "BN", "CONV(8, 1)", "CONV(8, 3, pad=1)", "POOL(1)", "ADD{ CONV(8, 1) -> BN | }")
)


def net(name: str, layers: str) -> Graph:
    """A net of some layers."""
    return graph_of(NET.format(name=name, layers=layers))


def of_zoo(name: str) -> Graph:
    """A net of the zoo."""
    return netspec.load(name).elaborate()


def picture(left: Graph, right: Graph, look: Look = Look()) -> str:  # noqa: B008  # frozen
    """The DOT text of their difference."""
    return difference_dot(CostedDiff(diff_graphs(left, right)), look)


def check_all_is_drawn(left: Graph, right: Graph) -> None:
    """Each layer is in one item; each arrow of either net is drawn, lies inside an item, or leads
    back to where a stretch starts again; and the picture has no cycle.
    """
    diff = diff_graphs(left, right)
    parts = stretches(diff)
    items = [item for stretch in parts for item in stretch.items]
    assert sorted(id(pair) for item in items for pair in item.pairs) == sorted(map(id, diff.pairs))
    stretch_of = [at for at, stretch in enumerate(parts) for _ in stretch.items]
    links = list(Links(diff, items))
    assert all(link.source < link.target and (link.left or link.right) for link in links)
    for side, graph in enumerate((left, right)):
        place = {
            node.name: at
            for at, item in enumerate(items)
            for pair in item.pairs
            if (node := (pair.left, pair.right)[side]) is not None
        }
        drawn = {(link.source, link.target) for link in links if (link.left, link.right)[side]}
        for node in graph.nodes:
            for source in node.inputs:
                a, b = place[source], place[node.name]
                back = a > b and stretch_of[a] == stretch_of[b]
                assert (a, b) in drawn or a == b or back


def test_a_difference_as_dot(golden: Golden) -> None:
    left = net("before", "CONV(8, 3, pad=1) -> RELU -> BN -> POOL -> FC(10)")
    right = net("after", "CONV(8, 5, pad=2) -> [CONV(8, 1) -> BN]*2 -> RELU -> POOL -> FC(10)")
    golden("diagram/difference.dot", picture(left, right))
    golden("diagram/difference_dark.dot", picture(left, right, Look("LR", THEMES["dark"])))


def test_what_did_not_change_is_one_box() -> None:
    text = picture(of_zoo("vgg16"), of_zoo("vgg19"))
    assert text.count("unchanged") == 4
    assert text.count("<b>+ CONV 3x3") == 3


def test_what_was_added_again_and_again_is_drawn_once() -> None:
    text = picture(of_zoo("resnet50"), of_zoo("resnet101"))
    assert "×17" in text
    assert len(re.findall(r"^ *n\d+ \[", text, re.MULTILINE)) == 12


def test_the_nets_files_are_named_where_their_names_are_equal() -> None:
    assert "test.yaml → test.yaml" in picture(net("a", "RELU"), net("a", "TANH"))


@given(st.lists(LAYERS, max_size=9), st.lists(LAYERS, max_size=9))
def test_nothing_is_left_out(before: list[str], after: list[str]) -> None:
    check_all_is_drawn(
        net("a", " -> ".join([*before, "GAP"])), net("b", " -> ".join([*after, "GAP"]))
    )


@pytest.mark.parametrize(
    ("left", "right"),
    [("resnet18", "plain18"), ("resnet50", "resnext50_32x4d"), ("googlenet", "googlenet_bn")],
)
def test_nothing_of_the_zoo_is_left_out(left: str, right: str) -> None:
    check_all_is_drawn(of_zoo(left), of_zoo(right))


def test_the_command_draws_and_prints(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    result = run(capsys, "diff", "vgg11", "vgg13", "--draw", "-o", tmp_path / "d.svg")
    assert (result.code, result.err) == (1, f"wrote {tmp_path / 'd.svg'}\n")
    assert result.out.startswith("vgg11 -> vgg13:")
    assert "+ CONV 3x3" in (tmp_path / "d.svg").read_text("utf-8")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--draw",), "--draw and -o FILE go together"),
        (("-o", "d.svg"), "--draw and -o FILE go together"),
        (("--draw", "-o", "d.txt"), "differences are drawn as svg|png|pdf|dot"),
        (("--draw", "-o", "a.yaml"), "differences are drawn as"),
    ],
)
def test_the_command_is_misused(
    arguments: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    result = run(capsys, "diff", "vgg11", "vgg13", *arguments)
    assert result.code == 2
    assert said in result.err
