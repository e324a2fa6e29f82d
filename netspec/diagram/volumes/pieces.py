"""A part of a picture around an axis, which hangs together with the parts beside it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import inf

from netspec.diagram.volumes.blocks import Block
from netspec.diagram.volumes.marks import Mark, Point, moved
from netspec.diagram.volumes.solids import Solid


@dataclass(frozen=True)
class Front:
    """The first solid of a part, whose front begins at `x`."""

    x: float
    solid: Solid
    block: Block

    def by(self, dx: float) -> Front:
        """The same that much to the right."""
        return replace(self, x=self.x + dx)


@dataclass(frozen=True)
class Side:
    """The last solid of a part, whose front begins at `x`; its right face is seen whole."""

    x: float
    solid: Solid
    block: Block

    def by(self, dx: float) -> Side:
        """The same that much to the right."""
        return replace(self, x=self.x + dx)

    def point(self, across: float, down: float) -> Point:
        """A point of the right face, by parts of its sides from its upper front corner."""
        return self.solid.on_side(across, down).by(self.x, 0)


@dataclass(frozen=True)
class Top:
    """Where arcs leave a place, and where they arrive."""

    out: Point
    into: Point

    def by(self, dx: float) -> Top:
        """The same that much to the right."""
        return Top(self.out.by(dx, 0), self.into.by(dx, 0))


@dataclass(frozen=True)
class Piece:
    """Marks from 0 to `width`, `up` pixels above the axis at height 0 and `down` below.

    Lines arrive at `left` and leave from `right`, on the axis.  `tops` is where arcs hold, one for
    each place of the line that the part takes.  Of solids that touch, `front` is the first, `side`
    the last, and `words` how far below the axis their captions begin.  Where it `forks`, the line
    that arrives goes on inside.
    """

    marks: tuple[Mark, ...]
    width: float
    up: float
    down: float
    left: float
    right: float
    tops: tuple[Top, ...]
    front: Front | None = None
    side: Side | None = None
    words: float = inf
    forks: bool = False

    def at(self, x: float, y: float = 0.0) -> tuple[Mark, ...]:
        """The marks, with the left end of the axis there."""
        return moved(self.marks, x, y)
