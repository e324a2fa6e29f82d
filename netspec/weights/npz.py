"""Zips of arrays, as `numpy.savez` writes them."""

from __future__ import annotations

import io
import weakref
import zipfile
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import IO

import numpy as np
from numpy.lib import format as numpy_format

from netspec.machine.errors import UnusableError
from netspec.text.limits import MAX_AXES, MAX_ELEMENTS, MAX_HEADER_BYTES
from netspec.text.printable import printable
from netspec.weights.floats import Elements, read_floats
from netspec.weights.initial import FloatArray
from netspec.weights.npy import read_header
from netspec.weights.stored import Stored

#: All that zipfile and numpy raise for a damaged member.
BROKEN_ZIP = (
    zipfile.BadZipFile,
    zlib.error,
    ValueError,
    EOFError,
    OSError,
    RuntimeError,
    NotImplementedError,
)


#: Deflate packs no byte into less than a 1032nd (https://zlib.net/zlib_tech.html).
_MOST_INFLATION = 1032


class NpzFile:
    """A zip of .npy members.  Shapes come from headers; what is not asked for is not inflated.

    UnusableError, naming it, where it is none or damaged.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        file = _Archive(io.FileIO(path))
        weakref.finalize(self, file.close)
        try:
            self._zip = zipfile.ZipFile(file)
        except BROKEN_ZIP as error:
            raise UnusableError(
                f"{printable(str(path))}: not a complete .npz file ({printable(str(error))[:200]})"
            ) from error
        self._members: dict[str, zipfile.ZipInfo] = {}
        self.stored: dict[str, Stored] = {}
        for member in self._zip.infolist():
            name = member.filename.removesuffix(".npy")
            if name in self._members:
                raise UnusableError(
                    f"{printable(str(path))}: two tensors are called {printable(name)}"
                )
            self._members[name] = member
            self.stored[name] = self._stored(member)

    def _stored(self, member: zipfile.ZipInfo) -> Stored:
        try:
            with self._open(member) as file:
                header = read_header(file)
            if len(header.shape) > MAX_AXES or max(header.shape, default=0) > MAX_ELEMENTS:
                raise ValueError(f"no array has the shape {header.shape!r:.80}")
        except BROKEN_ZIP as error:
            raise self._damaged(member, error) from error
        return Stored(header.shape, header.type_name)

    def read(self, name: str) -> FloatArray:
        """The values of a tensor of `FLOATS`, in an array that the caller may change."""
        member = self._members[name]
        try:
            with self._open(member) as file:
                header = read_header(file)
                if header.dtype.kind != "f":
                    raise ValueError(f"elements of type {header.type_name} are not floats")
                most = self._most(member)
                if header.nbytes > most:
                    raise ValueError(f"at most {most} bytes where its header has {header.nbytes}")
                values = read_floats(file, Elements(header.dtype), header.shape, header.fortran)
                if file.read(1):  # which also has the checksum looked at
                    raise ValueError("bytes after the last element")
        except BROKEN_ZIP as error:
            raise self._damaged(member, error) from error
        return values

    def _most(self, member: zipfile.ZipInfo) -> int:
        """Bytes that it may inflate to, whatever the directory says."""
        packed = min(member.compress_size, self.path.stat().st_size)
        grown = packed if member.compress_type == zipfile.ZIP_STORED else packed * _MOST_INFLATION
        return min(member.file_size, grown)

    def _open(self, member: zipfile.ZipInfo) -> IO[bytes]:
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise NotImplementedError("it is packed as NumPy packs no array")
        return self._zip.open(member)

    def _damaged(self, member: zipfile.ZipInfo, error: Exception) -> UnusableError:
        reason = printable(str(error))[:200]
        return UnusableError(
            f"{printable(str(self.path))}: {printable(member.filename)} cannot be read: {reason}"
        )


class _Archive(io.BufferedReader):
    """A zip file whose directory, which is read at once, has a bound."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > MAX_HEADER_BYTES:
            raise zipfile.BadZipFile(f"a directory of {size:,} bytes; {MAX_HEADER_BYTES:,} at most")
        return super().read(size)


class _Unfinished(zipfile.ZipFile):
    """An archive that is written, and left as it is where that is interrupted: zipfile would
    finish it when it is dropped, in a file that is closed by then.
    """

    def __del__(self) -> None:
        pass


def write_npz(
    shapes: Iterable[tuple[str, tuple[int, ...]]],
    read: Callable[[str], FloatArray],
    file: IO[bytes],
) -> None:
    """Write float32 tensors, one in memory at a time; the same tensors give the same bytes."""
    with _Unfinished(file, "w") as members:
        for name, shape in shapes:
            member = zipfile.ZipInfo(f"{name}.npy")  # of 1980, whenever it is written
            with members.open(member, "w", force_zip64=True) as stream:
                header = {"descr": "<f4", "fortran_order": False, "shape": shape}
                numpy_format.write_array_header_1_0(stream, header)
                values = np.ascontiguousarray(read(name), "<f4")
                stream.write(values.reshape(-1).view(np.uint8).data)
