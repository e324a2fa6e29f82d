"""A line in which what repeats itself is drawn once.

Parts repeat themselves when the blocks in them are equal, or like each other, and read each other
in the same way, and when no more than the end of the last is read from elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import replace
from typing import TypeAlias

from netspec.diagram.volumes.blocks import Block
from netspec.diagram.volumes.lines import Item, Lanes, Line, Repeat

Key: TypeAlias = Callable[[Block], Hashable]

#: Blocks above which equal parts are drawn once, and above which like ones are.
FOLD_EQUAL, FOLD_LIKE = 32, 40
#: Places of a part that repeats itself.
_LONGEST = 24


def folded(line: Line) -> Line:
    """The line, with parts folded where there are too many blocks for one picture."""
    if drawn(line) > FOLD_EQUAL:
        line = _folded(line, lambda block: block.layers)
    if drawn(line) > FOLD_LIKE:
        line = _folded(line, lambda block: block.form)
    return line


def drawn(line: Line) -> int:
    """How many tensors stand in a picture of the line."""
    return sum(not block.join for block in line.blocks())


def _folded(line: Line, key: Key) -> Line:
    items = [_within(item, key) for item in line.items]
    runs = _Runs(items, key)
    done: list[Item] = []
    moved = {-1: -1}  # where each place of the old line is in the new one
    at = 0
    while at < len(items):
        length, count = runs.longest(at)
        back = tuple(len(done) - moved[at - step] for step in items[at].back)
        if count == 1:
            done.append(replace(items[at], back=back))
        else:
            parts = [items[at + length * i : at + length * (i + 1)] for i in range(count)]
            once = tuple(_together(same) for same in zip(*parts, strict=True))
            done.append(Item(Repeat(Line(once), count), back))
        for place in range(at, at + length * count):
            moved[place] = len(done) - 1
        at += length * count
    return Line(tuple(done))


def _within(item: Item, key: Key) -> Item:
    """The item, folded inside."""
    if isinstance(item.what, Lanes):
        lines = tuple(_folded(line, key) for line in item.what.lines)
        return replace(item, what=replace(item.what, lines=lines))
    return item


class _Runs:
    """Finds parts that repeat themselves among the items of a line."""

    def __init__(self, items: Sequence[Item], key: Key) -> None:
        self.items = items
        numbers: dict[Hashable, int] = {}
        keys = (_item_key(item, key) for item in items)
        self.keys = [numbers.setdefault(key, len(numbers)) for key in keys]
        self.read = list(range(len(items)))  # the last place that reads each
        for place, item in enumerate(items):
            for back in item.back:
                if place >= back:
                    self.read[place - back] = place

    def longest(self, at: int) -> tuple[int, int]:
        """Length and count of the parts from a place on that save most; (1, 1) for none."""
        found = [
            (length * (count - 1), -length, count)
            for length in range(1, min(_LONGEST, (len(self.items) - at) // 2) + 1)
            if (count := self._count(at, length)) > 1
        ]
        if not found:
            return 1, 1
        _, length, count = max(found)
        return -length, count

    def _count(self, at: int, length: int) -> int:
        keys, part = self.keys, self.keys[at : at + length]
        if any(back > i + 1 for i in range(length) for back in self.items[at + i].back):
            return 1  # it reads what is before the place before it
        count = 1
        while keys[at + length * count : at + length * (count + 1)] == part:
            count += 1
        while count > 1 and not self._closed(at, at + length * count):
            count -= 1
        return count

    def _closed(self, start: int, end: int) -> bool:
        return all(self.read[place] < end for place in range(start, end - 1))


def _item_key(item: Item, key: Key) -> Hashable:
    return item.back, _what_key(item.what, key)


def _what_key(what: Block | Lanes | Repeat, key: Key) -> Hashable:
    match what:
        case Block():
            return key(what)
        case Lanes():
            return what.forks, what.merges, tuple(_line_key(line, key) for line in what.lines)
        case Repeat():
            return what.count, _line_key(what.line, key)


def _line_key(line: Line, key: Key) -> Hashable:
    return tuple(_item_key(item, key) for item in line.items)


def _together(items: Sequence[Item]) -> Item:
    """The last of several like items, which stands for all."""
    return replace(items[-1], what=_last([item.what for item in items]))


def _last(several: Sequence[Block | Lanes | Repeat]) -> Block | Lanes | Repeat:
    match several[-1]:
        case Block() as block:
            blocks = [one for one in several if isinstance(one, Block)]
            others = (other for one in blocks for other in (*one.others, one))
            return replace(block, others=tuple(others)[:-1])
        case Lanes() as lanes:
            rows = zip(*(one.lines for one in several if isinstance(one, Lanes)), strict=True)
            return replace(lanes, lines=tuple(_last_line(row) for row in rows))
        case Repeat() as repeat:
            lines = [one.line for one in several if isinstance(one, Repeat)]
            return replace(repeat, line=_last_line(lines))


def _last_line(lines: Sequence[Line]) -> Line:
    rows = zip(*(line.items for line in lines), strict=True)
    return Line(tuple(_together(row) for row in rows))
