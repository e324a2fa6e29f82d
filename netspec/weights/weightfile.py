"""Files of named tensors: safetensors and npz.

Pickles are refused unopened, for reading one runs its code.
"""

from __future__ import annotations

import json
import shlex
import struct
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from netspec.machine.errors import UnusableError, refuse_no_file
from netspec.text.limits import MAX_HEADER_BYTES
from netspec.text.printable import printable
from netspec.weights.npy import read_data, read_header

_PICKLES = (".pth", ".pt", ".pkl", ".pickle", ".bin", ".ckpt")
#: Element types that are taken as float32, as either format calls them.
FLOATS = frozenset({"F64", "F32", "F16", "BF16", "float64", "float32", "float16"})
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


@dataclass(frozen=True, slots=True)
class Stored:
    """What a file says of a tensor before it is read."""

    shape: tuple[int, ...]
    dtype: str


class TensorFile(Protocol):
    """A file of tensors: what is in it, and the values of one."""

    @property
    def stored(self) -> Mapping[str, Stored]:
        """The tensors of the file by name."""

    def read(self, name: str) -> NDArray[np.generic]:
        """The values of a tensor, as they are stored."""


def open_tensors(path: Path) -> TensorFile:
    """The tensors of a .safetensors or .npz file.

    UnusableError, naming the file, where it is none or damaged.
    """
    shown, suffix = printable(str(path)), path.suffix.lower()
    if suffix in _PICKLES:
        raise UnusableError(
            f"{shown} may be a pickle, which runs code when it is read; "
            "weights are .safetensors or .npz",
            help=f"if you trust it, convert it once: {_converting_line(path)}",
        )
    if suffix not in (".safetensors", ".npz"):
        raise UnusableError(
            f"{shown}: weights are .safetensors or .npz, not {printable(suffix) or 'this'}"
        )
    refuse_no_file(path)
    _refuse_stand_in(path)
    return SafetensorsFile(path) if suffix == ".safetensors" else NpzFile(path)


class SafetensorsFile:
    """A safetensors file, mapped into memory: tensors are read when they are asked for."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._file = cast(Any, safe_open(path, framework="numpy"))
            names = self._file.keys()
            slices = {name: self._file.get_slice(name) for name in names}
        except (SafetensorError, UnicodeDecodeError, TypeError, ValueError) as error:
            raise UnusableError(
                f"{printable(str(path))}: {_why_not_safetensors(path, error)}"
            ) from error
        self.stored = {
            name: Stored(tuple(at.get_shape()), at.get_dtype()) for name, at in slices.items()
        }

    def read(self, name: str) -> NDArray[np.generic]:
        """The values of a tensor."""
        values: NDArray[np.generic] = self._file.get_tensor(name)
        return values


class NpzFile:
    """A zip of .npy members.  Shapes come from headers; what is not asked for is not inflated."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._zip = zipfile.ZipFile(path)
        except BROKEN_ZIP as error:
            raise UnusableError(
                f"{printable(str(path))}: not a complete .npz file ({error})"
            ) from error
        self.stored: dict[str, Stored] = {}
        for member in self._zip.namelist():
            name = member.removesuffix(".npy")
            if name in self.stored:
                raise UnusableError(
                    f"{printable(str(path))}: two tensors are called {printable(name)}"
                )
            self.stored[name] = self._header(member)

    def _header(self, member: str) -> Stored:
        try:
            with self._zip.open(member) as file:
                header = read_header(file)
        except BROKEN_ZIP as error:
            raise self._damaged(member, error) from error
        return Stored(header.shape, header.type_name)

    def read(self, name: str) -> NDArray[np.generic]:
        """The values of a tensor."""
        member = f"{name}.npy" if f"{name}.npy" in self._zip.NameToInfo else name
        try:
            with self._zip.open(member) as file:
                values = read_data(file, read_header(file))
                if file.read(1):
                    raise ValueError("bytes after the last element")
        except BROKEN_ZIP as error:
            raise self._damaged(member, error) from error
        return values

    def _damaged(self, member: str, error: Exception) -> UnusableError:
        reason = printable(str(error))[:200]
        return UnusableError(
            f"{printable(str(self.path))}: {printable(member)} cannot be read: {reason}"
        )


def _converting_line(path: Path) -> str:
    target = path.with_suffix(".safetensors").name
    code = (
        "import torch, safetensors.torch as s; "
        f"t = torch.load({str(path)!r}, map_location='cpu', weights_only=True); "
        f"s.save_file({{k: v.clone().contiguous() for k, v in t.items()}}, {target!r})"
    )
    return printable(f"python -c {shlex.quote(code)}")


def _refuse_stand_in(path: Path) -> None:
    """Files that stand where the weights should: nothing, a Git LFS pointer, a web page."""
    with path.open("rb") as file:
        start = file.read(256).lstrip().lower()
    shown = printable(str(path))
    if not start:
        raise UnusableError(f"{shown} is empty")
    if start.startswith(b"version https://git-lfs"):
        raise UnusableError(
            f"{shown} is a Git LFS pointer, not the file it stands for", help="run `git lfs pull`"
        )
    if start.startswith((b"<!doctype", b"<html", b"<?xml")):
        raise UnusableError(
            f"{shown} is a web page, not weights", help="download the file itself again"
        )


def _why_not_safetensors(path: Path, error: Exception) -> str:
    """What is wrong with a file that the library refuses, in bytes where some are missing."""
    size = path.stat().st_size
    with path.open("rb") as file:
        (length,) = struct.unpack("<Q", file.read(8).ljust(8, b"\xff"))
        if length > min(size, MAX_HEADER_BYTES):
            return (
                f"not a complete safetensors file: {size} bytes, and its header would be {length}"
            )
        try:
            header = json.loads(file.read(length))
            ends = [
                entry["data_offsets"][1] for key, entry in header.items() if key != "__metadata__"
            ]
            whole = 8 + length + max(ends, default=0)
        except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError):
            whole = size
    if whole > size:
        return f"not a complete safetensors file: {size} bytes where its header promises {whole}"
    return f"not a safetensors file ({printable(str(error))[:200]})"
