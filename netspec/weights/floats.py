"""Streams of numbers -> float32, a block at a time: no tensor is in memory twice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from netspec.weights.initial import FloatArray

#: Elements that are converted at once.
_BLOCK = 1 << 16


@dataclass(frozen=True, slots=True)
class Elements:
    """How the elements of a stream lie there; `brain` where they are the upper halves of float32
    (bfloat16), which NumPy knows as whole numbers.
    """

    dtype: np.dtype[Any]
    brain: bool = False

    def floats(self, data: bytearray) -> NDArray[Any]:
        """The numbers that some bytes are."""
        stored = np.frombuffer(data, self.dtype)
        return (stored.astype(np.uint32) << 16).view(np.float32) if self.brain else stored


def read_floats(
    file: IO[bytes], elements: Elements, shape: tuple[int, ...], fortran: bool = False
) -> FloatArray:
    """The next elements of a stream, in their shape, row by row or (`fortran`) column by column.

    A number beyond float32 is infinite. ValueError where the stream ends too early.
    """
    values = np.empty(shape, np.float32)
    size, width = values.size, elements.dtype.itemsize
    flat = values.reshape(-1)
    target: Any = values.T.flat if fortran else flat
    as_it_is = elements == Elements(np.dtype(np.float32)) and not fortran
    for start in range(0, size, _BLOCK):
        stop = min(start + _BLOCK, size)
        if as_it_is:
            _fill(file, flat[start:stop].view(np.uint8))
        else:
            data = bytearray((stop - start) * width)
            _fill(file, np.frombuffer(data, np.uint8))
            with np.errstate(over="ignore"):
                target[start:stop] = elements.floats(data)
    return values


def _fill(file: IO[bytes], place: NDArray[np.uint8]) -> None:
    """Read as many bytes as there is place for."""
    done = 0
    while done < len(place):
        count = file.readinto(place[done:])  # type: ignore[attr-defined]  # every binary file has it
        if not count:
            raise ValueError("it ends before its last element")
        done += count
