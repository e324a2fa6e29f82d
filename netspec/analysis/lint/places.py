"""Where findings about layers stand, and how they show what stands there."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

from netspec.graph import Graph, Node
from netspec.graph.notes import way_notes
from netspec.text.diagnostics import Note

_ARGUMENTS = re.compile(r"\s*\((?:[^()\n]|\([^()\n]*\))*\)")
#: Characters of a call that a help line repeats.
_SHOWN = 60


class Places:
    """The places of the text that have had their finding."""

    def __init__(self) -> None:
        self._seen: set[tuple[int, int]] = set()

    def new(self, node: Node) -> bool:
        """Whether this is the first finding at the node's token."""
        place = (id(node.span.source), node.span.start)
        if place in self._seen:
            return False
        self._seen.add(place)
        return True


def where(graph: Graph, node: Node) -> tuple[Note, ...]:
    """`at stage[3].conv2, repeat 3 of 5: 64x8x8 -> 128x8x8`, then the calls of blocks."""
    first, *calls = way_notes(node.name, node.step, (), {})
    shapes = " | ".join(str(shape) for shape in graph.input_types(node)[:4])
    way = f": {shapes} -> {node.type}" if shapes else ""
    return (Note(first.message + way, first.span), *calls)


def token(node: Node) -> str:
    """The word at the node's place: its kind as the text writes it."""
    return node.span.source.text[node.span.start : node.span.end]


def written(node: Node) -> str:
    """The node's call as the text writes it, `CONV(64, 3)`, or `CONV(...)` where that is long."""
    text = node.span.source.text
    match = _ARGUMENTS.match(text, node.span.end)
    if match and len(match[0]) <= _SHOWN:
        return token(node) + match[0].strip()
    return token(node) + ("(...)" if text.startswith("(", node.span.end) else "")


def with_argument(node: Node, argument: str) -> str:
    """The node's call with one more argument."""
    call = written(node)
    return f"{call[:-1]}, {argument})" if call.endswith(")") else f"{call}({argument})"


def read_once(graph: Graph) -> frozenset[str]:
    """The tensors that exactly one layer reads, and that are no output."""
    reads = Counter(name for node in graph.nodes for name in node.inputs)
    outputs = set(graph.outputs.values())
    return frozenset(name for name, count in reads.items() if count == 1 and name not in outputs)


def behind_views(graph: Graph) -> Mapping[str, Node]:
    """For each view (FLATTEN, DROPOUT, ...) the node whose elements it shows."""
    found: dict[str, Node] = {}
    by_name = graph.by_name
    for node in graph.nodes:
        if node.layer.view and not node.layer.source:
            name = node.inputs[0]
            found[node.name] = found.get(name) or by_name[name]
    return found
