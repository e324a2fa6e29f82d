"""Tensors seen in another shape: in one step, and only where the shape is another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import prod

from onnx import NodeProto, TensorProto, helper

from netspec.onnxgen.optimise.rewriting import numbers, renamed, wired
from netspec.onnxgen.program import Program

_VIEWS = frozenset({"Flatten", "Reshape", "Unsqueeze"})


def merge_views(program: Program) -> Program:
    """A view of a view sees what that one sees; a view in the same shape goes.

    The batch axis is first in all of them and stays: a Reshape copies it (size 0).
    """
    nodes: dict[str, NodeProto] = {}  # by result
    same: dict[str, str] = {}
    shapes: dict[str, tuple[int, ...]] = {}  # of views that are parts of layers
    for node in program.nodes:
        made = renamed(node, same)
        (name, *_) = made.output
        shape = _shape(program, made, shapes) if made.op_type in _VIEWS else None
        if shape is not None:
            shapes[name] = shape
            made, constant = _over_source(made, nodes, shape)
            if constant is not None:
                nodes[constant.output[0]] = constant
            if name not in program.visible and _known(program, made.input[0], shapes) == shape:
                same[name] = made.input[0]
                continue
        nodes[name] = made
    return replace(program, nodes=tuple(nodes.values()))


def _known(
    program: Program, name: str, shapes: Mapping[str, tuple[int, ...]]
) -> tuple[int, ...] | None:
    """The shape of a result where it is known: a layer's, or that of a view."""
    kind = program.types.get(name)
    return shapes.get(name) if kind is None else kind.shape


def _shape(
    program: Program, view: NodeProto, shapes: Mapping[str, tuple[int, ...]]
) -> tuple[int, ...] | None:
    """The shape that a view makes of a sample; None where it cannot be told, or where what is
    viewed is no result but a learned tensor.
    """
    if view.input[0] in program.tensors:
        return None
    said = program.types.get(view.output[0])
    if said is not None:
        return said.shape
    given = numbers(program, view.input[1]) if len(view.input) > 1 else None
    before = _known(program, view.input[0], shapes)
    if given is None or before is None or 0 in given[1:]:
        return None
    return _unsqueezed(before, given) if view.op_type == "Unsqueeze" else _reshaped(before, given)


def _reshaped(before: tuple[int, ...], sizes: list[int]) -> tuple[int, ...] | None:
    """What a Reshape with such sizes makes of a sample, if it leaves the batch axis alone."""
    if sizes[0] != 0:
        return None
    known = prod(size for size in sizes[1:] if size > 0)
    return tuple(size if size > 0 else prod(before) // known for size in sizes[1:])


def _unsqueezed(before: tuple[int, ...], axes: list[int]) -> tuple[int, ...] | None:
    """What an Unsqueeze makes of a sample, if it leaves the batch axis alone."""
    if min(axes) < 1:
        return None
    sizes = iter(before)
    return tuple(
        1 if axis in axes else next(sizes) for axis in range(1, len(before) + len(axes) + 1)
    )


def _over_source(
    view: NodeProto, nodes: Mapping[str, NodeProto], shape: tuple[int, ...]
) -> tuple[NodeProto, NodeProto | None]:
    """A view that reads what the view before it reads, and the Constant that it needs besides."""
    before = nodes.get(view.input[0])
    if before is None or before.op_type not in _VIEWS:
        return view, None
    (name,) = view.output
    if view.op_type != "Unsqueeze":
        return wired(view, [before.input[0], *view.input[1:]], view.output), None
    constant = f"{view.name}/shape"
    value = helper.make_tensor("", TensorProto.INT64, [len(shape) + 1], [0, *shape])
    return (
        helper.make_node("Reshape", [before.input[0], constant], [name], name=view.name),
        helper.make_node("Constant", [], [constant], name=constant, value=value),
    )
