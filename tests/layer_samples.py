"""Samples of each layer kind: hyperparameters and the shapes that they are tried on.

A new kind needs one here; a law says so. Spatial inputs are rarely square, so that no rule can take
rows for columns.
"""

from __future__ import annotations

from dataclasses import dataclass

from netspec.layers import Layer, Shape, TensorType
from netspec.layers.activation import Elu, LeakyRelu, PRelu, Relu, Selu
from netspec.layers.channel import LogSoftmax, Maxout, PadChannels, Shuffle, Softmax, Split
from netspec.layers.conv import Conv
from netspec.layers.deconv import Deconv
from netspec.layers.dense import FullyConnected
from netspec.layers.dropout import Dropout
from netspec.layers.globalpool import GlobalAveragePool, GlobalMaxPool
from netspec.layers.io import Input
from netspec.layers.merge import Add, Concat, Mul
from netspec.layers.norm import BatchNorm, LocalResponseNorm
from netspec.layers.pool import AvgPool, MaxPool
from netspec.layers.samplenorm import GroupNorm, InstanceNorm, LayerNorm
from netspec.layers.shape import Flatten, Reshape, Subsample, Upsample
from netspec.layers.smooth import (
    Abs,
    Gelu,
    HardSigmoid,
    HardSwish,
    Identity,
    Relu6,
    Sigmoid,
    Silu,
    Softplus,
    Tanh,
)


@dataclass(frozen=True)
class Sample:
    """A layer and the shapes of its inputs."""

    layer: Layer
    shapes: tuple[Shape, ...]

    @property
    def inputs(self) -> tuple[TensorType, ...]:
        """The types of the inputs."""
        return tuple(TensorType(shape) for shape in self.shapes)

    def __str__(self) -> str:
        arguments = ",".join(f"{name}={value}" for name, value in self.layer.arguments().items())
        shapes = "_".join(map(str, self.inputs))
        return f"{self.layer.keyword}({arguments})_{shapes}".replace(" ", "")


IMAGE, MAP, VECTOR = (3, 9, 12), (8, 7, 5), (6,)

