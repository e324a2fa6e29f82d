"""Arrays -> input tensors: .npy and .npz files, without pickle."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from netspec.onnxgen.machine import size
from netspec.onnxgen.weightfile import read_header
from netspec.runtime.errors import InputError
from netspec.text.printable import printable

#: A member that inflates to more than this, and is a hundred times smaller packed, is a trap.
_LARGEST_INFLATED, _LARGEST_RATIO = 1 << 30, 100


def read_npy(path: Path) -> NDArray[np.float32]:
    """The array in an .npy file as float32.

    InputError where it is none, is not complete, or holds other than finite numbers.
    """
    try:
        with path.open("rb") as file:
            nbytes = _data_bytes(file)
            present = path.stat().st_size - file.tell()
            if present < nbytes:
                raise InputError(
                    f"not complete: {present} bytes of data where its header promises {nbytes}"
                )
            file.seek(0)
            values = npy.read_array(file, allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise InputError(f"not an .npy file ({printable(str(error))[:200]})") from error
    return as_floats(values)


def read_npz(path: Path) -> dict[str, NDArray[np.float32]]:
    """The arrays in an .npz file by name, as `read_npy` reads one."""
    try:
        with zipfile.ZipFile(path) as file:
            return {
                member.filename.removesuffix(".npy"): _read_member(file, member)
                for member in file.infolist()
            }
    except (
        zipfile.BadZipFile,
        zlib.error,
        ValueError,
        EOFError,
        RuntimeError,
        NotImplementedError,
    ) as error:
        reason = printable(str(error))[:200]
        raise InputError(f"not a complete .npz file ({reason})") from error


def _read_member(file: zipfile.ZipFile, member: zipfile.ZipInfo) -> NDArray[np.float32]:
    name = printable(member.filename)
    try:
        with file.open(member) as stream:
            nbytes = _data_bytes(stream)
        if nbytes > _LARGEST_INFLATED and nbytes > _LARGEST_RATIO * member.compress_size:
            packed = size(member.compress_size)
            raise InputError(f"{size(nbytes)} out of {packed}; give it as an .npy file")
        with file.open(member) as stream:
            return as_floats(npy.read_array(stream, allow_pickle=False))
    except InputError as error:
        raise InputError(f"{name}: {error}") from error


def _data_bytes(file: IO[bytes]) -> int:
    """Bytes of data that an .npy header promises; the stream then stands at them."""
    shape, _, dtype = read_header(file)
    if dtype.hasobject:
        raise InputError("it holds objects (a pickle), not numbers")
    count = dtype.itemsize
    for side in shape:
        count *= side
    return count


def as_floats(values: NDArray[Any]) -> NDArray[np.float32]:
    """Numbers as float32; InputError for other elements, and for NaN and infinities."""
    if values.dtype.kind not in "fiub":
        raise InputError(f"it holds elements of type {values.dtype}, not numbers")
    with np.errstate(over="ignore"):
        floats = values.astype(np.float32, copy=False)
    if not np.isfinite(floats).all():
        raise InputError("it holds NaN or infinite values")
    return floats
