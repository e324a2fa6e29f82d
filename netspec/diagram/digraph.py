"""Graph -> DOT, the language of Graphviz (https://graphviz.org/doc/info/lang.html)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import count

from netspec.diagram import labels, words
from netspec.diagram.folding import Box, Leaf, fold, without_inner
from netspec.diagram.look import DEFAULT, Look
from netspec.diagram.weighing import shares
from netspec.diagram.writing import attributes, defaults, escaped, identifier
from netspec.graph import Graph, Node
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
        leaves = [leaf for member in self.shown for leaf in _leaves(member)]
        self.shares: Mapping[Leaf, float] = (
            shares(graph, leaves, look.weigh) if look.weigh is not None else {}
        )
        #: For each layer of the net the one that is drawn for it.
        self.drawn = {
            node.name: _identity(member)
            for member in self.shown
            for leaf in _leaves(member)
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
            boxes = tuple(_joined(member))
            inner = boxes[-1]
            if inner.like is not None:
                yield f"{indent}{identifier(_identity(inner))}{self._reference(boxes)};"
                continue
            yield f"{indent}subgraph cluster_{next(self.numbers)} {{"
            yield f"{indent}  graph{self._box(boxes)};"
            yield from self._members(inner, f"{indent}  ")
            yield f"{indent}}}"

    def _layer(self, leaf: Leaf) -> str:
        label = labels.layer(self.graph, leaf, self.look, self.shares.get(leaf, 0))
        fill = self.look.theme.fill(leaf.nodes[0].layer.family)
        return attributes(fillcolor=fill, label=f"<{label}>", **self._place(leaf))

    def _reference(self, boxes: tuple[Box, ...]) -> str:
        leaves = tuple(boxes[-1].leaves())
        share = sum(self.shares.get(leaf, 0) for leaf in leaves)
        label = labels.reference(self.graph, boxes, _end(boxes[-1]), self.look, share)
        style = {"peripheries": "2", "fillcolor": self.look.theme.other}
        return attributes(label=f"<{label}>", **style, **self._place(leaves[0]))

    def _box(self, boxes: tuple[Box, ...]) -> str:
        theme = self.look.theme
        colours = {"color": theme.cluster_line, "fillcolor": theme.cluster_fill}
        label = {"label": f"<{labels.box(boxes, self.look)}>", "labeljust": "l", "fontsize": "10"}
        return attributes(**label, **colours, style="rounded,filled", margin="10")

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
            label = f"<{labels.text(name)}>"
            yield f"  {end}{attributes(label=label, style='rounded', width='0', height='0.3')};"
            yield f"  {identifier(self.drawn[source])} -> {end};"

    def _edges(self) -> Iterator[str]:
        """Arrows; into a merge that makes another shape of it, with the shape that it brings.

        The arrow from the deepest branch of a merge is short and straight.  The others take up the
        slack, so that branches start side by side.
        """
        depths: dict[str, int] = {}
        for node in self.graph.nodes:
            depths[node.name] = 1 + max((depths[source] for source in node.inputs), default=0)
        for member in self.shown:
            told: set[str] = set()
            for leaf in _leaves(member):
                for source in leaf.nodes[0].inputs:
                    if self.drawn[source] == _identity(member) or (
                        isinstance(member, Box) and self.drawn[source] in told
                    ):
                        continue
                    told.add(self.drawn[source])
                    yield self._edge(source, leaf, member, depths)

    def _edge(self, source: str, leaf: Leaf, member: Leaf | Box, depths: Mapping[str, int]) -> str:
        node = leaf.nodes[0]
        said: dict[str, str] = {}
        if depths[source] < depths[node.name] - 1:
            said["weight"] = "1"
        if self._told(source, node) and isinstance(member, Leaf):
            brought = words.span(self._brought(leaf, source))
            said["label"] = f"<{labels.text(f' {brought} ')}>"
        ends = identifier(self.drawn[source]), identifier(_identity(member))
        return f"  {ends[0]} -> {ends[1]}{attributes(**said)};"

    def _told(self, source: str, node: Node) -> bool:
        """Whether an arrow says its shape: into a merge that makes another of it; where all is
        said, also after a layer that made another of its own input's.
        """
        before = self.graph.by_name[source]
        if node.layer.merges:
            return before.type != node.type
        reshaped = any(before.type != kind for kind in self.graph.input_types(before))
        return self.look.detail == "all" and reshaped

    def _brought(self, leaf: Leaf, first: str) -> Iterator[str]:
        """The shapes that the layers of a leaf read in the place where the first reads `first`."""
        at = leaf.nodes[0].inputs.index(first)
        return (str(self.graph.by_name[node.inputs[at]].type) for node in leaf.nodes)


def _leaves(member: Leaf | Box) -> Iterator[Leaf]:
    if isinstance(member, Leaf):
        yield member
    else:
        yield from member.leaves()


def _end(box: Box) -> Leaf:
    *_, last = box.leaves()
    return last


def _identity(member: Leaf | Box) -> str:
    """What a layer, or a block that is drawn elsewhere, goes by: the name of a layer in it."""
    leaf = member if isinstance(member, Leaf) else _end(member)
    return leaf.nodes[0].name


def _joined(box: Box) -> Iterator[Box]:
    """The box, and the one box that fills it all, which are drawn as one."""
    yield box
    while box.like is None and len(box.members) == 1 and isinstance(box.members[0], Box):
        box = box.members[0]
        yield box