SAMPLES = (
    Sample(Input(), (IMAGE,)),
    Sample(Input("left"), (VECTOR,)),
    Sample(Conv(4), (IMAGE,)),
    Sample(Conv(4, (1, 1)), (IMAGE,)),
    Sample(Conv(4, (5, 3), (2, 3), pad="half"), (IMAGE,)),
    Sample(Conv(4, (4, 2), (3, 2), pad="same", bias=False), (IMAGE,)),
    Sample(Conv(4, (2, 2), (5, 4), pad="same"), (IMAGE,)),
    Sample(Conv(6, (3, 3), pad=(0, 1, 2, 3), dilation=(2, 1), groups=3), (IMAGE,)),
    Sample(Conv(8, (3, 3), pad="half", dilation=(1, 2), groups=8, bias=False), (MAP,)),
    Sample(Conv(2, (9, 12)), (IMAGE,)),
    Sample(Conv(2, (2, 2), pad=(5, 4, 3, 6)), (IMAGE,)),
    Sample(Deconv(4), (IMAGE,)),
    Sample(Deconv(4, (2, 2), (2, 2)), (MAP,)),
    Sample(Deconv(4, (3, 3), (2, 2), pad="half", output_pad=(1, 1)), (MAP,)),
    Sample(Deconv(6, (4, 3), (3, 2), pad=(1, 0, 2, 1), groups=2, bias=False), (MAP,)),
    Sample(Deconv(4, (3, 2), (1, 2), dilation=(2, 3), output_pad=(1, 2)), (MAP,)),
    Sample(Deconv(4, (4, 5), (2, 3), pad="same"), (MAP,)),
    Sample(Deconv(4, (2, 3), (4, 2), pad="same"), (MAP,)),
    Sample(MaxPool(), (IMAGE,)),
    Sample(MaxPool((3, 2), (2, 3), pad=(1, 0, 0, 1)), (IMAGE,)),
    Sample(MaxPool((3, 3), (2, 2), ceil=True), (MAP,)),
    Sample(MaxPool((2, 3), (3, 2), pad=(1, 1, 1, 1), ceil=True), (IMAGE,)),
    Sample(MaxPool((2, 2), (2, 2), pad="same"), (MAP,)),
    Sample(MaxPool((2, 3), (1, 2), pad="same", dilation=(3, 2)), (IMAGE,)),
    Sample(MaxPool((3, 3), (1, 1), pad="half", dilation=(3, 3)), (IMAGE,)),
    Sample(MaxPool((1, 1), (2, 3)), (IMAGE,)),
    Sample(AvgPool(), (IMAGE,)),
    Sample(AvgPool((3, 3), (2, 2), pad="half"), (MAP,)),
    Sample(AvgPool((3, 3), (2, 2), pad="half", count_pad=False), (MAP,)),
    Sample(AvgPool((3, 3), (2, 2), pad=(1, 1, 1, 1), ceil=True), (MAP,)),
    Sample(AvgPool((2, 3), (3, 2), pad=(1, 0, 0, 1), ceil=True), (IMAGE,)),
    Sample(AvgPool((3, 2), (3, 3), ceil=True, count_pad=False), (IMAGE,)),
    Sample(AvgPool((2, 2), (2, 2), pad="same", count_pad=False), (MAP,)),
    Sample(AvgPool((3, 3), (1, 2), pad="half", dilation=(3, 2)), (IMAGE,)),
    Sample(AvgPool((3, 3), (1, 2), pad="half", dilation=(3, 2), count_pad=False), (IMAGE,)),
    Sample(AvgPool((2, 2), (4, 4), ceil=True, dilation=(4, 3)), (MAP,)),
    Sample(GlobalAveragePool(), (MAP,)),
    Sample(GlobalAveragePool(keep=True), (MAP,)),
    Sample(GlobalMaxPool(), (MAP,)),
    Sample(GlobalMaxPool(keep=True), (MAP,)),
    Sample(FullyConnected(5), (VECTOR,)),
    Sample(FullyConnected(5, bias=False), (VECTOR,)),
    Sample(BatchNorm(), (MAP,)),
    Sample(BatchNorm(eps=0.1), (VECTOR,)),
    Sample(LocalResponseNorm(), (MAP,)),
    Sample(LocalResponseNorm(3, alpha=0.5, beta=0.6, k=2.0), (MAP,)),
    Sample(LocalResponseNorm(4, alpha=0.5, beta=0.6, k=2.0), (MAP,)),
    Sample(LayerNorm(), (MAP,)),
    Sample(LayerNorm(eps=0.1), (VECTOR,)),
    Sample(GroupNorm(groups=4), (MAP,)),
    Sample(GroupNorm(groups=2, eps=0.1), (VECTOR,)),
    Sample(GroupNorm(), ((64, 2, 3),)),
    Sample(InstanceNorm(eps=0.1), (MAP,)),
    Sample(Dropout(), (MAP,)),
    Sample(Dropout(0.25), (VECTOR,)),
    *(
        Sample(layer, (shape,))
        for layer in (
            Relu(),
            LeakyRelu(),
            LeakyRelu(0.2),
            PRelu(),
            Elu(),
            Selu(),
            Gelu(),
            Silu(),
            Relu6(),
            HardSwish(),
            HardSigmoid(),
            Sigmoid(),
            Tanh(),
            Softplus(),
            Abs(),
            Identity(),
        )
        for shape in (MAP, VECTOR)
    ),
    Sample(Maxout(2), (MAP,)),
    Sample(Maxout(3), (VECTOR,)),
    Sample(Softmax(), (MAP,)),
    Sample(Softmax(axis=2), (MAP,)),
    Sample(LogSoftmax(), (VECTOR,)),
    Sample(LogSoftmax(axis=1), (MAP,)),
    Sample(Add(), (MAP,)),
    Sample(Add(), (MAP, MAP, MAP)),
    Sample(Add(), (VECTOR, VECTOR)),
    Sample(Mul(), (MAP, MAP)),
    Sample(Mul(), ((8,), MAP)),
    Sample(Mul(), (MAP, (8, 1, 1), (8,))),
    Sample(Mul(), ((8,), (8, 1, 1))),
    Sample(Mul(), (VECTOR, VECTOR)),
    Sample(Concat(), (MAP,)),
    Sample(Concat(), (MAP, (3, 7, 5), (1, 7, 5))),
    Sample(Concat(), (VECTOR, (2,))),
    Sample(PadChannels(11), (MAP,)),
    Sample(PadChannels(6), (VECTOR,)),
    Sample(Shuffle(4), (MAP,)),
    Sample(Shuffle(2), (VECTOR,)),
    Sample(Split(1, 4), (MAP,)),
    Sample(Split(2, 3), (VECTOR,)),
    Sample(Flatten(), (MAP,)),
    Sample(Flatten(), (VECTOR,)),
    Sample(Reshape((4, 5, 14)), (MAP,)),
    Sample(Reshape((40, 7)), (MAP,)),
    Sample(Reshape((2, 3, 1)), (VECTOR,)),
    Sample(Subsample((2, 3)), (IMAGE,)),
    Sample(Subsample((4, 1)), (IMAGE,)),
    Sample(Upsample(), (MAP,)),
    Sample(Upsample((3, 1)), (MAP,)),
    Sample(Upsample((2, 2), mode="bilinear"), (MAP,)),
    Sample(Upsample((1, 3), mode="bilinear"), (MAP,)),
    Sample(Upsample((3, 2), mode="bilinear"), ((2, 1, 1),)),
)
