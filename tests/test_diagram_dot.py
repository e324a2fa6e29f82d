"""Graph -> DOT: what stands in a diagram, and that strings of a spec stay strings."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest

from netspec.diagram import THEMES, Look, Theme, digraph, dot
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

AGAIN = """\
netspec: 1
name: again
input: 3x32x32
net: INPUT -> BLOCK(8) -> POOL -> BLOCK(16) -> GAP -> FC(10)
blocks:
  BLOCK(f, k=3): CONV(f, k, pad=half) -> BN -> RELU -> CONV(f, k, pad=half) -> RELU
"""


def net(pattern: str, doc: str = "") -> Graph:
    """The graph of a pattern over 8x16x16."""
    return graph_of(f"netspec: 1\nname: a\ndoc: {doc!r}\ninput: 8x16x16\nnet: '{pattern}'\n")


def test_dot_of_a_small_net(golden: Golden) -> None:
    golden("diagram/residual.dot", dot(graph_of(RESIDUAL)))


def test_dot_of_a_small_net_dark_and_from_left_to_right(golden: Golden) -> None:
    golden(
        "diagram/residual_dark.dot",
        dot(graph_of(RESIDUAL), Look(direction="LR", theme=THEMES["dark"])),
    )


def test_dot_of_a_small_net_unrolled(golden: Golden) -> None:
    golden("diagram/residual_unrolled.dot", dot(graph_of(RESIDUAL), Look(unroll=None)))


def test_dot_says_as_much_as_is_asked_for(golden: Golden) -> None:
    look = Look(detail="all", weigh="macs", source_url="https://example.org/residual.yaml")
    golden("diagram/residual_all.dot", dot(graph_of(RESIDUAL), look))
    golden("diagram/residual_none.dot", dot(graph_of(RESIDUAL), Look(detail="none", weigh=None)))


def test_a_block_that_occurs_again_is_a_reference(golden: Golden) -> None:
    golden("diagram/reference.dot", dot(graph_of(AGAIN)))


def test_too_many_boxes_leave_the_outer_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digraph, "MAX_BOXES", 3)
    text = dot(net("INPUT -> [[CONV(8, 1) -> RELU]*2]*3"), Look(unroll=None))
    assert "6 inner boxes not drawn" in text
    assert text.count("subgraph") == 3
    assert text.count("CONV 1x1") == 6


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
