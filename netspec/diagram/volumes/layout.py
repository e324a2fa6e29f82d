"""Lines -> pieces: what stands where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from netspec.diagram.volumes.arcs import START, arcs
from netspec.diagram.volumes.blocks import Block
from netspec.diagram.volumes.cells import SIZE, Style, cell, circle, runs
from netspec.diagram.volumes.lines import Item, Lanes, Line, Repeat
from netspec.diagram.volumes.links import link
from netspec.diagram.volumes.marks import Box, Curve, Mark, Point, Words
from netspec.diagram.volumes.marks import Line as Stroke
from netspec.diagram.volumes.pieces import Piece, Top

_GAP = 22.0  # between pieces of a line
_MOST_MORE = 40  # widenings of a gap, of 4 pixels
_ENTRY = 18.0  # of a line from whose entry an arc starts
_FORK = 26.0  # for the curves from a fork, and to a merge
_BETWEEN = 14.0  # lanes
_PAD = 12.0  # inside the box of a repeat
_BEHIND = 8.0  # where an arc leaves the line behind a box


@dataclass(frozen=True)
class Placed:
    """A piece of a line, where it stands, and the items that it shows."""

    piece: Piece
    x: float
    items: tuple[Item, ...]

    @property
    def end(self) -> float:
        """Where it ends."""
        return self.x + self.piece.width


def piece_of(line: Line, style: Style) -> Piece:
    """A line with all that stands on it."""
    return joined(placed(line, style), style)


def placed(line: Line, style: Style) -> list[Placed]:
    """The pieces of a line beside each other."""
    found: list[Placed] = []
    for run in runs(line.items):
        piece = _piece(run, style)
        x = found[-1].end + _gap(found[-1].piece, piece, style) if found else 0.0
        found.append(Placed(piece, x, tuple(run)))
    return found


def _gap(before: Piece, after: Piece, style: Style) -> float:
    """Pixels between two pieces: as many as the lines between them need, so that they pass over the
    words below the two.
    """
    for more in range(_MOST_MORE):
        gap = _GAP + 4.0 * more
        start, end = before.width, before.width + gap
        lines = [m for m in link(before, 0, after, end, style) if isinstance(m, Stroke)]
        passing = ((line.height(start), line.height(end)) for line in lines)
        if all(out <= before.words and into <= after.words for out, into in passing):
            break
    return gap


def joined(parts: Sequence[Placed], style: Style) -> Piece:
    """Pieces beside each other, and what leads from one to the next, as one piece.

    Where an arc starts at what is before them, there is room for that.
    """
    backs = [item.back for part in parts for item in part.items]
    entered = any(place > 0 for place in _entries(backs))
    shift = (_ENTRY if entered else 0.0) - parts[0].x
    parts = [Placed(part.piece, part.x + shift, part.items) for part in parts]
    marks: list[Mark] = []
    head, end = parts[0], parts[-1]
    left = head.x + head.piece.left
    if entered:
        reads, colour = 1 in backs[0], style.theme.line
        stop = Point(left if reads else START.x, 0)
        marks.append(Stroke((Point(0, 0), stop), colour, arrow=reads and not head.piece.forks))
    for at, part in enumerate(parts):
        marks += part.piece.at(part.x)
        after = parts[at + 1] if at + 1 < len(parts) else None
        if after is not None and 1 in after.items[0].back:
            marks += link(part.piece, part.x, after.piece, after.x, style)
    tops = [top.by(part.x) for part in parts for top in part.piece.tops]
    roofs = [part.piece.up for part in parts for _ in part.items]
    over, up = arcs(tops, roofs, backs, style.theme)
    return Piece(
        marks=(*marks, *over),
        width=end.end,
        up=up,
        down=max(part.piece.down for part in parts),
        left=0.0 if entered else left,
        right=end.x + end.piece.right,
        tops=tuple(tops),
        forks=head.piece.forks or entered,
    )


def _entries(backs: Sequence[Sequence[int]]) -> list[int]:
    """The places of a line that read what is before it."""
    return [place for place, steps in enumerate(backs) if place + 1 in steps]


def _piece(run: Sequence[Item], style: Style) -> Piece:
    match run[0].what:
        case Block() as block if block.join:
            return circle(block, style)
        case Block():
            return cell([item.what for item in run if isinstance(item.what, Block)], style)
        case Lanes() as lanes:
            return _lanes(lanes, style)
        case Repeat() as repeat:
            return _repeat(repeat, style)


def _lanes(lanes: Lanes, style: Style) -> Piece:
    """Lines one below the other between two points on the axis."""
    pieces = [piece_of(line, style) for line in lanes.lines]
    heights = _heights(pieces, [len(list(line.blocks())) for line in lanes.lines])
    before, after = _FORK if lanes.forks else 0.0, _FORK if lanes.merges else 0.0
    wide = max(piece.width for piece in pieces)
    width = before + wide + after
    colour = style.theme.line
    marks: list[Mark] = []
    for line, piece, y in zip(lanes.lines, pieces, heights, strict=True):
        x = before + ((wide - piece.width) / 2 if lanes.merges else 0.0)
        if _entries([item.back for item in line.items]):
            start, stop = Point(before, y), Point(x + piece.left, y)
            marks.append(Curve(Point(0, 0), start, colour))
            marks.append(Stroke((start, stop), colour, arrow=not piece.forks))
        marks += piece.at(x, y)
        if lanes.merges:
            end = Point(before + wide, y)
            marks.append(Stroke((Point(x + piece.right, y), end), colour))
            marks.append(Curve(end, Point(width, 0), colour))
    up = max(piece.up - y for piece, y in zip(pieces, heights, strict=True))
    down = max(piece.down + y for piece, y in zip(pieces, heights, strict=True))
    top = Point(width / 2, -up)
    return Piece(tuple(marks), width, up, down, 0, width, (Top(top, top),), forks=lanes.forks)


def _heights(pieces: Sequence[Piece], blocks: Sequence[int]) -> list[float]:
    """The axis of each lane: of two the one of more blocks goes on straight, more stand around the
    axis.
    """
    heights = [0.0]
    for above, piece in pairwise(pieces):
        heights.append(heights[-1] + above.down + _BETWEEN + piece.up)
    if len(pieces) == 2:
        middle = heights[1] if blocks[1] > blocks[0] else 0.0
    else:
        middle = (heights[-1] + pieces[-1].down - pieces[0].up) / 2
    return [height - middle for height in heights]


def _repeat(repeat: Repeat, style: Style) -> Piece:
    """A line in a box that says how often it runs."""
    theme = style.theme
    inner = piece_of(repeat.line, style)
    width = inner.width + 2 * _PAD
    up, down = inner.up + _PAD * 0.8, inner.down + 20
    box = Box(Point(0, -up), width, up + down, theme.cluster_fill, theme.cluster_line)
    count = Words(Point(width / 2, down - 6), f"x{repeat.count}", theme.text, SIZE + 2.5, True)
    into = Stroke((Point(0, 0), Point(_PAD + inner.left, 0)), theme.line, arrow=not inner.forks)
    out = Stroke((Point(_PAD + inner.right, 0), Point(width, 0)), theme.line)
    marks = (box, into, *inner.at(_PAD), out, count)
    top = Top(Point(width + _BEHIND, 0), Point(width / 2, -up))
    return Piece(marks, width, up, down, 0, width, (top,), forks=True)
