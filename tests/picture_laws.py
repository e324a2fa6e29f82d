"""Where the marks of a picture are: boxes of words, corners of faces, ways of lines; who meets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from netspec.diagram.volumes.marks import Curve, Disc, Face, Group, Line, Mark, Point, Words

#: Convex corners: a box, a face or a piece of a line.
Shape = tuple[Point, ...]


def flat(marks: Iterable[Mark]) -> Iterator[Mark]:
    """The marks without groups, in the order in which they are painted."""
    for mark in marks:
        if isinstance(mark, Group):
            yield from flat(mark.marks)
        else:
            yield mark


def box(words: Words) -> Shape:
    """The corners around the letters of a line of text."""
    left = words.at.x - {"start": 0.0, "middle": 0.5, "end": 1.0}[words.anchor] * words.width
    right, top, low = (
        left + words.width,
        words.at.y - 0.78 * words.size,
        words.at.y + 0.2 * words.size,
    )
    return Point(left, top), Point(right, top), Point(right, low), Point(left, low)


def shapes(mark: Mark) -> Iterator[Shape]:
    """What a mark that is no text covers, but a box that stands behind others."""
    match mark:
        case Face():
            yield mark.points
        case Line():
            yield from pairwise(mark.points)
        case Curve():
            bend = (mark.end.x - mark.start.x) / 2
            handles = mark.start, mark.start.by(bend, 0), mark.end.by(-bend, 0), mark.end
            yield from pairwise(_cubic(handles, step / 12) for step in range(13))


def _cubic(handles: Sequence[Point], part: float) -> Point:
    weights = [(1 - part) ** 3, 3 * part * (1 - part) ** 2, 3 * part**2 * (1 - part), part**3]
    x, y = (sum(w * p[axis] for w, p in zip(weights, handles, strict=True)) for axis in (0, 1))
    return Point(x, y)


def meet(one: Shape, other: Shape) -> bool:
    """Whether two convex shapes share more than an edge (the separating axis theorem)."""
    for shape in (one, other):
        for start, end in zip(shape, (*shape[1:], shape[0]), strict=True):
            across = (end.y - start.y, start.x - end.x)
            a = [across[0] * p.x + across[1] * p.y for p in one]
            b = [across[0] * p.x + across[1] * p.y for p in other]
            if max(a) <= min(b) + 1e-6 or max(b) <= min(a) + 1e-6:
                return False
    return True


def trouble(marks: Sequence[Mark], width: float, height: float) -> list[str]:
    """Which words overlap, are crossed, or stand outside of the sheet, and which arcs cross solids;
    none in a good picture.

    The sign of a merge stands in its circle, where nothing else may.
    """
    all_marks = list(flat(marks))
    signs = {mark.centre.x for mark in all_marks if isinstance(mark, Disc)}
    texts = [mark for mark in all_marks if isinstance(mark, Words) and mark.at.x not in signs]
    boxes = [box(mark) for mark in texts]
    found = [
        f"{mark.words!r} stands outside"
        for mark, corners in zip(texts, boxes, strict=True)
        if any(not (0 <= x <= width and 0 <= y <= height) for x, y in corners)
    ]
    for at, (mark, corners) in enumerate(zip(texts, boxes, strict=True)):
        found += [
            f"{mark.words!r} meets {texts[other].words!r}"
            for other in range(at)
            if meet(corners, boxes[other])
        ]
        found += [
            f"{mark.words!r} meets {other}"
            for other in all_marks
            if any(meet(corners, shape) for shape in shapes(other))
        ]
    faces = [mark.points for mark in all_marks if isinstance(mark, Face)]
    arcs = [mark for mark in all_marks if isinstance(mark, Line) and mark.radius]
    for arc in arcs:
        over = list(pairwise(arc.points))[1:-1]  # its ends hold on to solids
        found += [f"{arc} crosses a solid" for way in over if _any(way, faces)]
    return [*found, *_on_each_other(arcs)]


def _on_each_other(arcs: Sequence[Line]) -> Iterator[str]:
    """Arcs whose level parts, the second of three, lie on each other for more than a point."""
    levels = [sorted(arc.points[1:3]) for arc in arcs]
    for at, (start, end) in enumerate(levels):
        for left, right in levels[:at]:
            if left.y == start.y and max(left.x, start.x) < min(right.x, end.x):
                yield f"arcs lie on each other from {start} to {end}"


def _any(one: Shape, others: Iterable[Shape]) -> bool:
    return any(meet(one, other) for other in others)
