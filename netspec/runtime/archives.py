"""Archives of arrays -> input tensors: .npz files."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec.machine.resources import size
from netspec.runtime.arrays import finite_floats, numeric_header
from netspec.runtime.errors import InputError
from netspec.text.limits import MAX_INFLATED_BYTES, MAX_INFLATION
from netspec.text.printable import printable
from netspec.weights.npy import read_data
from netspec.weights.npz import BROKEN_ZIP


def read_npz(path: Path) -> dict[str, NDArray[Any]]:
    """The arrays in an .npz file by name, as `read_npy` reads one; but bytes stay bytes."""
    try:
        with zipfile.ZipFile(path) as file:
            return {
                member.filename.removesuffix(".npy"): _read_member(file, member)
                for member in file.infolist()
            }
    except BROKEN_ZIP as error:
        reason = printable(str(error))[:200]
        raise InputError(f"not a complete .npz file ({reason})") from error


def _read_member(file: zipfile.ZipFile, member: zipfile.ZipInfo) -> NDArray[Any]:
    try:
        with file.open(member) as stream:
            header = numeric_header(stream)
            if header.nbytes > MAX_INFLATED_BYTES + MAX_INFLATION * member.compress_size:
                packed = size(member.compress_size)
                raise InputError(f"{size(header.nbytes)} out of {packed}; give it as an .npy file")
            values = read_data(stream, header)
            return values if values.dtype == np.uint8 else finite_floats(values)
    except InputError as error:
        raise InputError(f"{printable(member.filename)}: {error}") from error
