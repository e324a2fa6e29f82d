"""A net in rows, where it is too long for one."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import ceil

from netspec.diagram.volumes.cells import Style
from netspec.diagram.volumes.layout import Placed, joined, placed
from netspec.diagram.volumes.lines import Line
from netspec.diagram.volumes.marks import Line as Stroke
from netspec.diagram.volumes.marks import Mark, Point
from netspec.diagram.volumes.pieces import Piece

_LONGEST = 1450.0  # pixels
_BETWEEN = 26.0  # rows
_BESIDE = 10.0  # a row, where a line leads to the next


def rows(net: Line, style: Style) -> Piece:
    """The picture of a line, in rows of about one length."""
    pieces = [joined(row, style) for row in _rows(placed(net, style))]
    width = max(piece.width for piece in pieces)
    marks: list[Mark] = []
    axis, axes = 0.0, [0.0]
    for above, below in pairwise(pieces):
        between = axis + above.down + _BETWEEN / 2
        axis += above.down + _BETWEEN + below.up
        axes.append(axis)
        way = (
            Point(above.right, axes[-2]),
            Point(width + _BESIDE, axes[-2]),
            Point(width + _BESIDE, between),
            Point(-_BESIDE, between),
            Point(-_BESIDE, axis),
            Point(below.left, axis),
        )
        marks.append(Stroke(way, style.theme.line, 1.0, radius=9, arrow=not below.forks))
    body = (mark for piece, y in zip(pieces, axes, strict=True) for mark in piece.at(0, y))
    return Piece((*body, *marks), width, pieces[0].up, axis + pieces[-1].down, 0, width, ())


def _rows(parts: Sequence[Placed]) -> list[list[Placed]]:
    """Parts of about one length, as few and as short as can be, none of which an arc leaves."""
    whole, breaks = parts[-1].end, _breaks(parts)
    count = ceil(whole / _LONGEST)
    longest = whole / count
    rows = _split(parts, breaks, longest)
    while len(rows) > count and longest < _LONGEST:
        longest *= 1.02
        rows = _split(parts, breaks, longest)
    return rows


def _split(parts: Sequence[Placed], breaks: Sequence[bool], longest: float) -> list[list[Placed]]:
    rows: list[list[Placed]] = [[]]
    for part, may_begin in zip(parts, breaks, strict=True):
        if rows[-1] and may_begin and part.end - rows[-1][0].x > longest:
            rows.append([])
        rows[-1].append(part)
    return rows


def _breaks(parts: Sequence[Placed]) -> list[bool]:
    """For each part whether a row may begin with it: nothing after reads beyond what is before."""
    backs = [item.back for part in parts for item in part.items]
    nearest = [place - max(back, default=0) for place, back in enumerate(backs)]
    for place in reversed(range(len(nearest) - 1)):
        nearest[place] = min(nearest[place], nearest[place + 1])
    starts, place = [], 0
    for part in parts:
        starts.append(nearest[place] >= place - 1)
        place += len(part.items)
    return starts
