"""Counts, windows and margins that are known from the literature or by hand."""

from __future__ import annotations

import pytest

from netspec.layers import Layer, TensorType, Window
from netspec.layers.activation import PRelu
from netspec.layers.conv import Conv
from netspec.layers.deconv import Deconv
from netspec.layers.dense import FullyConnected
from netspec.layers.globalpool import GlobalAveragePool
from netspec.layers.norm import BatchNorm
from netspec.layers.pool import MaxPool
from netspec.layers.samplenorm import LayerNorm
from netspec.layers.shape import Subsample, Upsample


def macs(layer: Layer, shape: tuple[int, ...]) -> int:
    x = TensorType(shape)
    return layer.macs((x,), layer.infer((x,)))


def params(layer: Layer, shape: tuple[int, ...]) -> int:
    weights = layer.weights((TensorType(shape),)).values()
    return sum(weight.numel for weight in weights if weight.learned)


def test_multiply_accumulates() -> None:
    assert macs(Conv(64, pad="half"), (3, 224, 224)) == 86_704_128  # VGG-16, conv1
    assert macs(Conv(256, (5, 5), pad="half", groups=2), (96, 27, 27)) == 223_948_800  # AlexNet
    assert macs(FullyConnected(4096), (25088,)) == 102_760_448  # VGG-16, fc1
    assert macs(MaxPool(), (64, 224, 224)) == 0


def test_deconv_costs_what_the_convolution_does_whose_gradient_it_is() -> None:
    forward, backward = Conv(8, (3, 4), (2, 3), groups=2), Deconv(6, (3, 4), (2, 3), groups=2)
    large = TensorType((6, 9, 13))
    small = forward.infer((large,))

    assert backward.infer((small,)) == large
    assert macs(backward, small.shape) == macs(forward, large.shape)
    assert params(backward, small.shape) - 6 == params(forward, large.shape) - 8


def test_parameters() -> None:
    assert params(Conv(64, (7, 7), bias=False), (3, 224, 224)) == 9_408
    assert params(Deconv(64, (2, 2), (2, 2)), (128, 8, 8)) == 128 * 64 * 4 + 64
    assert params(BatchNorm(), (64, 8, 8)) == 128
    assert params(LayerNorm(), (4, 5, 6)) == 240
    assert params(PRelu(), (64, 8, 8)) == 64


@pytest.mark.parametrize(
    ("layer", "shape", "margin"),
    [
        (Conv(8, (5, 5), (2, 2)), (3, 32, 32), (1, 1)),  # (32-5)/2+1 = 14.5
        (Conv(96, (11, 11), (4, 4)), (3, 224, 224), (1, 1)),  # AlexNet as printed
        (Conv(96, (11, 11), (4, 4)), (3, 227, 227), None),
        (Conv(64, (7, 7), (2, 2), pad="half"), (3, 224, 224), None),  # only padding is left over
        (Conv(64, (1, 1), (2, 2)), (64, 56, 56), None),  # ResNet's projection skips rows by design
        (Conv(64, (1, 1), (3, 3)), (64, 7, 8), None),
        (MaxPool((3, 3), (2, 2)), (8, 32, 31), (1, 0)),
        (MaxPool((3, 3), (2, 2), ceil=True), (8, 32, 32), None),
        (MaxPool(), (8, 7, 6), (1, 0)),
        (MaxPool(pad="same"), (8, 7, 7), None),
        (Subsample((2, 2)), (8, 32, 32), None),
        (GlobalAveragePool(), (8, 32, 32), None),
    ],
)
def test_rows_and_columns_that_no_window_reads(
    layer: Layer, shape: tuple[int, ...], margin: tuple[int, int] | None
) -> None:
    assert layer.unread((TensorType(shape),)) == margin


@pytest.mark.parametrize(
    ("layer", "window"),
    [
        (Conv(8, (3, 5), dilation=(2, 1), pad="half"), Window((5, 5), (1, 1), (2, 2, 2, 2))),
        (MaxPool((3, 2)), Window((3, 2), (3, 2))),
        (GlobalAveragePool(), Window((9, 12))),
        (Subsample((2, 3)), Window((1, 1), (2, 3))),
        (
            Deconv(8, (4, 3), (2, 2), pad=(1, 0, 1, 0), dilation=(1, 2)),
            Window((4, 5), pads=(2, 4, 2, 4), zoom=(2, 2)),
        ),
        (Upsample((2, 3)), Window((2, 3), pads=(1, 2, 0, 0), zoom=(2, 3))),
        (Upsample(mode="bilinear"), Window((4, 4), pads=(2, 2, 1, 1), zoom=(2, 2))),
        (BatchNorm(), None),
    ],
)
def test_windows(layer: Layer, window: Window | None) -> None:
    assert layer.window((TensorType((3, 9, 12)),)) == window


@pytest.mark.parametrize(
    ("layer", "text"),
    [
        (Conv(8), "3x3"),
        (Conv(8, (3, 5), (2, 2)), "3x5 /2"),
        (Conv(8, stride=(2, 1), groups=4, dilation=(2, 2)), "3x3 /2x1 dilation 2 groups 4"),
        (MaxPool(), "2x2 /2"),
        (FullyConnected(10), ""),
        (Upsample(), "x2 nearest"),
    ],
)
def test_summaries(layer: Layer, text: str) -> None:
    assert layer.summary() == text
