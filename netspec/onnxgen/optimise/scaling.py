"""The values of tensors that a normalisation went into: float64 arithmetic, float32 tensors.

NumPy converts as it goes, some thousand elements at a time, so that a weight is in memory once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from netspec.onnxgen.program import Recipe, Tensor
from netspec.weights.initial import FloatArray


def computed(shape: tuple[int, ...], how: Recipe, parts: Sequence[Tensor]) -> Tensor:
    """The tensor that `how` makes of the values of others."""
    sources = tuple(name for part in parts for name in part.sources)
    return Tensor(shape, sources, Computed(how, tuple(parts)))


@dataclass(frozen=True, slots=True)
class Computed:
    """The recipe of a tensor that is made of others, each by its own recipe first."""

    how: Recipe
    parts: tuple[Tensor, ...]

    def __call__(self, *values: FloatArray) -> FloatArray:
        rest = iter(values)
        return self.how(*(part.recipe(*islice(rest, len(part.sources))) for part in self.parts))


@dataclass(frozen=True, slots=True)
class Scaled:
    """A weight times scale / sqrt(variance + epsilon), output channel by output channel.

    Output channels are the first axis, but in the weight of a transposed convolution, C x F/groups
    x kh x kw, where each of the `groups` has its share of both axes.
    """

    epsilon: float
    groups: int | None = None

    def __call__(self, weight: FloatArray, scale: FloatArray, variance: FloatArray) -> FloatArray:
        factors = _factors(scale, variance, self.epsilon)
        layout: tuple[int, ...] = (len(factors), -1)
        if self.groups is not None:
            layout = (self.groups, -1, weight.shape[1], weight[0, 0].size)
        whole = weight.reshape(layout)
        by = factors.reshape(layout[0], 1, layout[2], 1) if self.groups else factors[:, None]
        with np.errstate(all="ignore"):
            np.multiply(whole, by, out=whole, dtype=np.float64, casting="same_kind")
        return whole.reshape(weight.shape)


@dataclass(frozen=True, slots=True)
class Shifted:
    """(bias - mean) * scale / sqrt(variance + epsilon) + shift; the bias may be left out."""

    epsilon: float

    def __call__(self, *tensors: FloatArray) -> FloatArray:
        *bias, scale, variance, mean, shift = tensors
        with np.errstate(all="ignore"):
            centred = sum(bias, np.float64(0)) - mean.astype(np.float64)
            values = centred * _factors(scale, variance, self.epsilon) + shift
            return values.astype(np.float32)


def _factors(scale: FloatArray, variance: FloatArray, epsilon: float) -> NDArray[np.float64]:
    with np.errstate(all="ignore"):  # what is not finite shows in the result, as in the model's
        return scale / np.sqrt(variance.astype(np.float64) + epsilon)
