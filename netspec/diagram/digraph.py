"""Graph -> DOT, the language of Graphviz (https://graphviz.org/doc/info/lang.html)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

from graphviz import quoting

from netspec.diagram import labels
from netspec.diagram.clusters import Cluster, cluster, joined
from netspec.diagram.palette import LIGHT, Theme
from netspec.graph import Graph, Node
from netspec.text.printable import printable

#: Where a diagram runs: top to bottom, left to right.
DIRECTIONS = ("TB", "LR")

_MANY = 2_000  # layers above which time matters more than straight lines
_FONT = "Helvetica,Arial,sans-serif"


def dot(graph: Graph, *, direction: str = "TB", theme: Theme = LIGHT) -> str:
    """The diagram of a graph as DOT text.  The same graph gives the same text."""
    root, left_out = cluster(graph)
    title = labels.title(graph, theme, left_out)
    lines = [
        f"digraph {_identifier(graph.name)} {{",
        *_defaults(title, direction, theme, large=len(graph.nodes) > _MANY),
        *_Boxes(graph, theme).write(root, "  "),
        *_outputs(graph),
        *_edges(graph),
        "}",
    ]
    return "\n".join(lines) + "\n"


def _defaults(title: str, direction: str, theme: Theme, *, large: bool) -> Iterator[str]:
    muted = {"fontname": _FONT, "fontcolor": theme.muted}
    head = {"label": f"<{title}>", "labelloc": "t", "fontsize": "11"}
    space = {"ranksep": "0.25", "nodesep": "0.3", "pad": "0.2", "bgcolor": theme.background}
    # newrank: branches that start in one box stand side by side, however long they are;
    # nslimit: how long Graphviz may straighten lines, in iterations a layer
    layout = {"rankdir": direction, "newrank": "true", "nslimit": "0.5" if large else "4"}
    yield f"  graph{_list(**layout, **space, **head, **muted)};"
    size = {"width": "2.1", "height": "0.5", "margin": "0.12,0.05", "penwidth": "0.8"}
    colours = {"color": theme.line, "fillcolor": theme.other, "fontcolor": theme.text}
    style = {"shape": "box", "style": "rounded,filled", "fontname": _FONT, "fontsize": "11"}
    yield f"  node{_list(**size, **colours, **style)};"
    yield f"  edge{_list(**muted, color=theme.line, fontsize='9', arrowsize='0.6', weight='8')};"


class _Boxes:
    """Writes layers in their boxes, which it numbers."""

    def __init__(self, graph: Graph, theme: Theme) -> None:
        self.graph, self.theme, self.numbers = graph, theme, count(1)

    def write(self, box: Cluster, indent: str) -> Iterator[str]:
        for member in box.members:
            if isinstance(member, Node):
                fill = self.theme.fill(member.layer.family)
                label = f"<{labels.layer(self.graph, member, self.theme)}>"
                yield f"{indent}{_identifier(member.name)}{_list(fillcolor=fill, label=label)};"
            else:
                yield f"{indent}subgraph cluster_{next(self.numbers)} {{"
                inner = joined(member)
                yield f"{indent}  graph{self._box(inner)};"
                yield from self.write(inner, f"{indent}  ")
                yield f"{indent}}}"

    def _box(self, box: Cluster) -> str:
        colours = {"color": self.theme.cluster_line, "fillcolor": self.theme.cluster_fill}
        label = {"label": f"<{labels.text(box.label)}>", "labeljust": "l", "fontsize": "10"}
        return _list(**label, **colours, style="rounded,filled", margin="10")


def _outputs(graph: Graph) -> Iterator[str]:
    """Where a net has several outputs: the names of them after the layers that they are."""
    if len(graph.outputs) < 2:
        return
    for name, source in graph.outputs.items():
        end = _identifier(f"output:{name}")  # no layer has this name: theirs have no colon
        label = f"<{labels.text(name)}>"
        yield f"  {end}{_list(label=label, style='rounded', width='0', height='0.3')};"
        yield f"  {_identifier(source)} -> {end};"


def _edges(graph: Graph) -> Iterator[str]:
    """Arrows; into a merge that makes another shape of it, with the shape that it brings.

    The arrow from the deepest branch of a merge is short and straight.  The others take up the
    slack, so that branches start side by side.
    """
    depths: dict[str, int] = {}
    for node in graph.nodes:
        deepest = max((depths[source] for source in node.inputs), default=0)
        depths[node.name] = deepest + 1
        for source in node.inputs:
            brought, attributes = graph.by_name[source].type, {}
            if depths[source] < deepest:
                attributes["weight"] = "1"
            if node.layer.merges and brought != node.type:
                attributes["label"] = f"<{labels.text(f' {brought} ')}>"
            yield f"  {_identifier(source)} -> {_identifier(node.name)}{_list(**attributes)};"


def _identifier(words: str) -> str:
    """Words as a DOT identifier, which stand for themselves alone."""
    return str(quoting.quote(quoting.escape(printable(words))))


def _list(**attributes: str) -> str:
    """` [a=b c="d"]`; a value in angle brackets is an HTML-like label."""
    return str(quoting.attr_list(kwargs=attributes))
