"""What stands in a diagram, as the HTML-like labels of Graphviz.

Strings from files are text and nothing else: markup, entities and Graphviz's own escapes (`\\N`,
`\\G`, `\\l`, which it obeys in such labels too) are shown as they stand.
"""

from __future__ import annotations

import html
import textwrap

from netspec.diagram.palette import Theme
from netspec.graph import Graph, Node
from netspec.text.printable import printable

_LONGEST = 96  # characters of a line of text
_DOC_LINE, _DOC_LINES = 72, 3
_NOT_XML = {0xFFFE: "\\ufffe", 0xFFFF: "\\uffff"}  # not characters of XML 1.0, section 2.2
_GAP = '<font point-size="3"> </font><br/>'  # a line so low that it parts the two around it


def text(words: str) -> str:
    """Words as a label, or as a part of one."""
    shown = printable(words).translate(_NOT_XML)
    shown = shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST - 1]}…"
    return html.escape(shown).replace("\\", "&#92;&#92;")


def title(graph: Graph, theme: Theme, left_out: int = 0) -> str:
    """The name of a net, its doc, its size; and how many boxes the diagram leaves out."""
    parameters = sum(weight.numel for _, weight in graph.all_weights() if weight.learned)
    doc = textwrap.wrap(graph.spec.doc, _DOC_LINE, max_lines=_DOC_LINES, placeholder=" …")
    lines = [
        f'<font point-size="16" color="{theme.text}"><b>{text(graph.name)}</b></font>',
        *map(text, doc),
        f"{_counted(len(graph.nodes), 'layer')} · {_counted(parameters, 'parameter')}",
        *([f"{_counted(left_out, 'inner box')} not drawn"] if left_out else []),
        " ",
    ]
    return "<br/>".join(lines).replace("<br/>", f"<br/>{_GAP}", 1)


def layer(graph: Graph, node: Node, theme: Theme) -> str:
    """Kind, kernel and stride, name; below them the shape of the output and the parameters."""
    parameters = sum(weight.numel for weight in graph.weights(node).values() if weight.learned)
    first = f"<b>{text(f'{node.kind} {node.layer.summary()}'.rstrip())}</b>"
    if node.name != node.kind.lower():
        first += f' <font color="{theme.muted}">{text(node.name)}</font>'
    second = f"{node.type} · {_counted(parameters, 'param')}" if parameters else str(node.type)
    return f'{first}<br/>{_GAP}<font point-size="10">{text(second)}</font>'


def _counted(number: int, noun: str) -> str:
    plural = f"{noun}es" if noun.endswith("x") else f"{noun}s"
    return f"{number:,} {noun if number == 1 else plural}"
