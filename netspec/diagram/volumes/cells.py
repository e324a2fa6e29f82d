"""Blocks -> pieces: solids that touch, with their captions; merges as circles."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from netspec.diagram.palette import Theme
from netspec.diagram.volumes.blocks import Block
from netspec.diagram.volumes.captions import facts, operations, results, shapes
from netspec.diagram.volumes.lines import Item
from netspec.diagram.volumes.marks import Disc, Group, Mark, Point, Words
from netspec.diagram.volumes.measures import Scale
from netspec.diagram.volumes.pieces import Front, Piece, Side, Top
from netspec.diagram.volumes.solids import drawn, solid
from netspec.graph import Graph

SIZE, LEADING = 9.5, 12.5  # of captions
_RADIUS = 9.0
_BEHIND = 8.0  # where an arc leaves the line behind a circle
_MOST_LINES = 3


@dataclass(frozen=True)
class Style:
    """What all pieces of a picture have in common."""

    graph: Graph
    theme: Theme
    scale: Scale


def runs(items: Sequence[Item]) -> Iterator[list[Item]]:
    """Items that stand together: blocks that touch as one, all else alone.

    A block from which an arc starts is the last of its run.
    """
    starts = {at - back for at, item in enumerate(items) for back in item.back if back > 1}
    run: list[Item] = []
    for at, item in enumerate(items):
        if run and (at - 1 in starts or not _touches(run, item)):
            yield run
            run = []
        run.append(item)
    if run:
        yield run


def _touches(run: list[Item], item: Item) -> bool:
    """Whether a block continues the one before at the same height and width."""
    before, block = run[-1].what, item.what
    if not isinstance(before, Block) or not isinstance(block, Block) or item.back != (1,):
        return False
    layer = block.head.layer
    if before.join or before.head.layer.source or layer.pools or layer.merges or block.join:
        return False
    if block.column or before.column or before.sizes[1:] != block.sizes[1:]:
        return False
    if before.head.layer.pools:
        return False
    blocks = [one.what for one in (*run, item) if isinstance(one.what, Block)]
    return len(operations(blocks)) <= _MOST_LINES


def cell(blocks: Sequence[Block], style: Style) -> Piece:
    """Solids side by side with what they are below them."""
    solids = [solid(block, style.scale) for block in blocks]
    fronts = sum(one.thick for one in solids)
    last = solids[-1]
    wide = fronts + last.dx
    lines = [(words, True) for words in operations(blocks)]
    lines += [(words, False) for words in (*shapes(blocks), *results(blocks, style.graph))]
    captions = _captions(lines, style)
    width = max(wide, *(line.width for line in captions))
    x = start = (width - wide) / 2
    marks: list[Mark] = []
    tops: list[Top] = []
    for block, one in zip(blocks, solids, strict=True):
        marks.append(Group(drawn(block, one, style.theme, x), facts(style.graph, block)))
        out, into = one.on_top(0.7), one.on_top(0.3)
        tops.append(Top(out.by(x, 0), into.by(x, 0)))
        x += one.thick
    half = max(one.half for one in solids)
    for at, line in enumerate(captions):
        place = Point(width / 2, half + 6 + SIZE + at * LEADING)
        marks.append(Words(place, line.words, line.colour, SIZE, line.bold))
    down = half + 10 + len(captions) * LEADING
    side = Side(x - last.thick, last, blocks[-1])
    return Piece(
        marks=tuple(marks),
        width=width,
        up=half,
        down=down,
        left=start,
        right=side.point(0.5, 0.5).x,
        tops=tuple(tops),
        front=Front(start, solids[0], blocks[0]),
        side=side,
        words=half + 5,
    )


def _captions(lines: Sequence[tuple[str, bool]], style: Style) -> list[Words]:
    return [
        Words(Point(0, 0), words, style.theme.text if bold else style.theme.muted, SIZE, bold)
        for words, bold in lines
    ]


def circle(block: Block, style: Style) -> Piece:
    """A merge that keeps the shape: its sign in a circle, in the colour of what follows in it."""
    layer = block.nodes[-1].layer if block.bands else block.head.layer
    centre = Point(_RADIUS + 0.5, 0)
    disc = Disc(centre, _RADIUS, style.theme.fill(layer.family), style.theme.line)
    sign = Words(centre.by(0, 4.6), block.head.layer.sign, style.theme.text, 13.0, True)
    top = Top(Point(2 * _RADIUS + 1 + _BEHIND, 0), Point(centre.x, -_RADIUS))
    marks = Group((disc, sign), facts(style.graph, block))
    width = 2 * _RADIUS + 1
    return Piece((marks,), width, _RADIUS, _RADIUS, 0, width, (top,))
