"""Graph -> DOT: what stands in a diagram, and that strings of a spec stay strings."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest

from netspec.diagram import THEMES, Theme, dot
from netspec.diagram import clusters as clusters_module
from netspec.diagram.clusters import Cluster, cluster, joined
from netspec.graph import Graph
from tests.commands import python
from tests.graphs import graph_of

Golden = Callable[[str, str], None]

RESIDUAL = """\
netspec: 1
name: residual
doc: Two residual blocks & a head, for pictures of 32x32 pixels
input: 3x32x32
net:
  - stem: INPUT -> CONV(8, 3, pad=half) -> POOL
  - "[BLOCK(f)]*stage -> CONCAT{ CONV(8, 1) | POOL(3, 1, pad=1) } @wide -> GAP -> FC(10)"
where:
  stage: [{f: 8}, {f: 8}]
blocks:
  BLOCK(f): ADD{ [CONV(f, 3, pad=1) -> BN]*2 | } -> RELU
output: {wide: "@wide"}
"""


def net(pattern: str, doc: str = "") -> Graph:
    """The graph of a pattern over 8x16x16."""
    return graph_of(f"netspec: 1\nname: a\ndoc: {doc!r}\ninput: 8x16x16\nnet: '{pattern}'\n")


def boxes(box: Cluster) -> list[tuple[str, list[object]]]:
    """The labels of the boxes, with the names of layers and the boxes in them."""
    return [(inner.label, inside(inner)) for inner in map(joined, box.boxes)]


def inside(box: Cluster) -> list[object]:
    """Names of layers and boxes of a box."""
    return [
        m.name if not isinstance(m, Cluster) else boxes(Cluster("", [m]))[0] for m in box.members
    ]


def test_dot_of_a_small_net(golden: Golden) -> None:
    golden("diagram/residual.dot", dot(graph_of(RESIDUAL)))


def test_dot_of_a_small_net_dark_and_from_left_to_right(golden: Golden) -> None:
    golden(
        "diagram/residual_dark.dot", dot(graph_of(RESIDUAL), direction="LR", theme=THEMES["dark"])
    )


def test_boxes_are_stages_repeats_and_blocks() -> None:
    root, left_out = cluster(net("INPUT -> [[CONV(8) -> RELU]*2 -> BN]*2 -> FC(2)"))
    assert left_out == 0
    assert inside(root) == [
        "input",
        (
            "x2: 1 of 2",
            [("x2: 1 of 2", ["conv1", "relu1"]), ("x2: 2 of 2", ["conv2", "relu2"]), "bn1"],
        ),
        (
            "x2: 2 of 2",
            [("x2: 1 of 2", ["conv3", "relu3"]), ("x2: 2 of 2", ["conv4", "relu4"]), "bn2"],
        ),
        "flatten1",
        "fc1",
    ]


def test_a_box_that_fills_another_is_one_with_it() -> None:
    root, _ = cluster(graph_of(RESIDUAL))
    labels = [label for label, _ in boxes(root)]
    assert labels == ["stem", "stage: 1 of 2, BLOCK", "stage: 2 of 2, BLOCK"]


def test_too_many_boxes_leave_the_outer_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clusters_module, "MAX_BOXES", 3)
    graph = net("INPUT -> [[CONV(8, 1) -> RELU]*2]*3")
    root, left_out = cluster(graph)
    assert [label for label, _ in boxes(root)] == [f"x3: {i} of 3" for i in (1, 2, 3)]
    assert [node.name for node in root.nodes()] == [node.name for node in graph.nodes]
    assert left_out == 6
    assert "6 inner boxes not drawn" in dot(graph)


def test_the_text_does_not_depend_on_the_hash_seed() -> None:
    script = (
        "from tests.test_diagram_dot import *; import hashlib;"
        "print(hashlib.sha256(dot(graph_of(RESIDUAL)).encode()).hexdigest())"
    )
    assert len({python(script, PYTHONHASHSEED=seed) for seed in "012"}) == 1


def test_drawing_imports_neither_onnx_nor_numpy_nor_pygraphviz() -> None:
    script = (
        "import sys, netspec.diagram, netspec.cli.draw;"
        "print([m for m in ('onnx', 'onnxruntime', 'numpy', 'pygraphviz') if m in sys.modules])"
    )
    assert python(script) == "[]\n"


def _luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2) of `#rrggbb`."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(a: str, b: str) -> float:
    dark, light = sorted((_luminance(a), _luminance(b)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
def test_text_stands_out_on_every_fill(theme: Theme) -> None:
    for fill in {*theme.families.values(), theme.other, theme.background}:
        assert _contrast(theme.text, fill) >= 7, fill
        assert _contrast(theme.muted, fill) >= 4.5, fill


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
def test_the_common_families_differ_in_greyscale(theme: Theme) -> None:
    common = ("conv", "pool", "dense", "norm", "activation", "merge")
    fills = sorted((theme.fill(family) for family in common), key=_luminance)
    for darker, lighter in pairwise(fills):
        assert _contrast(darker, lighter) >= 1.08, (darker, lighter)
