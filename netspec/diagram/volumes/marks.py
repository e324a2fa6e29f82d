"""What a picture is made of: faces, lines, words, and groups of them that know a fact."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple, TypeAlias

from netspec.diagram.volumes.typeface import width


class Point(NamedTuple):
    """Pixels to the right, and down."""

    x: float
    y: float

    def by(self, dx: float, dy: float) -> Point:
        """The point that much to the right and down."""
        return Point(self.x + dx, self.y + dy)


@dataclass(frozen=True)
class Face:
    """A filled polygon with a border."""

    points: tuple[Point, ...]
    fill: str
    line: str
    thickness: float = 0.7


@dataclass(frozen=True)
class Disc:
    """A filled circle with a border."""

    centre: Point
    radius: float
    fill: str
    line: str
    thickness: float = 0.9


@dataclass(frozen=True)
class Box:
    """A rectangle with round corners behind other marks."""

    corner: Point
    width: float
    height: float
    fill: str
    line: str
    thickness: float = 0.8


@dataclass(frozen=True)
class Line:
    """A line through points, its corners rounded by a radius, with an arrow's head at its end."""

    points: tuple[Point, ...]
    colour: str
    thickness: float = 1.0
    radius: float = 0.0
    arrow: bool = False

    def height(self, x: float) -> float:
        """How far down a straight line is at some x, or at the nearer of its ends."""
        start, end = sorted(self.points[:: len(self.points) - 1])
        part = (x - start.x) / ((end.x - start.x) or 1.0)
        return start.y + (end.y - start.y) * min(max(part, 0.0), 1.0)


@dataclass(frozen=True)
class Curve:
    """A line that leaves one point and arrives at another horizontally."""

    start: Point
    end: Point
    colour: str
    thickness: float = 1.0


@dataclass(frozen=True)
class Words:
    """A line of text around, from or up to the point on its baseline."""

    at: Point
    words: str
    colour: str
    size: float = 10.0
    bold: bool = False
    anchor: str = "middle"  # "start", "middle" or "end"

    @property
    def width(self) -> float:
        """Pixels that it takes."""
        return width(self.words, self.size, bold=self.bold)


@dataclass(frozen=True)
class Group:
    """Marks that show one thing, and what is said of it where the mouse rests."""

    marks: tuple[Mark, ...]
    title: str


Mark: TypeAlias = Face | Disc | Box | Line | Curve | Words | Group


def moved(marks: Iterable[Mark], dx: float, dy: float) -> tuple[Mark, ...]:
    """The marks that much to the right and down."""
    return tuple(_moved(mark, dx, dy) for mark in marks)


def _moved(mark: Mark, dx: float, dy: float) -> Mark:
    match mark:
        case Face() | Line():
            return replace(mark, points=tuple(point.by(dx, dy) for point in mark.points))
        case Disc():
            return replace(mark, centre=mark.centre.by(dx, dy))
        case Box():
            return replace(mark, corner=mark.corner.by(dx, dy))
        case Curve():
            return replace(mark, start=mark.start.by(dx, dy), end=mark.end.by(dx, dy))
        case Words():
            return replace(mark, at=mark.at.by(dx, dy))
        case Group():
            return replace(mark, marks=moved(mark.marks, dx, dy))
