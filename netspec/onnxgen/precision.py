"""Element types of a model's tensors."""

from __future__ import annotations

import sys

import ml_dtypes
import numpy as np
from numpy.typing import NDArray

from netspec.machine.errors import UnusableError
from netspec.weights.initial import FloatArray

_NUMPY = {
    "float16": np.dtype(np.float16),
    "bfloat16": np.dtype(ml_dtypes.bfloat16),
}


def cast(name: str, values: FloatArray, dtype: str) -> NDArray[np.generic]:
    """The values of a tensor in an element type; UnusableError where they are beyond its range."""
    if dtype == "float32":
        return values
    with np.errstate(over="ignore"):
        narrow = values.astype(_NUMPY[dtype])
    if not np.isfinite(narrow.astype(np.float32)).all() and np.isfinite(values).all():
        raise UnusableError(f"{name} holds values that are too large for {dtype}")
    return narrow


def storage(values: NDArray[np.generic]) -> memoryview:
    """Their bytes as ONNX stores them: little-endian, row by row; not copied without need."""
    if sys.byteorder == "big":
        values = values.byteswap()
    return np.ascontiguousarray(values).reshape(-1).view(np.uint8).data
