"""Lines, curves, circles and boxes as paths of straight and cubic segments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import hypot

from netspec.diagram.volumes.marks import Box, Curve, Disc, Line, Point

_HEAD = 5.0  # pixels of an arrow's head
_ROUND = 0.5523  # of a radius: the handles of a cubic that is nearly a quarter of a circle
_CORNER = 6.0  # the radius of a box's corners


@dataclass(frozen=True)
class Segment:
    """`M`: go to a point; `L`: a straight line there; `C`: a curve by two handles."""

    verb: str
    points: tuple[Point, ...]


def of_line(line: Line) -> list[Segment]:
    """The points of a line, its corners rounded."""
    return _rounded(line.points, line.radius)


def of_curve(curve: Curve) -> list[Segment]:
    """A curve that is level at both ends."""
    bend = (curve.end.x - curve.start.x) / 2
    handles = curve.start.by(bend, 0), curve.end.by(-bend, 0)
    return [Segment("M", (curve.start,)), Segment("C", (*handles, curve.end))]


def of_disc(disc: Disc) -> list[Segment]:
    """A circle."""
    (x, y), r = disc.centre, disc.radius
    return _closed(Point(x - r, y - r), 2 * r, 2 * r, r)


def of_box(box: Box) -> list[Segment]:
    """A rectangle with round corners."""
    return _closed(box.corner, box.width, box.height, _CORNER)


def head(line: Line) -> tuple[Point, Point, Point]:
    """The arrow head at the end of a line."""
    before, tip = line.points[-2:]
    length = hypot(tip.x - before.x, tip.y - before.y) or 1.0
    dx, dy = (tip.x - before.x) / length * _HEAD, (tip.y - before.y) / length * _HEAD
    return tip, tip.by(-dx - dy * 0.5, -dy + dx * 0.5), tip.by(-dx + dy * 0.5, -dy - dx * 0.5)


def _closed(corner: Point, width: float, height: float, radius: float) -> list[Segment]:
    """A rectangle from the middle of its upper side around."""
    right, low = corner.by(width, 0), corner.by(width, height)
    start = corner.by(width / 2, 0)
    return _rounded((start, right, low, corner.by(0, height), corner, start), radius)


def _rounded(points: Sequence[Point], radius: float) -> list[Segment]:
    """A path through points, each corner a quarter of a circle or what fits there of one."""
    path = [Segment("M", (points[0],))]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        reach = min(radius, _distance(before, corner) / 2, _distance(corner, after) / 2)
        if reach <= 0:
            path.append(Segment("L", (corner,)))
            continue
        start, end = _towards(corner, before, reach), _towards(corner, after, reach)
        handles = _towards(start, corner, reach * _ROUND), _towards(end, corner, reach * _ROUND)
        path += [Segment("L", (start,)), Segment("C", (*handles, end))]
    return [*path, Segment("L", (points[-1],))]


def _distance(one: Point, other: Point) -> float:
    return hypot(one.x - other.x, one.y - other.y)


def _towards(start: Point, end: Point, reach: float) -> Point:
    part = reach / (_distance(start, end) or 1.0)
    return start.by((end.x - start.x) * part, (end.y - start.y) * part)
