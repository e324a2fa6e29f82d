"""A small chain of layers as LeCun et al. 1998, figure 2, draw one: each map a sheet, one behind
the other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from netspec.diagram.volumes.blocks import Block
from netspec.diagram.volumes.captions import facts, operation, shape
from netspec.diagram.volumes.cells import LEADING, SIZE, Style
from netspec.diagram.volumes.lines import Line
from netspec.diagram.volumes.marks import Face, Group, Mark, Point, Words
from netspec.diagram.volumes.marks import Line as Stroke
from netspec.diagram.volumes.pieces import Piece
from netspec.diagram.volumes.stacks import Stack, bar, sheets, stack_of
from netspec.graph import Graph

_MOST_MAPS, _MOST_BLOCKS = 24, 12
_GAP, _APART = 36.0, 9.0  # between stacks, and between words
_THIN = 0.6


def drawn_as_maps(net: Line) -> bool:
    """Whether each map can be drawn: few blocks in a chain, few channels where there are pixels."""
    blocks = [item.what for item in net.items if isinstance(item.what, Block)]
    chain = all(item.back in ((), (1,)) for item in net.items) and not net.items[0].back
    planes = [block.sizes[0] for block in blocks if not bar(block)]
    few = len(net.items) == len(blocks) <= _MOST_BLOCKS and max(planes, default=99) <= _MOST_MAPS
    return chain and few and all(item.back for item in net.items[1:])


@dataclass(frozen=True)
class _Part:
    """A block in its place, and its words: what it is above it, and what makes it below the way
    to it, around `middle`.
    """

    stack: Stack
    above: list[Words]
    below: list[Words]
    middle: float


def maps(blocks: Sequence[Block], style: Style) -> Piece:
    """The picture of a chain of blocks."""
    parts: list[_Part] = []
    for block, name in zip(blocks, names(blocks, style.graph), strict=True):
        parts.append(_placed(parts, block, name, style))
    half = max(part.stack.half for part in parts)
    marks: list[Mark] = []
    for part in parts:
        stack = part.stack
        said = facts(style.graph, stack.block)
        marks.append(Group(tuple(sheets(stack, style.theme)), said))
        centre = (stack.x + stack.right) / 2
        top = -stack.half - 8 - (len(part.above) - 1) * LEADING
        marks += _set(part.above, Point(centre, top))
        marks += _set(part.below, Point(part.middle, half + 12 + SIZE))
    for before, after in pairwise(part.stack for part in parts):
        marks += _link(before, after, style)
    width = max(_end(part) for part in parts)
    lines = max(len(part.below) for part in parts)
    return Piece(tuple(marks), width, half + 34, half + 16 + lines * LEADING, 0, width, ())


def names(blocks: Sequence[Block], graph: Graph) -> list[str]:
    """C1, S2, C3, ... OUTPUT: convolutions, subsampling and full connections, counted through."""
    outputs = set(graph.outputs.values())
    found = []
    for at, block in enumerate(blocks):
        layer = block.head.layer
        window = layer.window(block.inputs[:1]) if block.inputs else None
        letter = "S" if layer.pools else "" if not layer.linear else "F" if window is None else "C"
        if any(node.name in outputs for node in block.nodes):
            found.append("OUTPUT")
        else:
            found.append(f"{letter}{at}" if letter else block.head.kind)
    return found


def _placed(parts: Sequence[_Part], block: Block, name: str, style: Style) -> _Part:
    """The block as near to those before it as it can stand."""
    above = _lines([(name, True), (shape(block), False)], style)
    made = [] if block.head.layer.source else [(operation(block), True)]
    below = _lines([*made, *((node.kind, False) for node in block.bands)], style)
    wide, under = _widest(above), _widest(below)
    stack = stack_of(block, style)
    if not parts:
        x = max(0.0, (wide - stack.right) / 2)
        return _Part(stack_of(block, style, x), above, below, x + stack.right / 2)
    before = parts[-1]
    right, end = before.stack.right, before.middle + _widest(before.below) / 2
    centre = (before.stack.x + right + _widest(before.above)) / 2
    x = max(
        right + _GAP,
        centre + _APART + (wide - stack.right) / 2,
        2 * (end + _APART + under / 2) - right,
    )
    return _Part(stack_of(block, style, x), above, below, (right + x) / 2)


def _link(before: Stack, after: Stack, style: Style) -> Iterator[Mark]:
    """The window on the last sheet and the unit that it makes; all units to all as two lines."""
    theme, layer = style.theme, after.block.head.layer
    window = layer.window(after.block.inputs[:1])
    if window is None:
        starts = before.on_last(1, 0), before.on_last(1, 1)
        if bar(before.block):
            starts = before.sheet(0)[1], before.sheet(1)[1]
        ends = after.sheet(0)[0], after.sheet(1)[3]
        for start, end in zip(starts, ends, strict=True):
            yield Stroke((start, end), theme.line, _THIN)
        return
    _, rows, columns = before.block.sizes
    tall = style.scale.window(-(-window.extent[0] // window.zoom[0]), rows)
    wide = style.scale.window(-(-window.extent[1] // window.zoom[1]), columns)
    left, top = min(0.55, 1 - wide), min(0.3, 1 - tall)
    corners = ((left, top), (left + wide, top), (left + wide, top + tall), (left, top + tall))
    points = tuple(before.on_last(*corner) for corner in corners)
    fill = f"{theme.text}26"  # translucent: the face is seen through it
    end = after.sheet(0.5)[0] if bar(after.block) else after.on_last(0.25, 0.45)
    yield Face(points, fill, theme.line)
    for point in points:
        yield Stroke((point, end), theme.line, _THIN)
    if not bar(after.block):
        pixel = tuple(end.by(*corner) for corner in ((0, -2), (4, -2), (4, 2), (0, 2)))
        yield Face(pixel, theme.background, theme.line)


def _lines(said: Sequence[tuple[str, bool]], style: Style) -> list[Words]:
    text, muted = style.theme.text, style.theme.muted
    return [Words(Point(0, 0), words, text if bold else muted, SIZE, bold) for words, bold in said]


def _set(lines: Sequence[Words], first: Point) -> Iterator[Words]:
    for at, line in enumerate(lines):
        yield Words(first.by(0, at * LEADING), line.words, line.colour, line.size, line.bold)


def _widest(lines: Sequence[Words]) -> float:
    return max((line.width for line in lines), default=0.0)


def _end(part: _Part) -> float:
    centre = (part.stack.x + part.stack.right) / 2
    above, below = _widest(part.above) / 2, _widest(part.below) / 2
    return max(part.stack.right, centre + above, part.middle + below)
