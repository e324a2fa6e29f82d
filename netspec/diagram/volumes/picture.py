"""A graph as a whole picture: the title, the net in rows, the legend."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable

from netspec.diagram import words
from netspec.diagram.layout import DiagramError
from netspec.diagram.palette import LIGHT, Theme
from netspec.diagram.volumes.blocks import Block, blocks
from netspec.diagram.volumes.captions import clipped
from netspec.diagram.volumes.cells import Style
from netspec.diagram.volumes.lines import line
from netspec.diagram.volumes.maps import drawn_as_maps, maps
from netspec.diagram.volumes.marks import Face, Mark, Point, Words, moved
from netspec.diagram.volumes.measures import Scale
from netspec.diagram.volumes.repeats import folded
from netspec.diagram.volumes.rows import rows
from netspec.diagram.volumes.sheet import Sheet
from netspec.graph import Graph
from netspec.text.limits import MAX_DRAWN_TENSORS
from netspec.text.printable import printable

_MARGIN = 16.0
_LINE = 14.0  # between lines of the title
_DOC_LINE, _DOC_LINES = 110, 3


def picture(graph: Graph, theme: Theme = LIGHT, *, fold: bool = True) -> Sheet:
    """The picture of a graph: each tensor a solid; of a large net what repeats itself once, unless
    not `fold`.  Raises DiagramError where too many tensors are left.
    """
    net = line(blocks(graph))
    net = folded(net) if fold else net
    shown = list(net.blocks())
    if len(shown) > MAX_DRAWN_TENSORS:
        raise DiagramError(
            f"{len(shown):,} tensors are too many to draw; the limit is {MAX_DRAWN_TENSORS:,}",
            "take `--style layers`" + ("" if fold else ", or leave out --unroll"),
        )
    style = Style(graph, theme, Scale(max(max(block.sizes[1:]) for block in shown)))
    sheets = drawn_as_maps(net)
    body = maps(shown, style) if sheets else rows(net, style)
    head = _title(graph, theme)
    legend = _legend(shown, theme, bands=not sheets)
    high = len(head) * _LINE + 22
    marks = (*head, *body.at(0, high + body.up), *moved(legend, 0, high + body.up + body.down + 26))
    words = [mark for mark in (*head, *legend) if isinstance(mark, Words)]
    width = max(body.width, *(mark.at.x + mark.width for mark in words)) + 2 * _MARGIN
    height = high + body.up + body.down + 32 + 2 * _MARGIN
    return Sheet(graph.name, moved(marks, _MARGIN, _MARGIN), width, height, theme.background)


def _title(graph: Graph, theme: Theme) -> list[Words]:
    """Name, doc and size, as the other style has them."""
    total = words.params(graph, graph.nodes)
    doc = textwrap.wrap(
        printable(graph.spec.doc), _DOC_LINE, max_lines=_DOC_LINES, placeholder=" …"
    )
    size = f"{words.counted(len(graph.nodes), 'layer')} · {words.counted(total, 'parameter')}"
    marks = [Words(Point(0, 13), clipped(graph.name, _DOC_LINE), theme.text, 16.0, True, "start")]
    for at, said in enumerate((*doc, size)):
        marks.append(Words(Point(0, 31 + at * _LINE), said, theme.muted, 10.5, False, "start"))
    return marks


def _legend(shown: Iterable[Block], theme: Theme, *, bands: bool) -> list[Mark]:
    """The colours that are to be seen, and the kinds of layers that have them."""
    kinds: dict[str, dict[str, None]] = {}
    for block in shown:
        if not block.join:
            for node in (block.head, *(block.bands if bands else ())):
                kinds.setdefault(theme.fill(node.layer.family), {})[node.kind] = None
    marks: list[Mark] = []
    x = 0.0
    for fill, names in kinds.items():
        corners = Point(x, -8), Point(x + 10, -8), Point(x + 10, 1), Point(x, 1)
        said = Words(Point(x + 15, 0), ", ".join(names), theme.muted, 9.5, False, "start")
        marks += [Face(corners, fill, theme.line), said]
        x += 15 + said.width + 18
    return marks
