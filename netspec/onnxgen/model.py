"""Whole models: in memory, and as files with their weights inside or beside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, StringStringEntryProto, TensorProto

from netspec.machine.resources import refuse_in_memory
from netspec.onnxgen.precision import cast, stored
from netspec.onnxgen.program import Program, as_model, declare
from netspec.onnxgen.stream import write_inside, write_tensor
from netspec.weights.values import Values

#: Bytes of weights above which they go beside the model: a protobuf message ends at 2 GiB.
EXTERNAL_ABOVE = 1_500_000_000
#: Weights beside a model start at multiples of this, so that they can be mapped into memory.
_PAGE = 4096


def compile_model(program: Program, values: Values) -> ModelProto:
    """The model of a program with its weights inside, whatever their size."""
    refuse_in_memory(2 * program.nbytes)
    model = as_model(program)
    for name, tensor in program.tensors.items():
        proto = declare(name, tensor)
        proto.raw_data = b"".join(stored(name, tensor.make(values), tensor.dtype))
        model.graph.initializer.append(proto)
    return model


def write_model(
    program: Program,
    values: Values,
    file: IO[bytes],
    beside: tuple[str, IO[bytes]] | None = None,
) -> None:
    """Write a model; with `beside`, its weights go to that file, known by that name.

    Weights are written one by one as they are made, so that no more than one is in memory.
    """
    if beside is None:
        write_inside(program, values, file)
        return
    model = as_model(program)
    location, data = beside
    for name, tensor in program.tensors.items():
        data.write(b"\0" * (-data.tell() % _PAGE))
        proto = declare(name, tensor)
        _lie_beside(proto, location, data.tell(), tensor.nbytes)
        model.graph.initializer.append(proto)
        write_tensor(name, tensor, values, data)
    file.write(model.SerializeToString(deterministic=True))


def separate(
    program: Program, values: Values
) -> tuple[ModelProto, Mapping[str, NDArray[np.generic]]]:
    """The model and its weights by name, for a runtime that takes them from memory."""
    refuse_in_memory(2 * program.nbytes)
    model, arrays = as_model(program), {}
    for name, tensor in program.tensors.items():
        arrays[name] = cast(name, tensor.make(values), tensor.dtype)
        proto = declare(name, tensor)
        _lie_beside(proto, "memory", 0, arrays[name].nbytes)
        model.graph.initializer.append(proto)
    return model, arrays


def _lie_beside(tensor: TensorProto, location: str, offset: int, nbytes: int) -> None:
    tensor.data_location = TensorProto.EXTERNAL
    said = {"location": location, "offset": str(offset), "length": str(nbytes)}
    tensor.external_data.extend(StringStringEntryProto(key=k, value=v) for k, v in said.items())
