"""Whole models: in memory, and as files with their weights inside or beside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, StringStringEntryProto, TensorProto

from netspec.graph.graph import Graph
from netspec.layers import DTYPES
from netspec.machine.resources import refuse_in_memory
from netspec.onnxgen.emit import DEFAULT, ELEMENTS, Target, emit
from netspec.onnxgen.precision import cast, storage
from netspec.onnxgen.stream import write_inside
from netspec.weights.values import Values

#: Bytes of weights above which they go beside the model: a protobuf message ends at 2 GiB.
EXTERNAL_ABOVE = 1_500_000_000
#: Weights beside a model start at multiples of this, so that they can be mapped into memory.
_PAGE = 4096


def weight_bytes(graph: Graph, dtype: str = "float32") -> int:
    """Bytes of all tensors that the layers keep."""
    return sum(weight.numel for _, weight in graph.all_weights()) * DTYPES[dtype]


def compile_model(graph: Graph, values: Values, target: Target = DEFAULT) -> ModelProto:
    """The model of a graph with its weights inside, whatever their size."""
    refuse_in_memory(2 * weight_bytes(graph, target.dtype))
    model = emit(graph, target)
    for name, array in values:
        tensor = _declare(model, name, array.shape, target.dtype)
        tensor.raw_data = bytes(storage(cast(name, array, target.dtype)))
    return model


def write_model(
    graph: Graph,
    values: Values,
    file: IO[bytes],
    target: Target = DEFAULT,
    beside: tuple[str, IO[bytes]] | None = None,
) -> None:
    """Write a model; with `beside`, its weights go to that file, known by that name.

    Weights are written one by one as they are made, so that no more than one is in memory.
    """
    if beside is None:
        write_inside(graph, values, target, file)
        return
    model = emit(graph, target)
    location, data = beside
    for name, array in values:
        data.write(b"\0" * (-data.tell() % _PAGE))
        content = storage(cast(name, array, target.dtype))
        tensor = _declare(model, name, array.shape, target.dtype)
        _lie_beside(tensor, location, data.tell(), len(content))
        data.write(content)
    file.write(model.SerializeToString(deterministic=True))


def separate(
    graph: Graph, values: Values, target: Target = DEFAULT
) -> tuple[ModelProto, Mapping[str, NDArray[np.generic]]]:
    """The model and its weights by name, for a runtime that takes them from memory."""
    refuse_in_memory(2 * weight_bytes(graph, target.dtype))
    model, arrays = emit(graph, target), {}
    for name, array in values:
        arrays[name] = cast(name, array, target.dtype)
        tensor = _declare(model, name, array.shape, target.dtype)
        _lie_beside(tensor, "memory", 0, arrays[name].nbytes)
    return model, arrays


def _declare(model: ModelProto, name: str, shape: tuple[int, ...], dtype: str) -> TensorProto:
    tensor: TensorProto = model.graph.initializer.add()
    tensor.name, tensor.data_type = name, ELEMENTS[dtype]
    tensor.dims.extend(shape)
    return tensor


def _lie_beside(tensor: TensorProto, location: str, offset: int, nbytes: int) -> None:
    tensor.data_location = TensorProto.EXTERNAL
    said = {"location": location, "offset": str(offset), "length": str(nbytes)}
    tensor.external_data.extend(StringStringEntryProto(key=k, value=v) for k, v in said.items())
