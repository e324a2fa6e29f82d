"""What can be told of a model file without parsing it, for which the library alone takes longer
than a small net to run.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from pathlib import Path

#: Fields of onnx.proto3: ModelProto.graph, GraphProto.initializer, TensorProto.raw_data.
_GRAPH, _INITIALIZER, _RAW_DATA = 7, 5, 9
#: Bytes of a varint that all parsers read alike: 35 bits.
_MOST = 5


def keeps_weights_inside(path: Path) -> bool:
    """Whether a file is certainly no model with weights in other files.

    Such weights have a `location`. Where that word stands nowhere but in the weights' own bytes,
    whatever else a stranger made of the file, none are read from elsewhere.
    """
    with path.open("rb") as file:
        try:
            data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except ValueError:  # it is empty
            return False
        with data:
            try:
                return all(
                    data.find(b"location", first, end) < 0
                    for first, end in _around(_raw_data(data), len(data))
                )
            except (ValueError, IndexError):  # it is none that we can read
                return False


def _around(skipped: Iterator[tuple[int, int]], end: int) -> Iterator[tuple[int, int]]:
    """What lies between pieces, and after the last one."""
    place = 0
    for first, after in skipped:
        yield place, first
        place = after
    yield place, end


def _raw_data(data: mmap.mmap) -> Iterator[tuple[int, int]]:
    """Where the bytes of initializers stand."""
    for graph in _messages(data, (0, len(data)), _GRAPH):
        for tensor in _messages(data, graph, _INITIALIZER):
            yield from _messages(data, tensor, _RAW_DATA)


def _messages(data: mmap.mmap, within: tuple[int, int], wanted: int) -> Iterator[tuple[int, int]]:
    """Where the fields of a number stand in a message.  ValueError where it is none."""
    at, end = within
    while at < end:
        tag, at = _varint(data, at)
        length = 0
        match tag & 7:  # its wire type: https://protobuf.dev/programming-guides/encoding
            case 0:
                _, at = _varint(data, at)
            case 1:
                length = 8
            case 5:
                length = 4
            case 2:
                length, at = _varint(data, at)
            case _:
                raise ValueError("no field that onnx has")
        if at + length > end:
            raise ValueError("a field that is longer than its message")
        if tag == wanted << 3 | 2:
            yield at, at + length
        at += length


def _varint(data: mmap.mmap, at: int) -> tuple[int, int]:
    """A number of seven bits a byte, the lowest first, and where it ends."""
    value = 0
    for shift in range(_MOST):
        byte = data[at + shift]
        value |= (byte & 0x7F) << 7 * shift
        if byte < 0x80:
            return value, at + shift + 1
    raise ValueError("a longer number than onnx has")
