"""Ways over the blocks: what reads a block that is not the one before it."""

from __future__ import annotations

from collections.abc import Sequence

from netspec.diagram.palette import Theme
from netspec.diagram.volumes.marks import Line, Point
from netspec.diagram.volumes.pieces import Top

_LEVEL = 12.0  # between arcs, and between an arc and what it passes over
_RADIUS = 9.0
#: Where an arc starts that comes from before the line.
START = Point(6.0, 0.0)


def arcs(
    tops: Sequence[Top], roofs: Sequence[float], backs: Sequence[Sequence[int]], theme: Theme
) -> tuple[list[Line], float]:
    """The arcs of a line, the shorter below the longer, and how high all is above the axis.

    For each place of the line: where arcs hold, how high it stands, how far back it reads.
    """
    high = list(roofs)
    spans = sorted(
        (back, place - back, place)
        for place, steps in enumerate(backs)
        for back in steps
        if back > 1
    )
    drawn = []
    for _, start, end in spans:
        level = max(high[max(start, 0) : end + 1]) + _LEVEL
        high[start + 1 : end] = [level] * (end - start - 1)
        out, into = (tops[start].out if start >= 0 else START), tops[end].into
        points = out, Point(out.x, -level), Point(into.x, -level), into
        drawn.append(Line(points, theme.line, 1.1, radius=_RADIUS, arrow=True))
    return drawn, max([*roofs, *(-line.points[1].y for line in drawn)])
