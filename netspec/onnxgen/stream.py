"""A model written as it is made: its protobuf frame first, then tensor after tensor.

Only one tensor is in memory at a time, and none is copied. The bytes are those that
`SerializeToString` would write but for the order of a message's fields, which protobuf leaves free
(https://protobuf.dev/programming-guides/encoding/).
"""

from __future__ import annotations

from typing import IO

from onnx import GraphProto, ModelProto, TensorProto

from netspec.onnxgen.precision import stored
from netspec.onnxgen.program import Program, Tensor, as_model, declare
from netspec.weights.values import Values

_GRAPH = ModelProto.GRAPH_FIELD_NUMBER
_INITIALIZER = GraphProto.INITIALIZER_FIELD_NUMBER
_RAW_DATA = TensorProto.RAW_DATA_FIELD_NUMBER


def write_inside(program: Program, values: Values, file: IO[bytes]) -> None:
    """Write the model with its weights inside; they are less than 2 GiB."""
    model = as_model(program)
    body = model.graph.SerializeToString(deterministic=True)
    model.ClearField("graph")
    frames = []
    length = len(body)
    for name, tensor in program.tensors.items():
        head = declare(name, tensor).SerializeToString(deterministic=True)
        before = head + _start(_RAW_DATA, tensor.nbytes)
        frames.append(_start(_INITIALIZER, len(before) + tensor.nbytes) + before)
        length += len(frames[-1]) + tensor.nbytes
    file.write(model.SerializeToString(deterministic=True) + _start(_GRAPH, length) + body)
    for frame, (name, tensor) in zip(frames, program.tensors.items(), strict=True):
        file.write(frame)
        write_tensor(name, tensor, values, file)


def write_tensor(name: str, tensor: Tensor, values: Values, file: IO[bytes]) -> None:
    """Write a tensor's bytes.  What it was made of is forgotten when this returns, so that the next
    finds the memory free.
    """
    for part in stored(name, tensor.make(values), tensor.dtype):
        file.write(part)


def _start(field: int, length: int) -> bytes:
    """Key and length of a field that holds so many bytes."""
    return _varint(field << 3 | 2) + _varint(length)


def _varint(number: int) -> bytes:
    """Seven bits a byte, the lowest first, the top bit set on all but the last."""
    digits = bytearray()
    while number > 127:
        digits.append(number & 127 | 128)
        number >>= 7
    digits.append(number)
    return bytes(digits)
