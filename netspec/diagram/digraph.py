"""Graph -> DOT, the language of Graphviz (https://graphviz.org/doc/info/lang.html)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import count

from netspec.diagram import appearance, labels, words
from netspec.diagram.folding import Box, Leaf, fold, joined, leaves_of, without_inner
from netspec.diagram.look import DEFAULT, Look
from netspec.diagram.weighing import shares
from netspec.diagram.writing import attributes, defaults, escaped, identifier
from netspec.graph import Graph
from netspec.text.limits import MAX_BOXES


def dot(graph: Graph, look: Look = DEFAULT) -> str:
    """The diagram of a graph as DOT text.  The same graph gives the same text."""
    root, left_out = without_inner(fold(graph, look.unroll), MAX_BOXES)
    return _Digraph(graph, root, look).text(left_out)


def drawn_layers(graph: Graph, look: Look) -> int:
    """How many layers and references the diagram of a graph has."""
    return sum(1 for _ in _visible(fold(graph, look.unroll)))


def _visible(box: Box) -> Iterator[Leaf | Box]:
    """The layers of a box, and the blocks in it that are drawn elsewhere."""
    for member in box.members:
        if isinstance(member, Leaf) or member.like is not None:
            yield member
        else:
            yield from _visible(member)


class _Digraph:
    """One diagram: a layer in it goes by the name of the first that it stands for."""

    def __init__(self, graph: Graph, root: Box, look: Look) -> None:
        self.graph, self.root, self.look = graph, root, look
        self.numbers = count(1)
        self.shown = tuple(_visible(root))
        leaves = [leaf for member in self.shown for leaf in leaves_of(member)]
        self.shares: Mapping[Leaf, float] = (
            shares(graph, leaves, look.weigh) if look.weigh is not None else {}
        )
        #: For each layer of the net the one that is drawn for it.
        self.drawn = {
            node.name: _identity(member)
            for member in self.shown
            for leaf in leaves_of(member)
            for node in leaf.nodes
        }

    def text(self, left_out: int) -> str:
        lines = [
            f"digraph {identifier(self.graph.name)} {{",
            *defaults(
                labels.title(self.graph, self.look.theme, left_out), self.look, len(self.shown)
            ),
            *self._members(self.root, "  "),
            *self._outputs(),
            *self._edges(),
            "}",
        ]
        return "\n".join(lines) + "\n"

    def _members(self, box: Box, indent: str) -> Iterator[str]:
        for member in box.members:
            if isinstance(member, Leaf):
                yield f"{indent}{identifier(_identity(member))}{self._layer(member)};"
                continue
            boxes = tuple(joined(member))
            inner = boxes[-1]
            if inner.like is not None:
                yield f"{indent}{identifier(_identity(inner))}{self._reference(boxes)};"
                continue
            yield f"{indent}subgraph cluster_{next(self.numbers)} {{"
            yield f"{indent}  graph{self._box(boxes)};"
            yield from self._members(inner, f"{indent}  ")
            yield f"{indent}}}"

    def _layer(self, leaf: Leaf) -> str:
        look = appearance.layer(self.graph, leaf, self.look, self.shares.get(leaf, 0))
        return attributes(**look, **self._place(leaf))

    def _reference(self, boxes: tuple[Box, ...]) -> str:
        leaves = tuple(boxes[-1].leaves())
        share = sum(self.shares.get(leaf, 0) for leaf in leaves)
        look = appearance.block(self.graph, boxes, self.look, share, "as drawn above")
        return attributes(**look, **self._place(leaves[0]))

    def _box(self, boxes: tuple[Box, ...]) -> str:
        return attributes(**appearance.frame(boxes, self.look))

    def _place(self, leaf: Leaf) -> dict[str, str]:
        """The line of the spec that a layer comes from, as a tooltip, and as a link."""
        node = leaf.nodes[0]
        place = {"tooltip": labels.tooltip(words.line(node))}
        if self.look.source_url is not None:
            place["URL"] = escaped(f"{self.look.source_url}#L{node.span.line}")
        return place

    def _outputs(self) -> Iterator[str]:
        """Where a net has several outputs: the names of them after the layers that they are."""
        if len(self.graph.outputs) < 2:
            return
        for name, source in self.graph.outputs.items():
            end = identifier(f"output:{name}")  # no layer has this name: theirs have no colon
            yield f"  {end}{attributes(**appearance.output(name))};"
            yield f"  {identifier(self.drawn[source])} -> {end};"

    def _edges(self) -> Iterator[str]:
        depths = appearance.depths(self.graph)
        for member in self.shown:
            told: set[str] = set()
            for leaf in leaves_of(member):
                for source in leaf.nodes[0].inputs:
                    if self.drawn[source] == _identity(member) or (
                        isinstance(member, Box) and self.drawn[source] in told
                    ):
                        continue
                    told.add(self.drawn[source])
                    yield self._edge(source, leaf, member, depths)

    def _edge(self, source: str, leaf: Leaf, member: Leaf | Box, depths: Mapping[str, int]) -> str:
        said = appearance.slack(source, leaf.nodes[0], depths)
        if isinstance(member, Leaf):
            said |= appearance.brought(self.graph, source, leaf, self.look)
        ends = identifier(self.drawn[source]), identifier(_identity(member))
        return f"  {ends[0]} -> {ends[1]}{attributes(**said)};"


def _end(box: Box) -> Leaf:
    *_, last = box.leaves()
    return last


def _identity(member: Leaf | Box) -> str:
    """What a layer, or a block that is drawn elsewhere, goes by: the name of a layer in it."""
    leaf = member if isinstance(member, Leaf) else _end(member)
    return leaf.nodes[0].name
