"""Streams in NumPy's .npy format, read without pickle and without trust in their headers."""

from __future__ import annotations

import io
import struct
import warnings
from dataclasses import dataclass
from math import prod
from typing import IO, Any

import numpy as np
from numpy.lib import format as numpy_format
from numpy.typing import NDArray

#: Bytes of a header: what NumPy parses unless it is told to trust the file.
_MAX_HEADER = 10_000


@dataclass(frozen=True, slots=True)
class Header:
    """What a stream says of its array."""

    shape: tuple[int, ...]
    fortran: bool
    dtype: np.dtype[Any]

    @property
    def nbytes(self) -> int:
        """Bytes of data that it promises."""
        return prod(self.shape) * self.dtype.itemsize

    @property
    def numeric(self) -> bool:
        """Whether its elements are floats, integers or booleans."""
        return self.dtype.kind in "fiub"

    @property
    def type_name(self) -> str:
        """The element type, for messages."""
        return "objects (a pickle)" if self.dtype.hasobject else self.dtype.name


def read_header(file: IO[bytes]) -> Header:
    """The header of a stream, which then stands at its data.  ValueError where it is none."""
    try:
        version = numpy_format.read_magic(file)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of headers that Python 2 wrote
            if version == (1, 0):
                header = Header(*numpy_format.read_array_header_1_0(file))
            elif version == (2, 0):
                header = Header(*numpy_format.read_array_header_2_0(_start(file)))
            else:
                raise ValueError(f"format {version[0]}.{version[1]} holds no plain numbers")
    except OSError:
        raise
    except Exception as error:  # a header is Python source, and breaks in all the ways that has
        raise ValueError(f"no .npy header: {error}") from error
    if any(side < 0 for side in header.shape):
        raise ValueError(f"no .npy header: the shape {header.shape!r:.80} is negative")
    return header


def _start(file: IO[bytes]) -> IO[bytes]:
    """The header of a stream by itself, with the four bytes that say how long it is.

    NumPy reads four gigabytes of it before it finds that too much; a zip may inflate to them.
    """
    prefix = file.read(4)
    (length,) = struct.unpack("<I", prefix)
    if length > _MAX_HEADER:
        raise ValueError(f"a header of {length} bytes")
    return io.BytesIO(prefix + file.read(length))


def read_data(file: IO[bytes], header: Header) -> NDArray[Any]:
    """The array of numbers that stands after its header.  ValueError where it is not complete."""
    if not header.numeric:
        raise ValueError(f"elements of type {header.type_name} are not numbers")
    data = file.read(header.nbytes)
    if len(data) < header.nbytes:
        raise ValueError(f"{len(data)} bytes of data where its header promises {header.nbytes}")
    values = np.frombuffer(data, header.dtype)
    return values.reshape(header.shape, order="F" if header.fortran else "C")
