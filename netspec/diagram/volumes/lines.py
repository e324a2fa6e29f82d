"""Blocks -> lines: what stands one after the other, and in lanes beside each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from netspec.diagram.volumes.blocks import Block, Net

#: Lanes in lanes, deeper than which all stands in one line.
_DEEPEST = 3
#: Blocks between a fork and its merge, above which they are not parted into lanes.
_MOST = 2_000


@dataclass(frozen=True, eq=False)
class Lanes:
    """Lines beside each other, between a fork and a merge; at the ends of a net one may miss."""

    lines: tuple[Line, ...]
    forks: bool
    merges: bool


@dataclass(frozen=True, eq=False)
class Repeat:
    """A line that runs several times in a row."""

    line: Line
    count: int


@dataclass(frozen=True, eq=False)
class Item:
    """What stands at a place of a line, and how far back it reads: 1 is the place before.

    The first place reads 1 back where the line has an entry.
    """

    what: Block | Lanes | Repeat
    back: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Line:
    """Items from left to right."""

    items: tuple[Item, ...]

    def blocks(self) -> Iterator[Block]:
        """The blocks in it, to any depth."""
        for item in self.items:
            match item.what:
                case Block():
                    yield item.what
                case Lanes():
                    for line in item.what.lines:
                        yield from line.blocks()
                case Repeat():
                    yield from item.what.line.blocks()


def line(net: Net) -> Line:
    """The whole net as a line."""
    return _Drawer(net).line(range(len(net.blocks)), None, 0)


@dataclass(frozen=True)
class _Part:
    """Blocks that a line takes, after the block `entry`, and the place of each."""

    blocks: Sequence[int]
    entry: int | None
    index: dict[int, int]

    def before(self, place: int) -> int | None:
        """The block before a place; None where the net begins."""
        return self.blocks[place - 1] if place else self.entry


class _Drawer:
    """Parts the blocks of a net into lines and lanes."""

    def __init__(self, net: Net) -> None:
        self.net = net
        self.readers: list[list[int]] = [[] for _ in net.blocks]
        for block, sources in enumerate(net.sources):
            for source in sources:
                self.readers[source].append(block)

    def line(self, blocks: Sequence[int], entry: int | None, depth: int) -> Line:
        """Some blocks, in order of execution, after the block `entry` that they read."""
        part = _Part(blocks, entry, {block: place for place, block in enumerate(blocks)})
        at: dict[int | None, int] = {entry: -1}  # the place in the line of each block
        items: list[Item] = []
        here, fork = 0, self._fork(part, -1, depth)
        while here < len(blocks):
            if fork is not None:
                end, lanes = fork
                at.update(dict.fromkeys(blocks[here:end], len(items)))
                items.append(self._lanes(part, here, end, lanes, depth))
                here, fork = end, None
                continue
            block = blocks[here]
            read = {at[source] for source in self.net.sources[block] if source in at}
            back = tuple(sorted(len(items) - place for place in read))
            at[block] = len(items)
            items.append(Item(self.net.blocks[block], back))
            fork = self._fork(part, here, depth)
            here += 1
        return Line(tuple(items))

    def _lanes(self, part: _Part, here: int, end: int, lanes: list[list[int]], depth: int) -> Item:
        start = part.before(here)
        lines = tuple(self.line(lane, start, depth + 1) for lane in lanes)
        forks = start is not None
        return Item(Lanes(lines, forks, end < len(part.blocks)), (1,) if forks else ())

    def _fork(self, part: _Part, at: int, depth: int) -> tuple[int, list[list[int]]] | None:
        """Where the lanes that start after a place come together again, and the lanes; None where
        there are fewer than two.
        """
        start = part.before(at + 1)
        if depth >= _DEEPEST or (start is not None and len(self.readers[start]) < 2):
            return None
        end = self._meeting(part, at, start)
        between = part.blocks[at + 1 : end]
        if not 2 <= len(between) <= _MOST:
            return None
        stop = part.blocks[end] if end < len(part.blocks) else None
        lanes = self._parts(between)
        if len(lanes) < 2 or not all(self._clean(lane, start, stop) for lane in lanes):
            return None
        return end, lanes

    def _meeting(self, part: _Part, at: int, start: int | None) -> int:
        """The first place after `at` that all ways from there go through; the end if there is
        none.
        """
        if start is None:
            far = max(part.index[block] for block in part.blocks if not self.net.sources[block])
        elif at < 0:
            far = max(part.index.get(reader, 0) for reader in self.readers[start])
        else:
            far = self._farthest(start, part.index)
        place = at + 1
        while place < far and place - at <= _MOST + 1:
            far = max(far, self._farthest(part.blocks[place], part.index))
            place += 1
        return place

    def _farthest(self, block: int, index: dict[int, int]) -> int:
        readers = [index.get(reader, len(index)) for reader in self.readers[block]]
        return max(readers, default=len(index))

    def _parts(self, blocks: Sequence[int]) -> list[list[int]]:
        """Blocks by what hangs together."""
        part = {block: block for block in blocks}

        def root(block: int) -> int:
            while part[block] != block:
                part[block] = part[part[block]]
                block = part[block]
            return block

        for block in blocks:
            for source in self.net.sources[block]:
                if source in part:
                    part[root(block)] = root(source)
        parts: dict[int, list[int]] = {}
        for block in blocks:
            parts.setdefault(root(block), []).append(block)
        return list(parts.values())

    def _clean(self, part: list[int], start: int | None, stop: int | None) -> bool:
        """Whether a lane reads nothing but itself and the fork, and its end alone is read."""
        inside = set(part)
        for block in part:
            if not inside.issuperset(s for s in self.net.sources[block] if s != start):
                return False
            outside = [r for r in self.readers[block] if r not in inside]
            if outside and (block != part[-1] or outside != [stop]):
                return False
        return True
