"""Element types of a model's tensors."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import ml_dtypes
import numpy as np
from numpy.typing import NDArray

from netspec.machine.errors import UnusableError
from netspec.weights.blocks import blocks
from netspec.weights.initial import FloatArray

_NUMPY = {
    "float32": np.dtype(np.float32),
    "float16": np.dtype(np.float16),
    "bfloat16": np.dtype(ml_dtypes.bfloat16),
}


def cast(name: str, values: FloatArray, dtype: str) -> NDArray[np.generic]:
    """The values of a tensor in an element type; UnusableError where they are beyond its range."""
    if dtype == "float32":
        return values
    narrow = np.empty(values.shape, _NUMPY[dtype])
    for part, target in zip(blocks(np.ascontiguousarray(values)), blocks(narrow), strict=True):
        target[:] = _cast_part(name, part, dtype)
    return narrow


def stored(name: str, values: FloatArray, dtype: str) -> Iterator[memoryview]:
    """The bytes of a tensor as ONNX stores them, part by part: little-endian, row by row.

    UnusableError where the values are beyond the type's range.
    """
    for part in blocks(np.ascontiguousarray(values)):
        narrow = part if dtype == "float32" else _cast_part(name, part, dtype)
        if sys.byteorder == "big":
            narrow = narrow.byteswap()
        yield narrow.view(np.uint8).data


def _cast_part(name: str, part: FloatArray, dtype: str) -> NDArray[np.generic]:
    with np.errstate(over="ignore"):
        narrow: NDArray[np.generic] = part.astype(_NUMPY[dtype])
    if np.any(np.isinf(narrow) & np.isfinite(part)):
        raise UnusableError(f"{name} holds values that are too large for {dtype}")
    return narrow
