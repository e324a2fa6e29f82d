"""What the parts of a diagram look like: the attributes that DOT text gives them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from netspec.diagram import labels, words
from netspec.diagram.folding import Box, Leaf
from netspec.diagram.look import Look
from netspec.graph import Graph, Node


def layer(graph: Graph, leaf: Leaf, look: Look, share: float) -> dict[str, str]:
    """A layer, or several that are drawn as one, with its share of the net."""
    fill = look.theme.fill(leaf.nodes[0].layer.family)
    return {"fillcolor": fill, "label": f"<{labels.layer(graph, leaf, look, share)}>"}


def block(
    graph: Graph, boxes: Sequence[Box], look: Look, share: float, note: str
) -> dict[str, str]:
    """Boxes, each the one content of the one before, as a single layer; `note` says why."""
    *_, end = boxes[-1].leaves()
    label = labels.reference(graph, boxes, end, look, share, note)
    return {"label": f"<{label}>", "peripheries": "2", "fillcolor": look.theme.other}


def frame(boxes: Sequence[Box], look: Look) -> dict[str, str]:
    """Boxes, each the one content of the one before, as a frame around what is in them."""
    said = {"label": f"<{labels.box(boxes, look)}>", "labeljust": "l", "fontsize": "10"}
    colours = {"color": look.theme.cluster_line, "fillcolor": look.theme.cluster_fill}
    return {**said, **colours, "style": "rounded,filled", "margin": "10"}


def output(name: str) -> dict[str, str]:
    """The name of an output, after the layer that it is."""
    label = f"<{labels.text(name)}>"
    return {"label": label, "style": "rounded", "width": "0", "height": "0.3"}


def depths(graph: Graph) -> Mapping[str, int]:
    """For each layer how many stand above it, itself with them, on the longest way."""
    found: dict[str, int] = {}
    for node in graph.nodes:
        found[node.name] = 1 + max((found[source] for source in node.inputs), default=0)
    return found


def slack(source: str, node: Node, depths: Mapping[str, int]) -> dict[str, str]:
    """An arrow; the one from the deepest branch of a merge is short and straight.

    The others take up the slack, so that branches start side by side.
    """
    return {"weight": "1"} if depths[source] < depths[node.name] - 1 else {}


def brought(graph: Graph, source: str, leaf: Leaf, look: Look) -> dict[str, str]:
    """The shape that an arrow says: into a merge that makes another of it; where all is said, also
    after a layer that made another of its own input's.
    """
    node = leaf.nodes[0]
    if not _told(graph, graph.by_name[source], node, look):
        return {}
    at = node.inputs.index(source)
    shapes = words.span(str(graph.by_name[each.inputs[at]].type) for each in leaf.nodes)
    return {"label": f"<{labels.text(f' {shapes} ')}>"}


def _told(graph: Graph, source: Node, node: Node, look: Look) -> bool:
    if node.layer.merges:
        return source.type != node.type
    reshaped = any(source.type != kind for kind in graph.input_types(source))
    return look.detail == "all" and reshaped
