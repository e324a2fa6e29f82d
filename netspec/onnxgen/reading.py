"""Models read back, from wherever they come."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import prod
from pathlib import Path

from google.protobuf.message import DecodeError  # type: ignore[import-untyped]  # no types
from onnx import IR_VERSION, GraphProto, ModelProto, NodeProto, TensorProto

from netspec.machine.errors import UnusableError, refuse_no_file
from netspec.onnxgen.target import ELEMENTS
from netspec.text.printable import printable


def read_model(path: Path) -> ModelProto:
    """The model in a file; weights beside it stay there.

    UnusableError, naming the file, where it cannot serve.
    """
    shown = printable(str(path))
    refuse_no_file(path)
    model = ModelProto()
    try:
        model.ParseFromString(path.read_bytes())
    except DecodeError as error:
        raise UnusableError(f"{shown} is not a complete ONNX model") from error
    if not model.ir_version or not model.graph.output:
        raise UnusableError(f"{shown} is not an ONNX model")
    if model.ir_version > IR_VERSION:
        raise UnusableError(
            f"{shown} is of ONNX format {model.ir_version}; "
            f"the installed onnx reads up to {IR_VERSION}"
        )
    for tensor in _tensors(model.graph):
        if tensor.data_location == TensorProto.EXTERNAL:
            _refuse_outside(path, tensor)
    return model


def data_files(path: Path) -> tuple[Path, ...]:
    """The files beside a model that hold its weights; UnusableError as `read_model`."""
    names = {
        entry.value
        for tensor in _tensors(read_model(path).graph)
        for entry in tensor.external_data
        if tensor.data_location == TensorProto.EXTERNAL and entry.key == "location"
    }
    return tuple(path.parent / name for name in sorted(names))


def tensor_names(model: ModelProto) -> tuple[str, ...]:
    """What `expose` can make an output: the inputs and each node's results, in order."""
    results = (name for node in model.graph.node for name in node.output if name)
    return tuple(dict.fromkeys((*(value.name for value in model.graph.input), *results)))


def computed_in(path: Path) -> str:
    """The type in which a model file keeps its weights: float32, float16, bfloat16, or int8 where
    they are quantised.

    UnusableError where it is no model.
    """
    graph = read_model(path).graph
    if any(node.op_type == "DequantizeLinear" for node in graph.node):
        return "int8"
    sizes = dict.fromkeys(ELEMENTS, 0)
    names = {element: name for name, element in ELEMENTS.items()}
    for tensor in graph.initializer:
        if tensor.data_type in names:
            sizes[names[tensor.data_type]] += prod(tensor.dims)
    return max(sizes, key=sizes.__getitem__)


def holds_half(model: ModelProto) -> bool:
    """Whether a model holds weights of 16 bits."""
    half = (TensorProto.FLOAT16, TensorProto.BFLOAT16)
    return any(tensor.data_type in half for tensor in model.graph.initializer)


def expose(model: ModelProto, layers: Iterable[str]) -> None:
    """Make tensors of the graph outputs of the model, after those that it has."""
    outputs = {value.name for value in model.graph.output}
    known = {value.name: value for value in (*model.graph.value_info, *model.graph.input)}
    for name in dict.fromkeys(layers):
        if name in outputs:
            continue
        if name in known:
            model.graph.output.append(known[name])
        else:
            model.graph.output.add().name = name  # ONNX Runtime infers the type


def _tensors(graph: GraphProto) -> Iterator[TensorProto]:
    """All tensors of a graph, those in attributes and subgraphs as well."""
    yield from graph.initializer
    for sparse in graph.sparse_initializer:
        yield from (sparse.values, sparse.indices)
    yield from _attribute_tensors(graph.node)


def _attribute_tensors(nodes: Iterable[NodeProto]) -> Iterator[TensorProto]:
    for attribute in (attribute for node in nodes for attribute in node.attribute):
        yield from (attribute.t, *attribute.tensors)
        for sparse in (attribute.sparse_tensor, *attribute.sparse_tensors):
            yield from (sparse.values, sparse.indices)
        for graph in (*((attribute.g,) if attribute.HasField("g") else ()), *attribute.graphs):
            yield from _tensors(graph)


def _refuse_outside(path: Path, tensor: TensorProto) -> None:
    """A model comes from anywhere: it must not make us read files but beside it and below."""
    location = next((entry.value for entry in tensor.external_data if entry.key == "location"), "")
    folder = path.parent.resolve()
    name, place = printable(tensor.name), printable(location)
    shown = f"{printable(str(path))}: the weights `{name}` lie in `{place}`"
    try:
        target = (folder / location).resolve()
        inside, there = target.is_relative_to(folder), target.is_file()
    except (OSError, ValueError, RuntimeError):
        inside = there = False
    if not inside:
        raise UnusableError(f"{shown}, outside the model's folder")
    if not there:
        raise UnusableError(
            f"{shown}, which is missing", help="keep the model and its data file together"
        )
