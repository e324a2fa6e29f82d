"""Large arrays, a part at a time: what is made of a part takes no memory to speak of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

#: Elements of a part.
_BLOCK = 1 << 18

_Number = TypeVar("_Number", bound=np.generic)


def blocks(values: NDArray[_Number]) -> Iterator[NDArray[_Number]]:
    """The elements of a contiguous array in their order, as views of it."""
    flat = values.reshape(-1)
    for start in range(0, flat.size, _BLOCK):
        yield flat[start : start + _BLOCK]
