"""What a page can draw: the folded diagram, and what each part of it unfolds into.

The page writes DOT text of what is open.  How layers, boxes and arrows look in it is decided here,
by the words and labels of all diagrams; the page puts the pieces together.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from itertools import count
from typing import Any, TypeAlias

from netspec.diagram import appearance, words
from netspec.diagram.folding import Box, Leaf, Member, fold, joined, leaves_of
from netspec.diagram.look import Look
from netspec.diagram.page.times import each_time
from netspec.diagram.weighing import shares
from netspec.diagram.writing import attributes
from netspec.graph import Graph
from netspec.text.limits import MAX_PAGE_PARTS

#: A layer (`node`, `layers`, `reads`) or a box of the page, as JSON.
Part: TypeAlias = dict[str, Any]

#: Layers of a repeat that are drawn at once when it unfolds; of a longer one the runs come closed.
_AT_ONCE = 120


class TooLargeError(Exception):
    """The folded diagram alone has more parts than a page takes."""


def parts(graph: Graph, look: Look) -> list[Part]:
    """The members of the folded diagram, each with all that it unfolds into.

    A box may be drawn `closed`, as one node; open `once`, with what it holds; or `each` run of it.
    `start` says how it comes into view.  Repeats within a folded one unfold after that has.
    """
    tree = _Tree(graph, look)
    root = fold(graph)
    tree.pay(root)
    found = tree.members(root, 0)
    tree.unfold()
    return found


class _Tree:
    """The parts of a page while they are written."""

    def __init__(self, graph: Graph, look: Look) -> None:
        self.graph, self.look = graph, look
        self.places = {node.name: at for at, node in enumerate(graph.nodes)}
        self.depths = appearance.depths(graph)
        alone = [Leaf((node,)) for node in graph.nodes]
        of = shares(graph, alone, look.weigh) if look.weigh is not None else {}
        self.shares = {leaf.nodes[0].name: share for leaf, share in of.items()}
        self.numbers = count(1)
        self.left = MAX_PAGE_PARTS
        self.repeats: deque[tuple[Part, tuple[Box, ...], int]] = deque()

    def pay(self, *members: Member) -> None:
        """Count what is written; TooLargeError where it is more than a page takes."""
        size = sum(map(_size, members))
        if size > self.left:
            raise TooLargeError
        self.left -= size

    def members(self, box: Box, depth: int) -> list[Part]:
        """What a box holds, within so many boxes."""
        return [self.part(member, depth) for member in box.members]

    def part(self, member: Member, depth: int, start: str = "once") -> Part:
        """A layer, or a box that comes into view as `start` says unless it was drawn before."""
        if isinstance(member, Leaf):
            return self._layer(member)
        return self._box(tuple(joined(member)), depth, start)

    def unfold(self) -> None:
        """Write what repeats unfold into, the outer ones first, as much as a page takes."""
        while self.repeats:
            part, boxes, depth = self.repeats.popleft()
            runs = each_time(boxes[-1])
            try:
                self.pay(*runs)
            except TooLargeError:
                continue
            few = sum(len(list(leaves_of(run))) for run in runs) <= _AT_ONCE
            start = "once" if few or self._unrolled(depth) else "closed"
            part["unrolled"] = attributes(id=part["id"], **appearance.frame(boxes, self.look))
            part["each"] = [self.part(run, depth + len(boxes), start) for run in runs]
            if self._unrolled(depth):
                part["start"] = "each"

    def _layer(self, leaf: Leaf) -> Part:
        name = self._number()
        look = appearance.layer(self.graph, leaf, self.look, self._share(leaf))
        return {
            "id": name,
            "node": attributes(id=name, **look),
            "layers": [self.places[node.name] for node in leaf.nodes],
            "reads": list(self._reads(leaf)),
        }

    def _reads(self, leaf: Leaf) -> Iterator[list[Any]]:
        """What the first of the layers reads, and the attributes of the arrow: of one that ends at
        a closed box, and of one that ends here.
        """
        node = leaf.nodes[0]
        for source in node.inputs:
            slack = appearance.slack(source, node, self.depths)
            shape = appearance.brought(self.graph, source, leaf, self.look)
            yield [self.places[source], attributes(**slack), attributes(**slack, **shape)]

    def _box(self, boxes: tuple[Box, ...], depth: int, start: str) -> Part:
        name = self._number()
        inner = boxes[-1]
        leaves = list(inner.leaves())
        layers = sum(len(leaf.nodes) for leaf in leaves)
        again = inner.like is not None
        note = "as drawn above" if again else words.counted(layers, "layer")
        share = sum(map(self._share, leaves))
        closed = appearance.block(self.graph, boxes, self.look, share, note)
        part: Part = {
            "id": name,
            "title": words.box_title(boxes)[0],
            "node": attributes(id=name, **closed),
            "frame": attributes(id=name, **appearance.frame(boxes, self.look)),
            "start": "closed" if again and not self._unrolled(depth) else start,
            "members": self.members(inner, depth + len(boxes)),
        }
        at = next((i for i, box in enumerate(boxes) if max(box.counts) > 1), None)
        if at is not None:
            part["times"] = sum(boxes[at].counts)
            if all(len(box.counts) == 1 for box in boxes[: at + 1]):
                self.repeats.append((part, boxes[: at + 1], depth))
        return part

    def _number(self) -> str:
        return f"m{next(self.numbers)}"

    def _share(self, leaf: Leaf) -> float:
        return sum(self.shares.get(node.name, 0) for node in leaf.nodes)

    def _unrolled(self, depth: int) -> bool:
        return self.look.unroll is None or depth < self.look.unroll


def _size(member: Member) -> int:
    """How many parts and arrows a member is."""
    if isinstance(member, Leaf):
        return 1 + len(member.nodes[0].inputs)
    return 1 + sum(map(_size, member.members))
