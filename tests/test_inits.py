"""How weights start: each way's distribution by its paper, and seeds that mean what they meant."""

from __future__ import annotations

import hashlib
from math import sqrt

import numpy as np
import pytest

from netspec.text.training import INITS, Choice, chosen
from netspec.weights.initial import FloatArray, Seeded
from netspec.weights.values import choose_values
from tests.graphs import all_values, graph_of

#: fan-in and fan-out are 400 and 600 for fc1, 25*8 and 25*8 (groups counted) for conv1.
_NETS = {
    "fc1.weight": "netspec: 1\nname: n\ninput: 400\nnet: INPUT -> FC(600) -> RELU -> FC(3)\n",
    "conv1.weight": "netspec: 1\nname: n\ninput: 32x9x9\nnet: INPUT -> CONV(64, 5, groups=4)\n",
}
_FANS = {"fc1.weight": (400, 600), "conv1.weight": (8 * 25, 16 * 25)}
_SMALL = (
    "netspec: 1\nname: n\ninput: 3x8x8\n"
    "net: INPUT -> CONV(4, 3) -> BN -> PRELU -> FC(5) -> LAYERNORM -> FC(2)\n"
)

every_tensor = pytest.mark.parametrize("name", _NETS)


def weight(name: str, init: Choice | None, seed: int = 0) -> FloatArray:
    """The kernel or matrix of a net, as it starts."""
    return Seeded(graph_of(_NETS[name]), seed, init).read(name)


@every_tensor
@pytest.mark.parametrize("init", ["he", "lecun", "normal"])
def test_normal_ones_have_their_variance(name: str, init: str) -> None:
    inputs, _ = _FANS[name]
    std = {"he": sqrt(2 / inputs), "lecun": sqrt(1 / inputs), "normal": 0.3}[init]
    options = {"std": 0.3} if init == "normal" else {}
    values = weight(name, chosen(INITS, init, **options))
    assert values.std() == pytest.approx(std, rel=0.03)
    assert abs(values.mean()) < 0.04 * std
    assert np.abs(values).max() > 3 * std, "a normal distribution has tails"
    inside = (np.abs(values) < std).mean()
    assert inside == pytest.approx(0.6827, abs=0.02)


@every_tensor
@pytest.mark.parametrize("init", ["glorot", "uniform"])
def test_uniform_ones_keep_their_limit(name: str, init: str) -> None:
    limit = sqrt(6 / sum(_FANS[name])) if init == "glorot" else 0.2
    options = {"limit": 0.2} if init == "uniform" else {}
    values = weight(name, chosen(INITS, init, **options))
    assert 0.99 * limit < np.abs(values).max() <= np.float32(limit)
    assert values.std() == pytest.approx(limit / sqrt(3), rel=0.03)
    assert abs(values.mean()) < 0.04 * limit


def test_constant_ones() -> None:
    assert (weight("fc1.weight", chosen(INITS, "constant", value=0.5)) == 0.5).all()
    assert not weight("fc1.weight", chosen(INITS, "constant")).any()
    assert not weight("fc1.weight", chosen(INITS, "zero")).any()


@pytest.mark.parametrize("init", INITS)
def test_all_but_weights_start_the_same(init: str) -> None:
    graph = graph_of(_SMALL)
    values = all_values(graph, Seeded(graph, 0, chosen(INITS, init)))
    plain = all_values(graph, Seeded(graph))
    for name, tensor in graph.all_weights():
        assert values[name].dtype == np.float32
        assert values[name].shape == tensor.shape
        if tensor.role != "weight":
            np.testing.assert_array_equal(values[name], plain[name])
    for bias in ("conv1.bias", "fc1.bias", "fc2.bias", "bn1.bias", "layernorm1.bias"):
        assert not values[bias].any()
    assert (values["bn1.weight"] == 1).all()
    assert (values["prelu1.weight"] == 0.25).all()


@pytest.mark.parametrize("init", ["he", "glorot", "lecun", "normal", "uniform"])
def test_a_seed_means_the_same_each_time(init: str) -> None:
    first, again = (weight("fc1.weight", chosen(INITS, init)) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert (first != weight("fc1.weight", chosen(INITS, init), 1)).mean() > 0.99


def test_the_usual_way_is_he_before_rectifiers_and_else_glorot() -> None:
    graph = graph_of(_NETS["fc1.weight"])
    usual, he, glorot = (
        all_values(graph, Seeded(graph, 3, init))
        for init in (None, chosen(INITS, "he"), chosen(INITS, "glorot"))
    )
    np.testing.assert_array_equal(usual["fc1.weight"], he["fc1.weight"])
    np.testing.assert_array_equal(usual["fc2.weight"], glorot["fc2.weight"])


def test_seeded_weights_are_those_of_the_first_release() -> None:
    """Models, logs and papers name seeds.  Uniform ones by their bytes; normal ones have logarithms
    in their tails, which differ in the last digit between machines.
    """
    graph = graph_of(_NETS["fc1.weight"])
    seeded = Seeded(graph, 5)
    digest = hashlib.sha256(seeded.read("fc2.weight").tobytes()).hexdigest()
    assert digest[:16] == "3ce7767b016397c5"
    np.testing.assert_allclose(
        seeded.read("fc1.weight")[0, :4],
        [-0.068492912, -0.0068666339, 0.0055416212, -0.039938718],
        rtol=1e-5,
    )


def test_a_way_reaches_the_weights_that_nothing_else_gives() -> None:
    graph = graph_of(_SMALL)
    assert not choose_values(graph, init=chosen(INITS, "zero")).read("fc1.weight").any()
    given = all_values(graph, Seeded(graph, 2))
    kept = choose_values(graph, given, init=chosen(INITS, "zero"))
    np.testing.assert_array_equal(kept.read("fc1.weight"), given["fc1.weight"])
