"""Safetensors: a header of JSON that says where each tensor lies, then the tensors.

The format: https://huggingface.co/docs/safetensors, section "Format". The header is read without
trust; tensors are read when they are asked for, from the file and not from a map of it, which would
end the process where another cuts the file short.
"""

from __future__ import annotations

import json
import struct
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import IO, Any, TypeGuard

import numpy as np

from netspec.machine.errors import UnusableError
from netspec.text.limits import MAX_AXES, MAX_ELEMENTS, MAX_HEADER_BYTES
from netspec.text.printable import printable
from netspec.weights.floats import Elements, read_floats
from netspec.weights.initial import FloatArray
from netspec.weights.jsontext import mapping
from netspec.weights.stored import FLOATS, Stored

_ELEMENTS = {
    "F64": Elements(np.dtype("<f8")),
    "F32": Elements(np.dtype("<f4")),
    "F16": Elements(np.dtype("<f2")),
    "BF16": Elements(np.dtype("<u2"), brain=True),
}
#: Bytes of an element. Types that came after these are read past, whatever their size.
_SIZES = {kind: elements.dtype.itemsize for kind, elements in _ELEMENTS.items()} | {
    **dict.fromkeys(("C64", "I64", "U64"), 8),
    **dict.fromkeys(("I32", "U32"), 4),
    **dict.fromkeys(("I16", "U16"), 2),
    **dict.fromkeys(("I8", "U8", "BOOL", "F8_E4M3", "F8_E5M2"), 1),
}
_KEYS = frozenset({"dtype", "shape", "data_offsets"})
#: The key of the header that is no tensor.
_METADATA = "__metadata__"


@dataclass(frozen=True, slots=True)
class _Entry:
    """A tensor of the header: what it is, and where it lies, in bytes after the header."""

    stored: Stored
    start: int
    stop: int


class SafetensorsFile:
    """A safetensors file; `metadata` is what it says beside its tensors.

    UnusableError, naming it, where it is none or not complete.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        size = path.stat().st_size
        try:
            with path.open("rb") as file:
                self._entries, self.metadata, self._data = _read_header(file, size)
        except ValueError as error:
            reason = printable(str(error))[:300]
            raise UnusableError(f"{printable(str(path))}: {reason}") from error
        self.stored = {name: entry.stored for name, entry in self._entries.items()}

    def read(self, name: str) -> FloatArray:
        """The values of a tensor of `FLOATS`, in an array that the caller may change."""
        entry = self._entries[name]
        shape, kind = entry.stored.shape, entry.stored.dtype
        assert kind in FLOATS, kind
        try:
            with self.path.open("rb") as file:
                file.seek(self._data + entry.start)
                return read_floats(file, _ELEMENTS[kind], shape)
        except ValueError as error:
            shown = f"{printable(str(self.path))}: {printable(name)}"
            raise UnusableError(f"{shown} cannot be read: {error}") from error


def write_safetensors(
    shapes: Iterable[tuple[str, tuple[int, ...]]],
    read: Callable[[str], FloatArray],
    file: IO[bytes],
    metadata: Mapping[str, str] | None = None,
) -> None:
    """Write float32 tensors, one in memory at a time, after `metadata` where there is any: the
    bytes that the safetensors library would write.

    UnusableError where the header would be longer than may be read again.
    """
    tensors, at = {}, 0
    for name, shape in sorted(shapes):
        stop = at + prod(shape) * np.dtype(np.float32).itemsize
        tensors[name] = {"dtype": "F32", "shape": shape, "data_offsets": (at, stop)}
        at = stop
    header = ({_METADATA: dict(metadata)} if metadata else {}) | tensors
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    if len(text) > MAX_HEADER_BYTES:
        raise UnusableError(
            f"a safetensors header of {len(text):,} bytes would be too long to read; "
            f"{MAX_HEADER_BYTES:,} is the most",
            help="write an .npz file",
        )
    file.write(struct.pack("<Q", len(text)) + text)
    for name in tensors:
        file.write(np.ascontiguousarray(read(name), "<f4").reshape(-1).view(np.uint8).data)


def _read_header(file: IO[bytes], size: int) -> tuple[dict[str, _Entry], dict[str, str], int]:
    """The tensors of a file of so many bytes, its metadata, and where the data begin."""
    start = file.read(8)
    if len(start) < 8:
        raise ValueError(f"not a complete safetensors file: {size} bytes, and no header")
    (length,) = struct.unpack("<Q", start)
    if length > min(size - 8, MAX_HEADER_BYTES):
        raise ValueError(
            f"not a complete safetensors file: {size} bytes, and its header would be {length}"
        )
    try:
        entries, metadata = _entries(file.read(length).decode())
        whole = 8 + length + _nbytes(entries)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"not a safetensors file ({error})") from error
    if whole > size:
        raise ValueError(
            f"not a complete safetensors file: {size} bytes where its header promises {whole}"
        )
    if whole < size:
        raise ValueError(f"not a safetensors file ({size - whole} bytes after the last tensor)")
    return entries, metadata, 8 + length


def _entries(header: str) -> tuple[dict[str, _Entry], dict[str, str]]:
    """The tensors of a header by name, and its metadata as far as they are strings."""
    found = json.loads(header, object_pairs_hook=_object)
    if not header.startswith("{") or not isinstance(found, dict):
        raise ValueError("its header is no mapping")
    said = found.pop(_METADATA, None)
    for name, entry in found.items():
        if not isinstance(entry, _Entry):
            raise ValueError(f"{name} is not described as a tensor")
    words = said.items() if isinstance(said, dict) else ()
    return found, {key: value for key, value in words if isinstance(value, str)}


def _object(pairs: list[tuple[str, Any]]) -> object:
    """An object of a header; one that describes a tensor shrinks at once, for there may be many."""
    found = mapping(pairs)
    whole = found.keys() == _KEYS and isinstance(found["dtype"], str)
    return _entry(**found) if whole else found


def _entry(dtype: str, shape: Any, data_offsets: Any) -> _Entry:
    if not (_counts(shape) and len(shape) <= MAX_AXES):
        raise ValueError(f"{shape!r:.80} is no shape")
    if not (_counts(data_offsets) and len(data_offsets) == 2):
        raise ValueError(f"{data_offsets!r:.80} are no offsets")
    start, stop = data_offsets
    needed = prod(shape) * _SIZES[dtype] if dtype in _SIZES else stop - start
    if stop - start != needed or needed < 0:
        raise ValueError(f"{dtype} {shape!r:.80} does not lie in bytes {start} to {stop}")
    return _Entry(Stored(tuple(shape), sys.intern(dtype)), start, stop)


def _counts(value: Any) -> TypeGuard[list[int]]:
    """Whether it is a list of whole numbers from 0 on."""
    return isinstance(value, list) and all(type(n) is int and 0 <= n <= MAX_ELEMENTS for n in value)


def _nbytes(entries: Mapping[str, _Entry]) -> int:
    """Bytes of all tensors, which must lie side by side."""
    places = sorted((entry.start, entry.stop, name) for name, entry in entries.items())
    at = 0
    for start, stop, name in places:
        if start != at:
            raise ValueError(f"{name} begins at byte {start} where {at} is free")
        at = stop
    return at
