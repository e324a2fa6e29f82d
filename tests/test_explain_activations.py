"""Activations are what layers answer, strongest first."""

from __future__ import annotations

import numpy as np
import pytest

from netspec.explain.activations import activations
from netspec.machine.errors import UnusableError
from netspec.runtime.session import Session
from tests.explain_nets import SAMPLES, digits, net_of

PATTERN = "INPUT -> CONV(6, 3, pad=1) -> RELU -> POOL(2) -> CONV(9, 1) -> TANH -> GAP -> FC(2)"


def test_planes_of_a_layer_by_channel() -> None:
    net = digits()
    x, _ = net.prepare(SAMPLES[0])
    (found,) = activations(net, x, ["tanh2"])
    assert (found.method, found.layer, found.signed) == ("activations", "tanh2", True)
    expected = Session(net.graph, device="cpu", layers=["tanh2"]).run(x)["tanh2"][0]
    assert found.names == tuple(map(str, range(16)))
    np.testing.assert_allclose(found.values, expected, atol=1e-5)


def test_the_strongest_of_them() -> None:
    net = digits()
    x, _ = net.prepare(SAMPLES[0])
    (whole,) = activations(net, x, ["conv2"])
    strengths = np.sqrt(np.square(whole.values).mean(axis=(1, 2)))
    best = sorted(range(16), key=lambda at: -strengths[at])[:3]
    some = whole.strongest(3)
    assert (some.names, some.total) == (tuple(map(str, best)), 16)
    np.testing.assert_array_equal(some.values, whole.values[best])


def test_the_last_layer_of_each_size_unless_some_are_named() -> None:
    net = net_of(PATTERN, "3x8x8")
    x = np.random.default_rng(0).standard_normal((1, 3, 8, 8), np.float32)
    found = activations(net, x)
    assert [one.layer for one in found] == ["relu1", "tanh1"]
    assert [one.values.shape for one in found] == [(6, 8, 8), (9, 4, 4)]
    assert [one.signed for one in found] == [False, True]


def test_layers_in_the_order_that_is_asked_for() -> None:
    net = net_of(PATTERN, "3x8x8")
    found = activations(net, np.zeros((1, 3, 8, 8), np.float32), ["pool1", "input"])
    assert [one.layer for one in found] == ["pool1", "input"]


def test_a_net_without_areas_is_refused() -> None:
    with pytest.raises(UnusableError, match="the net has no layer with an area"):
        activations(net_of("INPUT -> FC(4) -> FC(2)", "1x6x6"), np.zeros((1, 1, 6, 6), np.float32))


def test_layers_without_an_area_are_refused() -> None:
    with pytest.raises(UnusableError, match=r"`fc1` answers 84, which has no area"):
        activations(digits(), np.zeros((1, 1, 32, 32), np.float32), ["conv1", "fc1"])
    with pytest.raises(UnusableError, match="no layer `convl`") as error:
        activations(digits(), np.zeros((1, 1, 32, 32), np.float32), ["convl"])
    assert error.value.help == "did you mean `conv1`?"
