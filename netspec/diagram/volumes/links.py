"""What leads from a piece to the next: windows, full connection, and plain arrows."""

from __future__ import annotations

from collections.abc import Iterator

from netspec.diagram.palette import Theme
from netspec.diagram.volumes.cells import Style
from netspec.diagram.volumes.marks import Face, Line, Mark, Point
from netspec.diagram.volumes.pieces import Front, Piece, Side
from netspec.layers import Window

_THIN = 0.6


def link(before: Piece, x: float, after: Piece, to: float, style: Style) -> Iterator[Mark]:
    """The way from a piece at `x` to the next at `to`."""
    side, front, theme = before.side, after.front, style.theme
    end = Point(to + after.left, 0)
    if side is None or front is None:
        yield Line((Point(x + before.right, 0), end), theme.line, arrow=not after.forks)
        return
    side, layer = side.by(x), front.block.head.layer
    window = layer.window(front.block.inputs[:1])
    if window is not None and max(window.extent) > 1:
        yield from _window(side, window, end, style)
    elif layer.linear and window is None:
        yield from _fan(side, front.by(to), theme)
    else:
        yield Line((Point(x + before.right, 0), end), theme.line, arrow=True)


def _window(side: Side, window: Window, end: Point, style: Style) -> Iterator[Mark]:
    """The window through which one output is seen, on the face over which it slides."""
    theme, (_, *area) = style.theme, side.block.sizes
    tall, wide = (
        style.scale.window(-(-extent // zoom), size) / 2
        for extent, zoom, size in zip(window.extent, window.zoom, area, strict=True)
    )
    corners = ((-wide, -tall), (wide, -tall), (wide, tall), (-wide, tall))
    points = tuple(side.point(0.5 + across, 0.5 + down) for across, down in corners)
    fill = f"{theme.text}26"  # translucent: the face is seen through it
    yield Face(points, fill, theme.line)
    for point in points:
        yield Line((point, end), theme.line, _THIN)


def _fan(side: Side, front: Front, theme: Theme) -> Iterator[Mark]:
    """Each unit reads all: lines from both ends of the one to both ends of the other."""
    for start in (side.point(1, 0), side.point(1, 1)):
        for y in (front.solid.brow, front.solid.half):
            yield Line((start, Point(front.x, y)), theme.line, _THIN)
