"""Which of several equal places a run of added or removed layers is shown at.

Where a block is repeated once more, any stretch of that length is as good an answer to what was
added; a reader wants the one that begins and ends where an iteration or a block does.
"""

from __future__ import annotations

from collections.abc import Sequence

from netspec.analysis.diff.gaps import Matches
from netspec.analysis.diff.marks import Mark
from netspec.graph import Node


def slid(
    matches: Matches, left: Sequence[Mark], right: Sequence[Mark], nodes: Sequence[Node]
) -> Matches:
    """The matches with each run of added layers (`nodes` are the right ones) at its best place."""
    kept = list(matches)
    for at in range(len(kept) + 1):
        before = kept[at - 1] if at else (-1, -1)
        after = kept[at] if at < len(kept) else (len(left), len(right))
        size = after[1] - before[1] - 1
        if size and after[0] == before[0] + 1:
            _slide(kept, at, size, left, right, nodes)
    return kept


def _slide(
    matches: Matches,
    at: int,
    size: int,
    left: Sequence[Mark],
    right: Sequence[Mark],
    nodes: Sequence[Node],
) -> None:
    """Move the run of `size` added layers before match `at`, within its period of a block."""
    first = matches[at - 1][1] + 1 if at else 0
    up = _room_above(matches, at, first, size, right)
    down = _room_below(matches, at, first, size, right)
    best = min(range(-up, down + 1), key=lambda move: _awkwardness(nodes, first + move, size))
    for moved in range(at + best, at):  # matches that come to lie behind the run
        i, j = matches[moved]
        matches[moved] = i, j + size
    for moved in range(at, at + best):  # and those before it
        i, j = matches[moved]
        matches[moved] = i, j - size


def _room_above(matches: Matches, at: int, first: int, size: int, right: Sequence[Mark]) -> int:
    """By how many layers the run can begin earlier and the rest still be paired with its like."""
    room = 0
    while (
        room < min(at, size)
        and matches[at - 1 - room][1] == first - 1 - room
        and right[first - 1 - room] is right[first + size - 1 - room]
    ):
        room += 1
    return room


def _room_below(matches: Matches, at: int, first: int, size: int, right: Sequence[Mark]) -> int:
    room = 0
    while (
        room < min(len(matches) - at, size)
        and matches[at + room][1] == first + size + room
        and right[first + room] is right[first + size + room]
    ):
        room += 1
    return room


def _awkwardness(nodes: Sequence[Node], first: int, size: int) -> tuple[int, int, int]:
    """How deep in blocks and repeats a run's ends are; then whether it begins with other than a
    layer that learns a matrix; then how early it is.
    """
    depth = max(_shared(nodes, first), _shared(nodes, first + size))
    return depth, not nodes[first].layer.linear, -first


def _shared(nodes: Sequence[Node], at: int) -> int:
    """How many steps of their way two neighbours share: 0 between blocks of the net itself."""
    if not 0 < at < len(nodes):
        return 0
    above, below = nodes[at - 1].step, nodes[at].step
    steps = (above.chain() if above else ()), (below.chain() if below else ())
    shared = 0
    while shared < min(map(len, steps)) and steps[0][shared] is steps[1][shared]:
        shared += 1
    return shared
