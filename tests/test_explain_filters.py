"""Filters are the numbers of the weights, in colour where they read colours."""

from __future__ import annotations

import numpy as np
import pytest

from netspec.explain.filters import filters
from netspec.machine.errors import UnusableError
from tests.explain_nets import digits, net_of

BGR = "{channels: BGR, scale: 1, mean: [103.9, 116.8, 123.7], std: [1, 1, 1]}"


def test_the_first_layer_in_colour() -> None:
    net = net_of("INPUT -> CONV(6, [5, 3]) -> RELU -> CONV(4, 3) -> GAP -> FC(2)", "3x12x12")
    found = filters(net)
    assert (found.method, found.layer, found.signed) == ("filters", "conv1", True)
    assert found.names == tuple("012345")
    np.testing.assert_array_equal(found.values, net.values.read("conv1.weight"))
    assert found.values.shape == (6, 3, 5, 3)


def test_colours_are_in_rgb_whatever_the_net_takes() -> None:
    net = net_of("INPUT -> CONV(6, 5) -> GAP -> FC(2)", "3x12x12", image=BGR)
    np.testing.assert_array_equal(filters(net).values, net.values.read("conv1.weight")[:, ::-1])


def test_a_tile_for_each_channel_that_deeper_kernels_read() -> None:
    net = net_of("INPUT -> CONV(6, 5) -> RELU -> CONV(3, 2) -> GAP -> FC(2)", "3x12x12")
    found = filters(net, "conv2")
    weight = net.values.read("conv2.weight")
    assert (found.values.shape, found.total, found.columns) == ((18, 2, 2), 18, 6)
    for name, tile in zip(found.names, found.values, strict=True):
        kernel, channel = map(int, name.split(", "))
        np.testing.assert_array_equal(tile, weight[kernel, channel])


def test_three_planes_that_are_no_colours() -> None:
    net = net_of("INPUT -> CONV(3, 5) -> RELU -> CONV(2, 3) -> GAP -> FC(2)", "1x12x12")
    assert filters(net).names == ("0", "1", "2")
    assert filters(net).values.shape == (3, 5, 5)
    assert filters(net, "conv2").values.shape == (6, 3, 3)


def test_of_many_the_strongest_first() -> None:
    net = digits()
    found = filters(net, "conv3", most=7)
    norms = np.linalg.norm(net.values.read("conv3.weight"), axis=(2, 3))
    places = [tuple(map(int, name.split(", "))) for name in found.names]
    assert (len(places), found.total, found.columns) == (7, 120 * 16, None)
    assert [norms[place] for place in places] == sorted(norms.ravel(), reverse=True)[:7]


def test_units_that_read_a_picture_are_pictures() -> None:
    """A linear classifier has a template for each class (CS231n, linear classification)."""
    net = net_of("INPUT -> FC(4)", "3x6x5")
    found = filters(net)
    assert found.layer == "fc1"
    np.testing.assert_array_equal(found.values, net.values.read("fc1.weight").reshape(4, 3, 6, 5))


def test_kernels_that_enlarge() -> None:
    net = net_of("INPUT -> DECONV(3, 4, 2) -> GAP -> FC(2)", "2x6x6")
    np.testing.assert_array_equal(
        filters(net).values, net.values.read("deconv1.weight").reshape(6, 4, 4)
    )


@pytest.mark.parametrize("layer", ["conv2", "bn1", "relu1", "fc1", "input"])
def test_layers_without_kernels_of_more_than_a_pixel(layer: str) -> None:
    net = net_of("INPUT -> CONV(4, 3) -> BN -> RELU -> CONV(5, 1) -> GAP -> FC(2)", "3x8x8")
    with pytest.raises(UnusableError, match=f"`{layer}` has no kernels") as error:
        filters(net, layer)
    assert error.value.help == "`conv1` is the first that has some"


def test_a_net_without_any() -> None:
    with pytest.raises(UnusableError, match="the net has no kernels"):
        filters(net_of("INPUT -> FC(3)", "4"))
    with pytest.raises(UnusableError, match="no layer `conv9`"):
        filters(digits(), "conv9")
