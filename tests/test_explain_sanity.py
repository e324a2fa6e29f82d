"""The sanity check of maps (Adebayo et al. 2018): what it finds of methods for which that is known.

In their figures 3 and 4 the gradient's map is lost with the first layers that get random weights,
and guided backpropagation's stays.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest

from netspec.explain.net import Net
from netspec.explain.saliency import saliency
from netspec.explain.sanity import check, rank_correlation
from netspec.graph import Graph
from netspec.weights.initial import Seeded
from netspec.weights.values import ArrayValues, Values
from tests.graphs import graph_of
from tests.net_models import random_weights

NET = """\
netspec: 1
name: rectifiers
input: 1x24x24
net: INPUT -> [CONV(16, 3, pad=1) -> BN -> RELU]*2 -> POOL(2) -> [CONV(32, 3, pad=1) -> RELU]*2
  -> GAP -> FC(10) -> SOFTMAX
"""


def ring() -> Any:
    """A picture with edges."""
    away = np.hypot(*np.mgrid[-12:12, -12:12])
    return ((away > 5) & (away < 9)).astype(np.float32)[None, None]


def net_of(graph: Graph, values: Values | None = None) -> Net:
    return Net(graph, values or Seeded(graph), "cpu")


@pytest.mark.parametrize(("method", "passes"), [("vanilla", True), ("guided", False)])
def test_guided_backpropagation_fails_and_the_gradient_passes(method: Any, passes: bool) -> None:
    told: list[tuple[int, int]] = []
    net = net_of(graph_of(NET))
    explain = partial(saliency, x=ring(), numbers=[3, 5], method=method)
    found = check(net, explain(net), explain, progress=lambda *each: told.append(each))
    for one in found:
        assert one.method == method
        assert one.passed == passes
        assert [level.layer for level in one.levels] == ["fc1", "conv4", "conv3", "conv2", "conv1"]
        assert one.decisive is one.levels[2]
    assert len(found) == 2 and found[0] != found[1]
    assert told == [(done, 15) for done in range(1, 16)]


def test_levels_hold_all_weights_in_the_end() -> None:
    """Fewer levels than layers with a weight matrix; norms go with the layers before them, and one
    that stands first with the last level.
    """
    graph = graph_of(NET.replace("INPUT", "INPUT -> BN"))
    own = random_weights(graph)
    seen: list[set[str]] = []

    def explain(net: Net) -> Any:
        drawn = (n for n, old in own.items() if not np.array_equal(net.values.read(n), old))
        seen.append({name.partition(".")[0] for name in drawn})
        return saliency(net, ring(), [0])

    net = net_of(graph, ArrayValues(graph, own))
    (found,) = check(net, saliency(net, ring(), [0]), explain, most=2, draws=1)
    assert [level.layer for level in found.levels] == ["conv4", "bn1"]
    assert found.decisive is found.levels[0]
    assert seen == [{"fc1", "conv4"}, {node.partition(".")[0] for node in own}]


def test_the_check_does_not_draw_the_net_s_own_weights() -> None:
    """A net with seeded weights is compared with other ones, whatever its seed."""
    net = net_of(graph_of(NET), Seeded(graph_of(NET), 1))
    explain = partial(saliency, x=ring(), numbers=[3])
    (found,) = check(net, explain(net), explain, seed=1, draws=1)
    assert all(level.correlation < 0.9 for level in found.levels)


def test_ranks_of_equal_numbers() -> None:
    """As scipy.stats.spearmanr answers for these."""
    one, other = (
        np.array(rows, np.float32) for rows in ([[1, 2, 2], [3, -5, 2]], [[0, 4, 1], [9, -2, 0]])
    )
    assert rank_correlation(one, other) == pytest.approx(0.8932596002688613)
    assert rank_correlation(one, one) == pytest.approx(1)
    assert rank_correlation(one, -one) == pytest.approx(-1)
    assert rank_correlation(one, np.zeros_like(one)) == 0
