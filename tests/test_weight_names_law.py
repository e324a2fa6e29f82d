"""Whatever a net is, and however people name its modules: the right tensors, or a refusal."""

from __future__ import annotations

import random
from collections import Counter

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from netspec.weights.names.matching import find_match
from netspec.weights.names.refusal import UnmatchedError
from tests.graphs import graph_of
from tests.module_names import STYLES, Style, counted, named, numbered
from tests.random_nets import RandomNet, random_nets
from tests.state_dicts import in_file

_SETTINGS = settings(
    max_examples=100,
    derandomize=True,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


@_SETTINGS
@given(random_nets(), st.integers(0, 1 << 32))
def test_a_file_is_bound_rightly_or_not_at_all(net: RandomNet, seed: int) -> None:
    outcome(net, seed, STYLES)


def test_names_as_of_pytorch_are_seldom_refused() -> None:
    found: Counter[str] = Counter()

    @_SETTINGS
    @given(random_nets(), st.integers(0, 1 << 32))
    def count(net: RandomNet, seed: int) -> None:
        found[outcome(net, seed, (numbered, counted))] += 1

    count()
    assert found["bound"] > 60
    assert found["refused"] < found["bound"] / 10


def outcome(net: RandomNet, seed: int, styles: tuple[Style, ...]) -> str:
    """Names the modules of a net, mixes up the file, and holds what comes of it to the truth."""
    graph = graph_of(net.text)
    weights = dict(graph.all_weights())
    truth = named(graph, seed, styles)
    names = list(truth)
    random.Random(seed).shuffle(names)
    try:
        match = find_match(graph, in_file({name: weights[truth[name]].shape for name in names}))
    except UnmatchedError:
        return "refused"
    assert {match.theirs[ours]: ours for ours in weights} == truth
    assert match.extra == ()
    return "bound" if weights else "empty"
