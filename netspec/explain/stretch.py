"""Planes of a layer at the size of a picture."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from netspec.explain.maps import Array

#: What is between two float32 arrays.
Wide: TypeAlias = NDArray[np.float64]


def stretched(planes: Wide, area: tuple[int, int]) -> Array:
    """Planes (N, h, w) at another size, bilinearly between the centres of pixels, as PyTorch's
    `interpolate` does with align_corners=False.
    """
    down, across = (_between(*sizes) for sizes in zip(planes.shape[1:], area, strict=True))
    wide: Array = (down @ planes @ across.T).astype(np.float32)
    return wide


def _between(size: int, wanted: int) -> Wide:
    """How much of each of `size` pixels (columns) is in each of those that are wanted (rows)."""
    centres = np.clip((np.arange(wanted) + 0.5) * size / wanted - 0.5, 0, size - 1)
    shares: Wide = np.maximum(0, 1 - np.abs(centres[:, None] - np.arange(size)))
    return shares
