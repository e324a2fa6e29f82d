"""Parts of a folded diagram taken apart: for some of the times that they run."""

from __future__ import annotations

from netspec.diagram.folding import Box, Member
from netspec.diagram.folding.tree import Leaf
from netspec.graph import Step


def some_times(member: Member, start: int, stop: int) -> Member:
    """The member for the times from `start` up to `stop` of those that it stands for."""
    if isinstance(member, Leaf):
        return Leaf(member.nodes[start:stop])
    first = sum(member.counts[:start])
    last = first + sum(member.counts[start:stop])
    members = tuple(some_times(inner, first, last) for inner in member.members)
    return Box(members, member.steps[first:last], member.counts[start:stop], member.like)


def each_time(box: Box) -> list[Member]:
    """The runs of a box that comes once and runs several times, one by one."""
    (count,) = box.counts
    return [_run(box, at, count) for at in range(count)]


def _run(box: Box, at: int, count: int) -> Member:
    members = tuple(some_times(member, at, at + 1) for member in box.members)
    if box.steps:
        return Box(members, box.steps[at : at + 1])
    if len(members) == 1:
        return members[0]
    return Box(members, (Step(None, "repeat", str(count), at + 1, count),))
