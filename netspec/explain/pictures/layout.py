"""Where panels are on a sheet, and how large they and their words are; all in inches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from math import ceil
from typing import TypeAlias

from netspec.explain.pictures.panels import Areas, Heat, Panel, Photo
from netspec.explain.pictures.sheets import Grid
from netspec.explain.pictures.words import INCH, width_of, wrapped

#: Points of the letters of captions, and of those beside and below panels.
CAPTION, SMALL = 9, 7
#: The longer side of a panel, that of the largest, and the margin around panels.
_SIDE, _MOST, _MARGIN = 2.7, 6.5, 0.15
#: Pixels of a panel from which it is larger.
_SMALL = 300
#: The longer side of a sheet of tiles, and that of a tile from which it is larger.
_SHEET, _TILE = 3.4, 0.4
#: The narrowest captions.
_NARROW = 1.7
#: Beside a map for its colour bar, above a panel for a line of its caption, below it for a row of
#: its legend.
_BAR, _LINE, _KEYS = 0.85, 0.165, 0.17
#: Between a row and the next.
_BELOW = 0.25
#: What a key has before its name, and behind it.
MARK, _BEHIND = 0.15, 0.12
#: What part of the width and height of a tile its name may cover.
_COVER = 0.6, 0.35
#: Panels beside each other where nothing says how many, and how wide a row of them is at most.
_ACROSS, _ROW = 4, 17.0

#: Rows of panels; None leaves a place empty.
Rows: TypeAlias = Sequence[Sequence[Panel | None]]


@dataclass(frozen=True)
class Box:
    """A part of a sheet, from its lower left corner."""

    left: float
    bottom: float
    width: float
    height: float


@dataclass(frozen=True)
class Key:
    """A colour and its name, from the lower left corner of its panel."""

    colour: str
    name: str
    right: float
    down: float


def in_rows(panels: Sequence[Panel], across: int = _ACROSS) -> Rows:
    """Panels as they come, so many a row at most, in rows that are about as long as each other."""
    most = min(across, max(1, int(_ROW / max(map(_wide, panels), default=_ROW))))
    count = ceil(len(panels) / most)
    each = ceil(len(panels) / count) if count else 1
    return [panels[at : at + each] for at in range(0, len(panels), each)]


def sheet_size(rows: Rows) -> tuple[float, float]:
    """Width and height of all."""
    return sum(_columns(rows)) + _MARGIN, sum(max(map(_tall, row)) for row in rows)


def boxes(rows: Rows) -> Iterator[tuple[Panel, Box]]:
    """Where each panel is: those of a row with their upper edges on one line."""
    widths, (_, bottom) = _columns(rows), sheet_size(rows)
    for row in rows:
        above = max(map(_above, row))
        for at, panel in enumerate(row):
            if panel is not None:
                wide, tall = size_of(panel)
                left = sum(widths[:at]) + _MARGIN
                yield panel, Box(left, bottom - above - tall, wide, tall)
        bottom -= max(map(_tall, row))


def size_of(panel: Panel) -> tuple[float, float]:
    """Width and height."""
    height, width = panel.size
    longest = max(height, width)
    side = max(_SIDE, _SIDE * longest / _SMALL)
    if not isinstance(panel, Areas) and panel.grid is not None:
        side = max(_SHEET, _TILE * max(panel.grid.rows, panel.grid.columns))
    side = min(side, _MOST)
    return side * width / longest, side * height / longest


def caption(panel: Panel) -> list[str]:
    """The lines above a panel, none wider than it; a colour bar may be beside it."""
    said, room = panel.caption, _wide(panel) - _MARGIN
    head = " ".join(said.head)
    lines = (head,) if width_of(head, CAPTION) <= room else said.head
    return [part for line in (*lines, *said.rest) for part in wrapped(line, room, CAPTION)]


def keys(panel: Areas) -> Iterator[Key]:
    """The legend below a panel, as many beside each other as it is wide."""
    right, down, room = 0.0, _KEYS, _wide(panel) - _MARGIN
    for colour, name in panel.legend:
        wide = MARK + width_of(name, SMALL)
        if right and right + wide > room:
            right, down = 0.0, down + _KEYS
        yield Key(colour, name, right, down)
        right += wide + _BEHIND


def has_room(grid: Grid, pixel: float, points: float) -> bool:
    """Whether tiles have room for their names in a corner, where a pixel is so many inches."""
    wide = max(width_of(name, points) for name in grid.names)
    tall = points / INCH
    across, down = _COVER
    return wide <= across * grid.width * pixel and tall <= down * grid.height * pixel


def _columns(rows: Rows) -> list[float]:
    return [max(map(_wide, column)) for column in zip_longest(*rows)]


def _wide(panel: Panel | None) -> float:
    """What a column needs for a panel."""
    match panel:
        case None:
            return 0.0
        case Heat():
            return max(size_of(panel)[0] + _BAR, _NARROW)
        case Photo() | Areas():
            return max(size_of(panel)[0], _NARROW) + _MARGIN


def _tall(panel: Panel | None) -> float:
    """What a row needs for a panel."""
    if panel is None:
        return 0.0
    below = max(key.down for key in keys(panel)) if isinstance(panel, Areas) else 0.0
    return _above(panel) + size_of(panel)[1] + _BELOW + below


def _above(panel: Panel | None) -> float:
    return _LINE * len(caption(panel)) + 0.1 if panel is not None else 0.0
