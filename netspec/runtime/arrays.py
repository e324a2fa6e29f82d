"""Arrays -> input tensors: .npy and .npz files, without pickle."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from netspec.machine.resources import size
from netspec.runtime.errors import InputError
from netspec.text.limits import MAX_INFLATED_BYTES, MAX_INFLATION
from netspec.text.printable import printable
from netspec.weights.npy import Header, read_data, read_header
from netspec.weights.weightfile import BROKEN_ZIP


def read_npy(path: Path) -> NDArray[np.float32]:
    """The array in an .npy file as float32.

    InputError where it is none, is not complete, or holds other than finite numbers.
    """
    try:
        with path.open("rb") as file:
            header = _header(file)
            present = path.stat().st_size - file.tell()
            if present < header.nbytes:
                raise InputError(
                    f"not complete: {present} bytes of data "
                    f"where its header promises {header.nbytes}"
                )
            return _floats(read_data(file, header))
    except ValueError as error:
        raise InputError(f"not an .npy file ({printable(str(error))[:200]})") from error


def read_npz(path: Path) -> dict[str, NDArray[np.float32]]:
    """The arrays in an .npz file by name, as `read_npy` reads one."""
    try:
        with zipfile.ZipFile(path) as file:
            return {
                member.filename.removesuffix(".npy"): _read_member(file, member)
                for member in file.infolist()
            }
    except BROKEN_ZIP as error:
        reason = printable(str(error))[:200]
        raise InputError(f"not a complete .npz file ({reason})") from error


def _read_member(file: zipfile.ZipFile, member: zipfile.ZipInfo) -> NDArray[np.float32]:
    try:
        with file.open(member) as stream:
            header = _header(stream)
            if header.nbytes > MAX_INFLATED_BYTES + MAX_INFLATION * member.compress_size:
                packed = size(member.compress_size)
                raise InputError(f"{size(header.nbytes)} out of {packed}; give it as an .npy file")
            return _floats(read_data(stream, header))
    except InputError as error:
        raise InputError(f"{printable(member.filename)}: {error}") from error


def _header(file: IO[bytes]) -> Header:
    header = read_header(file)
    if not header.numeric:
        raise InputError(f"it holds {printable(header.type_name)}, not numbers")
    return header


def _floats(values: NDArray[Any]) -> NDArray[np.float32]:
    with np.errstate(over="ignore"):  # a float64 beyond float32 is infinite, and so refused
        floats = values.astype(np.float32, copy=False)
    if not np.isfinite(floats).all():
        raise InputError("it holds NaN or infinite values")
    return floats
