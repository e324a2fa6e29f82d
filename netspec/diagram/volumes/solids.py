"""Tensors as solids in oblique projection: channels to the right, rows down, columns receding."""

from __future__ import annotations

from dataclasses import dataclass

from netspec.diagram.palette import Theme
from netspec.diagram.volumes.blocks import Block
from netspec.diagram.volumes.marks import Face, Mark, Point
from netspec.diagram.volumes.measures import RECEDES, Scale, height, thickness
from netspec.diagram.volumes.shades import faces

_BAND = 3.0  # pixels of a layer that changes values in place
_POOL = 0.4  # how thick a pool is, beside a layer that learns
_COLUMN, _COLUMN_RECEDES = 9.0, (5.0, 3.5)


@dataclass(frozen=True)
class Solid:
    """The measures of a box: its front is `thick` by `tall`, its back `dx` to the right and `dy` up
    from there.  Its middle is at height 0, its front begins at 0.
    """

    thick: float
    tall: float
    dx: float
    dy: float

    @property
    def width(self) -> float:
        """From the front's left edge to the back's right edge."""
        return self.thick + self.dx

    @property
    def half(self) -> float:
        """From the middle to the highest or the lowest point."""
        return (self.tall + self.dy) / 2

    @property
    def brow(self) -> float:
        """Where the front begins, from above."""
        return self.dy - self.half

    def on_side(self, across: float, down: float) -> Point:
        """A point of the right face, by parts of its sides from its upper front corner."""
        return Point(self.thick + across * self.dx, self.brow + down * self.tall - across * self.dy)

    def on_top(self, across: float) -> Point:
        """A point halfway back on the top face, by a part of its front edge."""
        return Point(across * self.thick + self.dx / 2, self.brow - self.dy / 2)


def solid(block: Block, scale: Scale) -> Solid:
    """The measures of a block."""
    bands = _BAND * len(block.bands)
    if block.column:
        return Solid(_COLUMN + bands, height(block.type.numel), *_COLUMN_RECEDES)
    channels, rows, columns = block.sizes
    deep = scale.side(columns)
    part = _POOL if block.head.layer.pools else 1.0
    core = max(thickness(channels) * part, 4.0)
    return Solid(core + bands, scale.side(rows), deep * RECEDES[0], deep * RECEDES[1])


def drawn(block: Block, of: Solid, theme: Theme, x: float) -> tuple[Mark, ...]:
    """The faces of a block whose front begins at `x`."""
    marks: list[Mark] = []
    low, brow, back = of.half, of.brow, (of.dx, -of.dy)
    for start, end, fill in _slices(block, of, theme):
        shade = faces(fill, theme)
        front = Point(x + start, brow), Point(x + end, brow)
        top = (*front, front[1].by(*back), front[0].by(*back))
        marks.append(Face(top, shade.top, theme.line))
        foot = Point(x + end, low), Point(x + start, low)
        marks.append(Face((*front, *foot), shade.front, theme.line))
    right = Point(x + of.thick, brow), Point(x + of.thick, low)
    side = (right[0], right[0].by(*back), right[1].by(*back), right[1])
    shade = faces(theme.fill(block.head.layer.family), theme)
    return (*marks, Face(side, shade.side, theme.line))


def _slices(block: Block, of: Solid, theme: Theme) -> list[tuple[float, float, str]]:
    """The layers of a block from left to right: where each begins and ends, and its fill."""
    starts = [of.thick - _BAND * (len(block.bands) - at) for at in range(len(block.bands))]
    edges = [0.0, *starts, of.thick]
    fills = [theme.fill(node.layer.family) for node in (block.head, *block.bands)]
    return list(zip(edges[:-1], edges[1:], fills, strict=True))
