"""Layers in the boxes that they came by: stages, iterations of repeats, calls of blocks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from netspec.graph import Graph, Node, Step


@dataclass(frozen=True, eq=False)
class Leaf:
    """A layer of a diagram, and the layers of the net that it stands for, in order of execution."""

    nodes: tuple[Node, ...]


@dataclass(frozen=True, eq=False)
class Box:
    """A part of a diagram that came one way, and the times of the net that it stands for.

    `steps` say what it is, one for each time (none: a run that no step says); `counts` how often it
    runs in a row each time that the box around it does. A box `like` another is drawn there.
    """

    members: tuple[Member, ...]
    steps: tuple[Step, ...] = ()
    counts: tuple[int, ...] = (1,)
    like: Box | None = None

    def leaves(self) -> Iterator[Leaf]:
        """The layers in it, to any depth, in order of execution."""
        for member in self.members:
            if isinstance(member, Leaf):
                yield member
            else:
                yield from member.leaves()

    def boxes(self) -> Iterator[Box]:
        """This box, then those in it."""
        yield self
        for member in self.members:
            if isinstance(member, Box):
                yield from member.boxes()


Member: TypeAlias = Leaf | Box


def leaves_of(member: Member) -> Iterator[Leaf]:
    """The layers of a member, which may be one, in order of execution."""
    if isinstance(member, Leaf):
        yield member
    else:
        yield from member.leaves()


def joined(box: Box) -> Iterator[Box]:
    """The box, and the one box that fills it all, which are drawn as one."""
    yield box
    while box.like is None and len(box.members) == 1 and isinstance(box.members[0], Box):
        box = box.members[0]
        yield box


def grow(graph: Graph) -> Box:
    """All layers of a graph in their boxes, nothing folded, in a root that is none."""
    root: list[Node | _Open] = []
    found: dict[int, _Open] = {}  # by identity: steps may be equal and yet two calls
    for node in graph.nodes:
        _open(node.step, root, found).append(node)
    return Box(_closed(root))


@dataclass(eq=False)
class _Open:
    """A box that still grows."""

    step: Step
    members: list[Node | _Open]


def _open(
    step: Step | None, root: list[Node | _Open], found: dict[int, _Open]
) -> list[Node | _Open]:
    missing: list[Step] = []
    while step is not None and id(step) not in found:
        missing.append(step)
        step = step.parent
    inside = root if step is None else found[id(step)].members
    for inner in reversed(missing):
        box = found[id(inner)] = _Open(inner, [])
        inside.append(box)
        inside = box.members
    return inside


def _closed(members: Sequence[Node | _Open]) -> tuple[Member, ...]:
    return tuple(
        Box(_closed(member.members), (member.step,))
        if isinstance(member, _Open)
        else Leaf((member,))
        for member in members
    )


def merged(members: Sequence[Member]) -> Member:
    """One member that stands for all of these, which have one structure."""
    first = members[0]
    if isinstance(first, Leaf):
        leaves = [member for member in members if isinstance(member, Leaf)]
        return Leaf(tuple(node for leaf in leaves for node in leaf.nodes))
    boxes = [member for member in members if isinstance(member, Box)]
    return Box(
        tuple(map(merged, zip(*(box.members for box in boxes), strict=True))),
        tuple(step for box in boxes for step in box.steps),
        tuple(count for box in boxes for count in box.counts),
    )


def without_inner(root: Box, most: int) -> tuple[Box, int]:
    """The tree with at most so many boxes: the innermost go, depth by depth; how many went."""
    boxes = sum(1 for _ in root.boxes()) - 1
    drawn, depth, level = 0, 0, _inner(root)
    while level and drawn + len(level) <= most:
        drawn, depth, level = drawn + len(level), depth + 1, [b for at in level for b in _inner(at)]
    return (_cut(root, depth), boxes - drawn) if level else (root, 0)


def _inner(box: Box) -> list[Box]:
    return [member for member in box.members if isinstance(member, Box)]


def _cut(box: Box, depth: int) -> Box:
    members: list[Member] = []
    for member in box.members:
        if isinstance(member, Leaf):
            members.append(member)
        elif depth:
            members.append(_cut(member, depth - 1))
        else:
            members.extend(member.leaves())
    return replace(box, members=tuple(members))
