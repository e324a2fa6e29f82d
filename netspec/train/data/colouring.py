"""Brightness, contrast and saturation."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from netspec.train.data.draws import Draws

#: How bright red, green and blue are (ITU-R BT.601).
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)[:, None, None]


def coloured(
    x: NDArray[np.float32],
    strength: float,
    indices: NDArray[np.int64],
    draws: Draws,
    lane: int,
    top: float | None,
) -> NDArray[np.float32]:
    """The pictures, brighter or darker, then with more or less contrast about their mean grey, then
    of more or less saturation, each by a factor from 1 - strength to 1 + strength.
    (n, C, H, W) -> same, within 0 and `top` unless that is None.
    """
    bright, contrast, saturation = (
        draws.between(1 - strength, 1 + strength, indices, lane + at)
        .astype(np.float32)
        .reshape(-1, 1, 1, 1)
        for at in range(3)
    )
    x = _within(x * bright, top)
    mean = _grey(x).mean((1, 2, 3), keepdims=True)
    x = _within(mean + (x - mean) * contrast, top)
    if x.shape[1] != 3:
        return x
    grey = _grey(x)
    return _within(grey + (x - grey) * saturation, top)


def _grey(x: NDArray[np.float32]) -> NDArray[np.float32]:
    grey: NDArray[np.float32] = (x * _LUMA if x.shape[1] == 3 else x / x.shape[1]).sum(
        1, keepdims=True
    )
    return grey


def _within(x: NDArray[np.float32], top: float | None) -> NDArray[np.float32]:
    if top is not None:
        np.clip(x, 0, top, out=x)
    return x
