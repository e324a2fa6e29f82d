"""What is drawn: maps over a picture, and tiles of a layer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from netspec.explain.net import Net

Array: TypeAlias = NDArray[np.float32]

#: Methods whose numbers are shares of the score, which add up over channels as over pixels.
SHARES = ("integrated", "input*gradient")


@dataclass(frozen=True, eq=False)
class Map:
    """How much each place of a picture matters to a class.

    `values` are the raw numbers, (H, W), or (C, H, W) where each channel of the input has its own;
    `signed` where those below 0 mean something else than 0. `layer` is the one that was looked at,
    the input for saliency, and `note` says more of how. The class has a `label`, its `number` from
    0, its `score` for the picture, and the `probability` that the net gives it; None where it gives
    values.
    """

    method: str
    layer: str
    label: str
    number: int
    score: float
    probability: float | None
    values: Array
    signed: bool
    note: str = ""

    @property
    def plane(self) -> Array:
        """One number a pixel, (H, W): the sum over channels of shares of the score; of gradients
        the largest magnitude (Simonyan et al. 2013, "Deep inside convolutional networks").
        """
        if self.values.ndim == 2:
            return self.values
        shares = self.method in SHARES
        plane: Array = self.values.sum(axis=0) if shares else np.abs(self.values).max(axis=0)
        return plane


@dataclass(frozen=True, eq=False)
class Tiles:
    """Small pictures of a layer, side by side: kernels or feature maps, of `total` that it has.

    `values` are (N, H, W) or (N, 3, H, W), raw; `names` say which each is. `signed` as of a Map.
    `columns` is how many stand in a row where that means something.
    """

    method: str
    layer: str
    names: tuple[str, ...]
    values: Array
    signed: bool
    total: int
    columns: int | None = None

    def strongest(self, most: int) -> Tiles:
        """Those of the largest root of the mean square, `most` at most, the largest first."""
        axes = tuple(range(1, self.values.ndim))
        strength = np.square(self.values, dtype=np.float64).mean(axis=axes)
        order = np.argsort(-strength, kind="stable")[:most]
        names = tuple(self.names[at] for at in order)
        return replace(self, names=names, values=self.values[order], columns=None)


def maps_of(
    net: Net,
    scores: Array,
    numbers: Sequence[int],
    values: Sequence[Array],
    method: str,
    *,
    layer: str,
    signed: bool,
) -> tuple[Map, ...]:
    """The maps of one sample for some classes; `scores` are the layer's result for it."""
    one = scores[:1].reshape(1, net.classes)
    chances = net.meaning.probabilities(one)[0] if net.meaning.probable else None
    return tuple(
        Map(
            method,
            layer,
            net.meaning.label(at),
            at,
            float(one[0, at]),
            None if chances is None else float(chances[at]),
            each,
            signed,
        )
        for at, each in zip(numbers, values, strict=True)
    )
