"""A tensor as sheets of paper, one behind the other: a sheet for each channel."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from netspec.diagram.palette import Theme
from netspec.diagram.volumes.blocks import Block
from netspec.diagram.volumes.cells import Style
from netspec.diagram.volumes.marks import Face, Mark, Point
from netspec.diagram.volumes.measures import cascade, height
from netspec.diagram.volumes.shades import faces

_ALONG = (0.62, 0.52)  # how much of a cascade goes to the right, and down
_UNIT = 7.0  # the side of a map of one pixel


def bar(block: Block) -> bool:
    """Whether the sheets are of one pixel, and together a bar."""
    return block.sizes[1] * block.sizes[2] == 1


@dataclass(frozen=True)
class Stack:
    """The maps of a block: sheets of `wide` by `tall`, the first at the upper left, the last `dx`
    to the right and `dy` below.  Its middle is at height 0, its left end at `x`.
    """

    block: Block
    x: float
    wide: float
    tall: float
    dx: float
    dy: float

    @property
    def half(self) -> float:
        """From the middle to the highest or the lowest point."""
        return (self.tall + self.dy) / 2

    @property
    def right(self) -> float:
        """Where it ends."""
        return self.x + self.wide + self.dx

    def on_last(self, across: float, down: float) -> Point:
        """A point of the last sheet, by parts of its sides."""
        return Point(self.x + self.dx + across * self.wide, self.dy - self.half + down * self.tall)

    def sheet(self, part: float) -> tuple[Point, ...]:
        """The corners of the sheet at a part of the way from the first to the last."""
        corner = Point(self.x + part * self.dx, part * self.dy - self.half)
        wide, tall = (self.wide, 0), (0, self.tall)
        return corner, corner.by(*wide), corner.by(*wide).by(*tall), corner.by(*tall)


def stack_of(block: Block, style: Style, x: float = 0.0) -> Stack:
    """The sheets of a block, from `x` to the right."""
    channels, rows, columns = block.sizes
    if bar(block):
        long = height(channels)
        return Stack(block, x, _UNIT, _UNIT, long * _ALONG[0], long * _ALONG[1])
    long = cascade(channels)
    wide, tall = style.scale.side(columns), style.scale.side(rows)
    return Stack(block, x, wide, tall, long * _ALONG[0], long * _ALONG[1])


def sheets(stack: Stack, theme: Theme) -> Iterator[Mark]:
    """The sheets from back to front, or the bar."""
    fill = theme.fill(stack.block.head.layer.family)
    if bar(stack.block):
        first, last, shade = stack.sheet(0), stack.sheet(1), faces(fill, theme)
        yield Face((first[0], first[1], last[1], last[0]), shade.top, theme.line)
        yield Face((first[0], last[0], last[3], first[3]), shade.side, theme.line)
        yield Face(last, fill, theme.line)
        return
    count = stack.block.sizes[0]
    for at in range(count):
        yield Face(stack.sheet(at / max(count - 1, 1)), fill, theme.line)
