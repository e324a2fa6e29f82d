"""The largest values of channels over many pictures, and where they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec.explain.maps import Array


class Best:
    """The largest values of each channel, (C, K) from the largest down, with the `pictures` that
    they are of and the `places` in the plane, counted along its rows.

    Of equal ones, such as those of an activation that ends at 6, the plane with the larger mean
    comes first.
    """

    def __init__(self, channels: int, top: int) -> None:
        self.top = top
        self.values, self.means = (np.empty((channels, 0), np.float32) for _ in range(2))
        self.pictures, self.places = (np.empty((channels, 0), np.int64) for _ in range(2))

    def take(self, numbers: Sequence[int], answers: Array) -> None:
        """The answers of a layer for pictures of these numbers, (N, C, ...)."""
        planes = answers.reshape(*answers.shape[:2], -1)
        places = _middle(planes == planes.max(axis=2, keepdims=True), answers.shape[2:])
        values = np.take_along_axis(planes, places[..., None], 2)[..., 0]
        of = np.broadcast_to(np.asarray(numbers), values.T.shape)
        new = [values.T, planes.mean(axis=2, dtype=np.float64).T, of, places.T]
        held: list[NDArray[Any]] = [self.values, self.means, self.pictures, self.places]
        both = [np.concatenate(pair, axis=1) for pair in zip(held, new, strict=True)]
        order = np.lexsort((-both[1], -both[0]), axis=1)[:, : self.top]
        self.values, self.means, self.pictures, self.places = (
            np.take_along_axis(each, order, 1) for each in both
        )

    def strongest(self, count: int) -> list[int]:
        """The channels whose largest values are the largest."""
        order = np.lexsort((-self.means[:, 0], -self.values[:, 0]))
        return [int(at) for at in order[:count]]


def _middle(largest: NDArray[np.bool_], area: tuple[int, ...]) -> NDArray[np.int64]:
    """Of the places of each plane that are the largest, (N, C, places), the one that is nearest to
    the middle of them.
    """
    away = np.zeros(largest.shape, np.float32)
    for axis in np.indices(area, np.float32):
        along = axis.ravel()
        middle = (largest * along).sum(axis=2, keepdims=True) / largest.sum(axis=2, keepdims=True)
        away += (along - middle) ** 2
    places: NDArray[np.int64] = np.where(largest, away, np.inf).argmin(axis=2)
    return places
