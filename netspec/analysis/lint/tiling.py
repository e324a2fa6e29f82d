"""Which input sizes the windows of a net divide evenly."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from netspec.graph import Graph, Node
from netspec.layers import Layer, TensorType
from netspec.text.diagnostics import LayerError

#: How far from the given size others are tried: seven halvings divide one size in 128.
_REACH = 64
#: Layers that change the size; nets with more are not searched.
_MOST_STEPS = 500


@dataclass(frozen=True, slots=True)
class _Step:
    """A layer that changes height and width; `of` is the step that it reads, -1 for the input."""

    layer: Layer
    channels: int
    of: int


def nearest_that_tile(graph: Graph, source: Node) -> Iterator[TensorType]:
    """The nearest smaller and larger input types for which no window leaves a remainder."""
    steps = _steps(graph, source)
    if len(steps) > _MOST_STEPS:
        return
    height, width = source.type.area
    for sign in (-1, 1):
        rows = columns = None
        for distance in range(_REACH + 1):
            size = height + sign * distance, width + sign * distance
            even = _even(steps, source.type.channels, size) if min(size) > 0 else (False, False)
            rows = size[0] if rows is None and even[0] else rows
            columns = size[1] if columns is None and even[1] else columns
            if rows is not None and columns is not None:
                found = TensorType((source.type.channels, rows, columns))
                if _suits(graph, found):
                    yield found
                break


def _steps(graph: Graph, source: Node) -> list[_Step]:
    """The layers between planes that change their size, without those that cannot."""
    steps: list[_Step] = []
    at = {source.name: -1}  # the step that made each tensor's size
    known: dict[tuple[int, int, int], int] = {}
    for node in graph.nodes:
        if not node.inputs or node.inputs[0] not in at or node.type.rank != 3:
            continue
        of, (x, *_) = at[node.inputs[0]], graph.input_types(node)
        if node.layer.window((x,)) is None or _keeps_size(node.layer, x):
            at[node.name] = of
            continue
        key = (id(node.layer), x.channels, of)
        if key not in known:
            known[key] = len(steps)
            steps.append(_Step(node.layer, x.channels, of))
        at[node.name] = known[key]
    return steps


def _keeps_size(layer: Layer, x: TensorType) -> bool:
    """Whether a window's pads make up for its extent, at any size."""
    window = layer.window((x,))
    if window is None or window.stride != (1, 1) or window.zoom != (1, 1):
        return False
    top, left, bottom, right = window.pads
    return (top + bottom + 1, left + right + 1) == window.extent


def _even(steps: list[_Step], channels: int, size: tuple[int, int]) -> tuple[bool, bool]:
    """Whether the windows read every row, and every column, of an input of that size."""
    types, rows, columns = [TensorType((channels, *size))], True, True
    for step in steps:
        x = TensorType((step.channels, *types[step.of + 1].area))
        try:
            types.append(step.layer.infer((x,)))
        except LayerError:
            return False, False
        unread = step.layer.unread((x,)) or (0, 0)
        rows, columns = rows and not unread[0], columns and not unread[1]
        if not rows and not columns:
            break
    return rows, columns


def _suits(graph: Graph, entering: TensorType) -> bool:
    """Whether the whole net takes an input type and no window leaves a remainder."""
    types: dict[str, TensorType] = {}
    known: dict[tuple[int, ...], TensorType] = {}  # by identity, as nodes share layers and types
    shared: dict[TensorType, TensorType] = {}
    for node in graph.nodes:
        inputs = tuple(types[name] for name in node.inputs) or (entering,)
        key = (id(node.layer), *map(id, inputs))
        if key not in known:
            try:
                output = node.layer.infer(inputs)
                known[key] = shared.setdefault(output, output)
            except LayerError:
                return False
            if node.inputs and node.layer.unread(inputs) is not None:
                return False
        types[node.name] = known[key]
    return True
