"""What stands in a diagram, as the HTML-like labels of Graphviz.

Strings from files are text and nothing else: markup, entities and Graphviz's own escapes (`\\N`,
`\\G`, `\\l`, which it obeys in such labels too) are shown as they stand.
"""

from __future__ import annotations

import html
import textwrap
from collections.abc import Iterable, Sequence

from netspec.diagram import words
from netspec.diagram.folding import Box, Leaf
from netspec.diagram.look import Look
from netspec.diagram.palette import Theme
from netspec.graph import Graph, Node
from netspec.text.printable import printable

_LONGEST = 96  # characters of a line of text
_DOC_LINE, _DOC_LINES = 72, 3
_VALUES_LINE, _VALUES_LINES = 46, 6
#: Points of what stands below.  Pango rounds the width of each letter to pixels: of 10 points it
#: makes lines that are 3% too short, and would touch their box.
_SMALL = 9
#: A no-break space besides the other: bold letters may be wider than they are measured.
_APART = "&#160; "
_BAR = 120  # points of a bar that is full
_NOT_XML = {0xFFFE: "\\ufffe", 0xFFFF: "\\uffff"}  # not characters of XML 1.0, section 2.2
_GAP = '<font point-size="3"> </font><br/>'  # a line so low that it parts the two around it


def text(words: str) -> str:
    """Words as a label, or as a part of one."""
    shown = printable(words).translate(_NOT_XML)
    shown = shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST - 1]}…"
    return html.escape(shown).replace("\\", "&#92;&#92;")


def tooltip(words: str) -> str:
    """Words that show where the pointer rests.  Graphviz obeys escapes in them twice."""
    return text(words).replace("&#92;&#92;", 4 * "&#92;")


def title(graph: Graph, theme: Theme, left_out: int = 0) -> str:
    """The name of a net, its doc, its size; and how many boxes the diagram leaves out."""
    parameters = words.params(graph, graph.nodes)
    doc = textwrap.wrap(graph.spec.doc, _DOC_LINE, max_lines=_DOC_LINES, placeholder=" …")
    lines = [
        f'<font point-size="16" color="{theme.text}"><b>{text(graph.name)}</b></font>',
        *map(text, doc),
        f"{words.counted(len(graph.nodes), 'layer')} · {words.counted(parameters, 'parameter')}",
        *([f"{words.counted(left_out, 'inner box')} not drawn"] if left_out else []),
        " ",
    ]
    return "<br/>".join(lines).replace("<br/>", f"<br/>{_GAP}", 1)


def layer(graph: Graph, leaf: Leaf, look: Look, share: float) -> str:
    """Kind, kernel and stride, name; below them shape and parameters, and the bar of its share."""
    first = f"<b>{text(words.kind(leaf))}</b>"
    name = words.name(leaf)
    if name:
        first += f'{_APART}<font color="{look.theme.muted}">{text(name)}</font>'
    return _with_bar(lines(first, _facts(graph, leaf, look.detail)), share, look.theme)


def reference(
    graph: Graph, boxes: Sequence[Box], end: Leaf, look: Look, share: float, note: str
) -> str:
    """A block whose layers are not drawn: what it is, why not, what it binds, result and size."""
    heading, values = words.box_title(boxes)
    first = f"<b>{text(heading)}</b>"
    first += f'{_APART}<font color="{look.theme.muted}">{text(note)}</font>'
    nodes = [node for leaf in boxes[-1].leaves() for node in leaf.nodes]
    shape = words.distinct(str(node.type) for node in end.nodes)
    below = [] if look.detail == "none" else [*_wrapped(values), *_sized(shape, graph, nodes)]
    return _with_bar(lines(first, below), share, look.theme)


def box(boxes: Sequence[Box], look: Look) -> str:
    """The heading of a box, and below it the values that it binds."""
    heading, values = words.box_title(boxes)
    shown = [] if look.detail == "none" else _wrapped(values)
    said = [f"<b>{text(heading)}</b>", *map(text, shown)]
    return '<br align="left"/>'.join(said) + '<br align="left"/>'


def _facts(graph: Graph, leaf: Leaf, detail: str) -> list[str]:
    """Shape and parameters, and in what its layers differ besides; or nothing, or all."""
    if detail == "none":
        return []
    shape = words.distinct(str(node.type) for node in leaf.nodes)
    sized = _sized(shape, graph, leaf.nodes)
    if detail == "some":
        return [*_wrapped(words.differing(leaf)), *sized]
    said = textwrap.wrap(", ".join(words.arguments(leaf)), _VALUES_LINE)
    return [*said, *sized, *filter(None, [words.costs(graph, leaf.nodes)])]


def _sized(shape: str, graph: Graph, nodes: Iterable[Node]) -> list[str]:
    total = words.params(graph, nodes)
    said = words.counted(total, "param")
    if not total:
        return textwrap.wrap(shape, _VALUES_LINE)
    if len(shape) + len(said) > _VALUES_LINE:
        return [*textwrap.wrap(shape, _VALUES_LINE), said]
    return [f"{shape} · {said}"]


def _wrapped(values: Iterable[str]) -> list[str]:
    """Values in lines, none broken that fits into one."""
    line = " · ".join(value.replace(" ", "\xa0") for value in values)
    lines = textwrap.wrap(line, _VALUES_LINE, max_lines=_VALUES_LINES, placeholder=" …")
    return [line.replace("\xa0", " ") for line in lines]


def lines(first: str, below: Iterable[str]) -> str:
    """A label of a first line, which is markup, and of words below it in smaller type."""
    words = "<br/>".join(map(text, below))
    return f'{first}<br/>{_GAP}<font point-size="{_SMALL}">{words}</font>' if words else first


def _with_bar(label: str, share: float, theme: Theme) -> str:
    """The label over a bar as long as the share; none where it is nothing to see."""
    width = round(share * _BAR)
    if width < 1:
        return label
    table = '<table border="0" cellborder="0" cellspacing="0" cellpadding="0">'
    size = 'height="3" fixedsize="true"'
    full = f'<td width="{width}" {size} bgcolor="{theme.text}"></td>'
    rest = f'<td width="{_BAR - width}" {size} bgcolor="{theme.cluster_line}"></td>'
    frame = f'{table[:-1]} width="{_BAR}" height="3" fixedsize="true">'
    bar = f"{frame}<tr>{full}{rest if width < _BAR else ''}</tr></table>"
    rows = (f"<td>{label}</td>", '<td height="5"></td>', f"<td>{bar}</td>")
    return f"{table}{''.join(f'<tr>{row}</tr>' for row in rows)}</table>"
