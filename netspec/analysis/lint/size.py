"""Where the parameters are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from netspec.analysis.lint.places import behind_views, where, written
from netspec.graph import Graph, Node
from netspec.layers import TensorType
from netspec.text.diagnostics import Diagnostic

#: Parameters that nobody minds: a megabyte in float32.
_SMALL = 250_000


def large_fc(graph: Graph) -> Iterator[Diagnostic]:
    """A first FC that holds most of the parameters, and what GAP before it would save (Lin et al.
    2013, "Network in network", section 3.2).

    A note, not a warning: AlexNet and VGG are built so.
    """
    views = behind_views(graph)
    entry = next((node for node in graph.nodes if _reads_planes(node, views)), None)
    if entry is None or entry is next(node for node in graph.nodes if node.layer.linear):
        return  # a classifier of pixels, which have no planes to average
    held, total = graph.params(entry), 0
    if held <= _SMALL:
        return
    counted: dict[tuple[int, ...], int] = {}  # by identity, as nodes share layers and types
    for node in graph.nodes:
        key = (id(node.layer), *[id(graph.by_name[name].type) for name in node.inputs])
        if key not in counted:
            counted[key] = graph.params(node) if node.inputs else 0
        total += counted[key]
    if 2 * held > total:
        yield _large(graph, entry, views[entry.inputs[0]].type, held, total)


def _reads_planes(node: Node, views: Mapping[str, Node]) -> bool:
    """Whether a node is an FC on planes of several pixels."""
    if not node.layer.flattens or node.inputs[0] not in views:
        return False
    planes = views[node.inputs[0]].type
    return planes.rank == 3 and planes.area != (1, 1)


def _large(graph: Graph, fc: Node, planes: TensorType, held: int, total: int) -> Diagnostic:
    height, width = planes.area
    saved = fc.type.channels * planes.channels * (height * width - 1)
    message = f"{fc.name} holds {held:,} of the {total:,} parameters ({100 * held // total}%)"
    advice = f"`GAP -> {written(fc)}` would have {saved:,} parameters fewer"
    return Diagnostic("large-fc", message, fc.span, where(graph, fc), advice, "note")
