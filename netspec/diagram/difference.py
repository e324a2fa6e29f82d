"""Two nets -> one DOT text, in which they are aligned: what was added, removed and changed."""

from __future__ import annotations

from collections.abc import Iterator

from netspec.analysis.diff.costs import COSTS, CostedDiff
from netspec.analysis.diff.pair import Pair
from netspec.analysis.diff.words import (
    change_text,
    count_text,
    pair_name,
    shape_text,
    sum_text,
)
from netspec.diagram import labels, words
from netspec.diagram.changes import Item, Link, Links, Stretch, stretches
from netspec.diagram.look import DEFAULT, Look
from netspec.diagram.writing import attributes, defaults, identifier
from netspec.graph import Node

#: The sign before what became of layers, so that colour does not say it alone.
_SIGNS = {"added": "+ ", "removed": "− ", "changed": "~ "}


def difference_dot(costed: CostedDiff, look: Look = DEFAULT) -> str:
    """The picture of a difference as DOT text.  The same nets give the same text."""
    return _Picture(costed, look).text()


class _Picture:
    """One picture: its items are numbered in the order of execution."""

    def __init__(self, costed: CostedDiff, look: Look) -> None:
        self.costed, self.look = costed, look
        self.stretches = stretches(costed.diff)
        self.items = tuple(item for stretch in self.stretches for item in stretch.items)

    def text(self) -> str:
        lines = [
            f"digraph {identifier(' -> '.join(_names(self.costed)))} {{",
            *defaults(self._title(), self.look, len(self.items)),
            *self._boxes(),
            *(self._link(link) for link in Links(self.costed.diff, self.items)),
            "}",
        ]
        return "\n".join(lines) + "\n"

    def _boxes(self) -> Iterator[str]:
        """The items; those that repeat together in a box that says how often."""
        at = 0
        for box, stretch in enumerate(self.stretches):
            framed = stretch.times > 1
            if framed:
                yield f"  subgraph cluster_{box} {{\n    graph{self._frame(stretch)};"
            for item in stretch.items:
                yield f"  n{at}{self._item(item)};"
                at += 1
            if framed:
                yield "  }"

    def _frame(self, stretch: Stretch) -> str:
        theme = self.look.theme
        colours = {"color": theme.cluster_line, "fillcolor": theme.cluster_fill}
        label = {"label": f"<<b>×{stretch.times}</b>>", "labeljust": "l", "fontsize": "10"}
        return attributes(**label, **colours, style="rounded,filled", margin="10")

    def _title(self) -> str:
        """The names, how many layers became what, what the nets cost; the net's own changes."""
        costed, theme = self.costed, self.look.theme
        names = " → ".join(_names(costed))
        counts = ", ".join(f"{n:,} {what}" for what, n in costed.diff.counts.items() if n)
        cost = sum_text({name: costed.totals()[name] for name in COSTS})
        said = [counts, cost, *map(change_text, costed.diff.changes), " "]
        head = f'<font point-size="16" color="{theme.text}"><b>{labels.text(names)}</b></font>'
        return "<br/>".join([head, *map(labels.text, said)])

    def _item(self, item: Item) -> str:
        theme = self.look.theme
        fill, line = theme.changes.get(item.what, (theme.background, theme.line))
        style = "rounded,filled,dashed" if item.what == "removed" else "rounded,filled"
        colours = {"fillcolor": fill, "color": line, "style": style}
        if item.what in _SIGNS:
            colours["penwidth"] = "1.8"
        return attributes(label=f"<{self._label(item)}>", **colours, **self._place(item))

    def _label(self, item: Item) -> str:
        first, *rest = self._whole(item) if item.whole else self._layer(item)
        return labels.lines(f"<b>{labels.text(first)}</b>", rest)

    def _whole(self, item: Item) -> Iterator[str]:
        """Layers that did not change, or changed in shape alone."""
        verb = "unchanged" if item.what == "same" else "follow in shape"
        yield f"{count_text(item.count, 'layer')} {verb}"
        yield f"{pair_name(item.pairs[0])} … {pair_name(item.pairs[-1])}"
        if item.what == "follows":
            yield sum_text(self.costed.sum(item.pairs))

    def _layer(self, item: Item) -> Iterator[str]:
        pair = item.pairs[0]
        node = _after(pair)
        said = f"{node.kind} {node.layer.summary()}".rstrip()
        yield f"{_SIGNS.get(item.what, '')}{said} {pair_name(pair)}"
        yield from map(change_text, pair.changes)
        yield _shapes(pair)
        if item.what != "same" and not node.layer.source:
            yield sum_text(self.costed.sum(item.pairs))

    def _place(self, item: Item) -> dict[str, str]:
        return {"tooltip": labels.tooltip(words.line(_after(item.pairs[0])))}

    def _link(self, link: Link) -> str:
        said: dict[str, str] = {}
        if link.left != link.right:
            what = "removed" if link.left else "added"
            said = {"color": self.look.theme.changes[what][1], "penwidth": "1.6"}
            said |= {"style": "dashed"} if link.left else {}
        if link.target > link.source + 1:
            said["weight"] = "1"
        return f"  n{link.source} -> n{link.target}{attributes(**said)};"


def _names(costed: CostedDiff) -> tuple[str, str]:
    """What the nets are called; where that is the same, their files."""
    if costed.left.name != costed.right.name:
        return costed.left.name, costed.right.name
    return costed.diff.left.spec.source.name, costed.diff.right.spec.source.name


def _after(pair: Pair) -> Node:
    """The layer of the right net, of the left where it is not there any more."""
    node = pair.right or pair.left
    assert node is not None  # a pair has a layer
    return node


def _shapes(pair: Pair) -> str:
    shapes = [shape_text(node.type.shape) for node in (pair.left, pair.right) if node is not None]
    return " → ".join(dict.fromkeys(shapes))
