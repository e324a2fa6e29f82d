"""Pictures out of focus."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from netspec.explain.maps import Array


def blurred(pictures: Array, sigma: float) -> Array:
    """Each plane of (..., H, W) convolved with a Gaussian of `sigma` pixels.

    At the borders the weights inside add up to 1, so that an even plane stays as it is.
    """
    down, across = (_gaussian(size, sigma) for size in pictures.shape[-2:])
    soft: Array = (down @ pictures @ across.T).astype(np.float32)
    return soft


def _gaussian(size: int, sigma: float) -> NDArray[np.float64]:
    """How much of each pixel of a line (columns) comes to each (rows)."""
    places = np.arange(size)
    weights = np.exp(-((places[:, None] - places) ** 2) / (2 * sigma**2))
    shares: NDArray[np.float64] = weights / weights.sum(axis=1, keepdims=True)
    return shares
