"""Warnings about nets that are valid and probably not meant."""

from __future__ import annotations

from collections.abc import Iterator

from netspec.graph import Graph, Node
from netspec.text.diagnostics import Diagnostic, Note
from netspec.text.source import Span


def lint(graph: Graph) -> list[Diagnostic]:
    """The warnings of a net; a layer that the text writes once is warned of once."""
    found: dict[tuple[str, Span], Diagnostic] = {}
    types = {node.name: node.type for node in graph.nodes}
    seen: set[tuple[int, ...]] = set()  # by identity: the nodes keep alive what is named
    for node in graph.nodes:
        key = (id(node.layer), id(node.span), *[id(types[name]) for name in node.inputs])
        if key not in seen:
            seen.add(key)
            for diagnostic in _unread_rows(graph, node):
                found.setdefault((diagnostic.code, diagnostic.span), diagnostic)
    return list(found.values())


def _unread_rows(graph: Graph, node: Node) -> Iterator[Diagnostic]:
    """Rows and columns that a window steps over and never reads."""
    if not node.inputs:
        return
    inputs = graph.input_types(node)
    unread = node.layer.unread(inputs)
    window = node.layer.window(inputs)
    if unread is None or window is None:
        return
    x = inputs[0]
    axis = 0 if unread[0] else 1
    size, pads = x.area[axis], (window.pads[axis], window.pads[axis + 2])
    padded = "+".join(str(part) for part in (size, *pads) if part or part is size)
    reach, stride = window.extent[axis], window.stride[axis]
    steps = (size + sum(pads) - reach) / stride + 1
    lost = [
        f"the last {count} of {total} {what}"
        for count, total, what in zip(unread, x.area, ("rows", "columns"), strict=True)
        if count
    ]
    message = (
        f"{node.kind} never reads {' and '.join(lost)}: ({padded}-{reach})/{stride}+1 = {steps:g}"
    )
    note = Note(f"at {node.name}: {graph.by_name[node.inputs[0]].name} {x} -> {node.type}")
    advice = "use `ceil: yes` in a pooling layer, another pad or stride, or an input that tiles"
    yield Diagnostic("window-remainder", message, node.span, (note,), advice, "warning")
