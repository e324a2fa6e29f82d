"""The type of a tensor: its shape per sample and its element type."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import TypeAlias

#: Sizes of a tensor's axes per sample, without the batch axis: `(C, H, W)`, `(C,)` or any other.
Shape: TypeAlias = tuple[int, ...]

#: Bytes of one element.
DTYPES = {"float32": 4, "float16": 2, "bfloat16": 2}


@dataclass(frozen=True, slots=True)
class TensorType:
    """Shape per sample and element type."""

    shape: Shape
    dtype: str = "float32"

    @property
    def rank(self) -> int:
        """How many axes there are, the batch axis not counted."""
        return len(self.shape)

    @property
    def channels(self) -> int:
        """C: the size of the first axis."""
        return self.shape[0]

    @property
    def area(self) -> tuple[int, int]:
        """(H, W) of a `CxHxW` tensor."""
        _, height, width = self.shape
        return height, width

    @property
    def numel(self) -> int:
        """Elements of one sample."""
        return prod(self.shape)

    @property
    def nbytes(self) -> int:
        """Bytes of one sample."""
        return self.numel * DTYPES[self.dtype]

    def __str__(self) -> str:
        return "x".join(map(str, self.shape)) or "scalar"
