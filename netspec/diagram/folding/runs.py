"""Members of a box that repeat themselves, one after the other, are drawn once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import groupby

from netspec.diagram.folding.likeness import Part, same_links, strung
from netspec.diagram.folding.tree import Box, Leaf, Member, merged
from netspec.graph import Graph

#: How many members may stand between a layer and its next likeness, where no repeat says so.
_LONGEST = 24


def fold_iterations(graph: Graph, members: Sequence[Member]) -> list[Member]:
    """Iterations of one repeat that have one structure, whatever their sizes, become one box."""
    folded: list[Member] = []
    for repeat, group in groupby(members, _repeat):
        boxes = list(group)
        if repeat is None:
            folded += boxes
            continue
        while boxes:
            view, boxes = _without_view(boxes)
            folded += view
            parts = [Part(graph, box.members) for box in boxes if isinstance(box, Box)]
            count = _alike(parts, lambda part: part.structure)
            folded.append(_together(boxes[:count]))
            boxes = boxes[count:]
    return folded


def fold_equals(graph: Graph, members: Sequence[Member]) -> list[Member]:
    """Members that are equal in all but their names, one after the other, become one box."""
    keys = _keys(graph, members)
    folded: list[Member] = []
    at = 0
    while at < len(members):
        length, count = _longest_run(graph, members, keys, at)
        if count > 1:
            rows = [members[at + i * length : at + (i + 1) * length] for i in range(count)]
            together = tuple(map(merged, zip(*rows, strict=True)))
            (only,) = together if length == 1 else (None,)
            if isinstance(only, Box) and set(only.counts) == {1}:
                folded.append(Box(only.members, only.steps, (count,)))
            else:
                folded.append(Box(together, counts=(count,)))
        else:
            folded.append(members[at])
        at += length * count
    return folded


def _repeat(member: Member) -> object:
    """What is equal for the iterations of one repeat alone; None for what is no iteration."""
    if isinstance(member, Leaf) or member.steps[0].kind != "repeat" or member.counts != (1,):
        return None
    step = member.steps[0]
    return id(step.parent), step.span, step.count


def _without_view(boxes: list[Member]) -> tuple[list[Member], list[Member]]:
    """A view that the first iteration alone begins with, such as the FLATTEN before a stack of FC,
    stands before the box.
    """
    first, *rest = boxes
    if not rest or not isinstance(first, Box) or len(first.members) < 2:
        return [], boxes
    start, second = first.members[0], _start(rest[0])
    if isinstance(start, Box) or not start.nodes[0].layer.view or _kind(start) == _kind(second):
        return [], boxes
    return [start], [replace(first, members=first.members[1:]), *rest]


def _start(member: Member) -> Member:
    return member.members[0] if isinstance(member, Box) and member.members else member


def _kind(member: Member) -> str:
    return member.nodes[0].kind if isinstance(member, Leaf) else ""


def _together(boxes: Sequence[Member]) -> Member:
    whole = merged(boxes)
    assert isinstance(whole, Box)
    return Box(whole.members, whole.steps, (len(boxes),))


def _alike(parts: Sequence[Part], form: Callable[[Part], object]) -> int:
    """How many parts from the first on have one form and are strung one after the other."""
    count = 1
    while count < len(parts):
        before, after = parts[count - 1], parts[count]
        if form(before) != form(after) or not strung(before, after):
            break
        if count > 1 and not same_links(parts[count - 2], before, after):
            break
        count += 1
    return count


def _keys(graph: Graph, members: Sequence[Member]) -> list[int]:
    """A number for each member; those with different numbers are not equal."""
    numbers: dict[object, int] = {}
    return [
        numbers.setdefault(
            (m.nodes[0].layer, m.nodes[0].type) if isinstance(m, Leaf) else Part(graph, (m,)).form,
            len(numbers),
        )
        for m in members
    ]


def _longest_run(
    graph: Graph, members: Sequence[Member], keys: Sequence[int], at: int
) -> tuple[int, int]:
    """Length and count of the run from a place on that holds most members; (1, 1) for none."""
    best = (1, 1)
    for length in range(1, min(_LONGEST, (len(keys) - at) // 2) + 1):
        count = 1
        while (
            keys[at + (count - 1) * length : at + count * length]
            == (keys[at + count * length : at + (count + 1) * length])
        ):
            count += 1
        if count > 1 and length * count > best[0] * best[1] * (best[1] > 1):
            rows = [
                Part(graph, tuple(members[at + i * length : at + (i + 1) * length]))
                for i in range(count)
            ]
            count = _alike(rows, lambda part: part.form)
            if count > 1 and length * count > best[0] * best[1] * (best[1] > 1):
                best = length, count
    return best
