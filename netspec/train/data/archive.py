"""Arrays of .npz files, as `numpy.savez` and `numpy.savez_compressed` write them; without pickle.

What is stored uncompressed is not read but mapped: it takes no memory of its own, and a sample is
fetched from the disk when it is asked for. What is compressed is inflated as a whole, once.
"""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from netspec.machine.errors import UnusableError
from netspec.machine.resources import refuse_in_memory, size
from netspec.text.limits import MAX_INFLATED_BYTES, MAX_INFLATION
from netspec.text.printable import printable
from netspec.weights.npy import Header, read_header
from netspec.weights.npz import BROKEN_ZIP

#: Bytes that are inflated at a time.
_BLOCK = 1 << 22
#: A member's own header: its size without names, and where it says how long they are.
_LOCAL_HEADER, _LENGTHS = 30, 26


def read_arrays(path: Path, names: tuple[str, ...]) -> tuple[NDArray[Any], ...]:
    """The arrays of these names.  What is mapped cannot be written to.

    UnusableError where the file is no .npz, lacks one of them, or holds other than numbers in it.
    """
    shown = printable(str(path))
    try:
        with zipfile.ZipFile(path) as file:
            members = {m.filename.removesuffix(".npy"): m for m in file.infolist()}
            for name in names:
                if name not in members:
                    raise _lacking(shown, name, list(members))
            return tuple(_read(path, file, members[name], shown) for name in names)
    except BROKEN_ZIP as error:
        reason = printable(str(error))[:200]
        raise UnusableError(f"{shown}: not a complete .npz file ({reason})") from error


def _lacking(shown: str, name: str, found: list[str]) -> UnusableError:
    there = ", ".join(f"`{printable(other)[:60]}`" for other in found[:20]) or "none"
    return UnusableError(
        f"{shown}: no array `{name}`; there are: {there}",
        help="save the samples as `x` and their targets as `y`: `np.savez(file, x=..., y=...)`",
    )


def _read(path: Path, file: zipfile.ZipFile, member: zipfile.ZipInfo, shown: str) -> NDArray[Any]:
    """One array, mapped where that can be."""
    name = printable(member.filename.removesuffix(".npy"))
    with file.open(member) as stream:
        header = read_header(stream)
        start = stream.tell()
        if not header.numeric:
            raise UnusableError(
                f"{shown}: `{name}` holds {printable(header.type_name)}, not numbers",
                help="save plain arrays: floats, integers or uint8 pixels",
            )
        if member.file_size != start + header.nbytes:
            raise UnusableError(
                f"{shown}: `{name}` has {member.file_size - start} bytes of data where its header "
                f"promises {header.nbytes}"
            )
        if member.compress_type == zipfile.ZIP_STORED and header.nbytes:
            return _mapped(path, member, header, start)
        if header.nbytes > MAX_INFLATED_BYTES + MAX_INFLATION * member.compress_size:
            packed = size(member.compress_size)
            raise UnusableError(
                f"{shown}: `{name}` is {size(header.nbytes)} out of {packed}",
                help="save it uncompressed, by `np.savez`",
            )
        refuse_in_memory(header.nbytes, f"{shown}: `{name}` is compressed and takes")
        return _inflated(stream, header)


def _mapped(path: Path, member: zipfile.ZipInfo, header: Header, start: int) -> NDArray[Any]:
    """The array where it lies in the file."""
    with path.open("rb") as file:
        file.seek(member.header_offset + _LENGTHS)
        name, extra = struct.unpack("<HH", file.read(4))
    offset = member.header_offset + _LOCAL_HEADER + name + extra + start
    order = "F" if header.fortran else "C"
    array: NDArray[Any] = np.memmap(path, header.dtype, "r", offset, header.shape, order)  # type: ignore[call-overload]  # the stubs want a literal order
    return array


def _inflated(stream: IO[bytes], header: Header) -> NDArray[Any]:
    """The array, in memory once."""
    data = np.empty(header.nbytes, np.uint8)
    done = 0
    while done < header.nbytes:
        count = stream.readinto(data[done : done + _BLOCK])  # type: ignore[attr-defined]  # every binary file has it
        if not count:
            raise EOFError("it ends before its last element")
        done += count
    return data.view(header.dtype).reshape(header.shape, order="F" if header.fortran else "C")
