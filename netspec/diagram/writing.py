"""The words of DOT, and the looks that all diagrams share."""

from __future__ import annotations

from collections.abc import Iterator

from graphviz import quoting

from netspec.diagram.look import Look
from netspec.text.printable import printable

_MANY = 2_000  # layers above which time matters more than straight lines
_FONT = "Helvetica,Arial,sans-serif"


def identifier(words: str) -> str:
    """Words as a DOT identifier, which stand for themselves alone."""
    return str(quoting.quote(escaped(printable(words))))


def escaped(words: str) -> str:
    """Words as a DOT string in which nothing is an escape, nor markup."""
    literal: str = quoting.escape(words)  # of a class of its own: a `str` of it might be markup
    return literal


def attributes(**said: str) -> str:
    """` [a=b c="d"]`; a value in angle brackets is an HTML-like label."""
    return str(quoting.attr_list(kwargs=said))


def defaults(title: str, look: Look, layers: int, font: str = _FONT) -> Iterator[str]:
    """The lines that say how everything in a diagram of so many layers looks; "" is no title."""
    theme = look.theme
    muted = {"fontname": font, "fontcolor": theme.muted}
    head = {"label": f"<{title}>", "labelloc": "t", "fontsize": "11"} if title else {}
    space = {"ranksep": "0.25", "nodesep": "0.3", "pad": "0.2", "bgcolor": theme.background}
    # newrank: branches that start in one box stand side by side, however long they are;
    # nslimit: how long Graphviz may straighten lines, in iterations a layer
    limit = "0.5" if layers > _MANY else "4"
    layout = {"rankdir": look.direction, "newrank": "true", "nslimit": limit}
    yield f"  graph{attributes(**layout, **space, **head, **muted)};"
    size = {"width": "2.1", "height": "0.5", "margin": "0.12,0.05", "penwidth": "0.8"}
    colours = {"color": theme.line, "fillcolor": theme.other, "fontcolor": theme.text}
    style = {"shape": "box", "style": "rounded,filled", "fontname": font, "fontsize": "11"}
    yield f"  node{attributes(**size, **colours, **style)};"
    line = {"color": theme.line, "arrowsize": "0.6", "weight": "8"}
    yield f"  edge{attributes(**muted, **line, fontsize='9')};"
