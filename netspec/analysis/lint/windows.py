"""Windows that leave rows unread, and windows that have nothing left to read."""

from __future__ import annotations

from collections.abc import Iterator

from netspec.analysis.lint.places import (
    Places,
    token,
    where,
    with_argument,
    written,
)
from netspec.analysis.lint.tiling import nearest_that_tile
from netspec.graph import Graph, Node
from netspec.layers import hyperparameters
from netspec.text.diagnostics import Diagnostic, Note

#: Windows that an uneven input names.
_NAMED = 3


def window_remainder(graph: Graph) -> Iterator[Diagnostic]:
    """Rows and columns that a window steps over and never reads."""
    places = Places()
    for node in _with_remainder(graph):
        if places.new(node):
            yield _remainder(graph, node)


def uneven_input(graph: Graph) -> Iterator[Diagnostic]:
    """An input that pools cannot divide evenly, though a size near it would do for all of them.

    It stands for the remainders of all windows.
    """
    sources = [node for node in graph.nodes if node.layer.source]
    if len(sources) != 1 or sources[0].type.rank != 3:
        return
    (source,) = sources
    uneven = list(_with_remainder(graph))
    pools = [node for node in graph.nodes if _tiles(graph, node)]
    if len(pools) < 2 or not uneven or not all(_tiles(graph, node) for node in uneven):
        return
    sizes = [f"`{size}`" for size in nearest_that_tile(graph, source)]
    declared = graph.spec.inputs[0]
    if sizes:
        message = f"{source.type} cannot be divided evenly by {len(pools)} layers that shrink it"
        notes = [
            Note(f"{node.name} never reads {_lost(graph, node)}", node.span)
            for node in uneven[:_NAMED]
        ]
        crop = ", with the `crop` to match" if declared.image else ""
        advice = f"write {' or '.join(sizes)}{crop}"
        yield Diagnostic("uneven-input", message, declared.span, tuple(notes), advice, "warning")


def pool_1x1(graph: Graph) -> Iterator[Diagnostic]:
    """A pool over planes of one pixel, which has nothing to choose from."""
    places = Places()
    for node in graph.nodes:
        if not node.layer.pools:
            continue
        x = graph.by_name[node.inputs[0]].type
        if x.area == (1, 1) and places.new(node):
            message = f"{node.kind} sees {x}: planes of one pixel"
            advice = f"remove `-> {token(node)}`, or pool less before it"
            if node.type.rank == 1:
                advice = f"write `FLATTEN` for `{token(node)}`, or pool less before it"
            yield Diagnostic("pool-1x1", message, node.span, where(graph, node), advice, "warning")


def _with_remainder(graph: Graph) -> Iterator[Node]:
    """The nodes whose windows leave rows or columns unread."""
    known: dict[tuple[int, int], bool] = {}  # by identity, as nodes share layers and types
    by_name = graph.by_name
    for node in graph.nodes:
        layer = node.layer
        if not layer.spatial or len(node.inputs) != 1:
            continue
        x = by_name[node.inputs[0]].type
        key = (id(layer), id(x))
        uneven = known.get(key)
        if uneven is None:
            window = layer.window((x,))
            strides = window is not None and window.stride != (1, 1)
            uneven = known[key] = strides and layer.unread((x,)) is not None
        if uneven:
            yield node


def _tiles(graph: Graph, node: Node) -> bool:
    """Whether a node's windows lie side by side, as those of a pool that halves."""
    if node.type.rank != 3 or not node.layer.spatial:
        return False
    window = node.layer.window(graph.input_types(node))
    if window is None or window.zoom != (1, 1) or any(window.pads):
        return False
    return window.extent == window.stride != (1, 1)


def _lost(graph: Graph, node: Node) -> str:
    """`the last 1 of 7 rows and the last 1 of 7 columns`"""
    unread = node.layer.unread(graph.input_types(node)) or (0, 0)
    sides = zip(unread, graph.input_types(node)[0].area, ("rows", "columns"), strict=True)
    return " and ".join(
        f"the last {count} of {total} {what}" for count, total, what in sides if count
    )


def _remainder(graph: Graph, node: Node) -> Diagnostic:
    inputs = graph.input_types(node)
    unread, window = node.layer.unread(inputs), node.layer.window(inputs)
    assert unread is not None and window is not None  # `_with_remainder` has seen both
    axis = 0 if unread[0] else 1
    size, pads = inputs[0].area[axis], (window.pads[axis], window.pads[axis + 2])
    padded = "+".join(str(part) for part in (size, *pads) if part)
    reach, stride = window.extent[axis], window.stride[axis]
    steps = (size + sum(pads) - reach) / stride + 1
    message = (
        f"{node.kind} never reads {_lost(graph, node)}: ({padded}-{reach})/{stride}+1 = {steps:g}"
    )
    return Diagnostic(
        "window-remainder", message, node.span, where(graph, node), _mended(node), "warning"
    )


def _mended(node: Node) -> str:
    """The call with an argument that makes its windows reach the end."""
    if "ceil" in hyperparameters(type(node.layer)):
        return f"write `{with_argument(node, 'ceil=yes')}`, another stride, or an input that tiles"
    if "pad" not in written(node):
        return f"write `{with_argument(node, 'pad=same')}`, another stride, or an input that tiles"
    return "another pad or stride, or an input that tiles"
