"""The cheapest alignment of two short sequences, exactly.

Source: Gotoh 1982, "An improved algorithm for matching biological sequences": affine gaps, so that
of equally many insertions those in one piece win. O(n m) time and bytes.
"""

from __future__ import annotations

from collections.abc import Sequence

from netspec.analysis.diff.marks import EDIT, NEVER, OPEN, Mark

#: What an alignment is: the paired positions, increasing on both sides.
Matches = list[tuple[int, int]]

_PAIRED, _REMOVED, _ADDED = 0, 1, 2


def align_exactly(left: Sequence[Mark], right: Sequence[Mark]) -> Matches:
    """The cheapest alignment."""
    if not left or not right:
        return []
    return _walk_back(*_table(left, right))


def _table(left: Sequence[Mark], right: Sequence[Mark]) -> tuple[list[bytearray], int]:
    """For each cell where its three states come from (2 bits each), and the last cell's state.

    The states of a cell: its two layers are paired, the left one is removed, the right one added;
    additions may follow removals, not the other way round, which would be the same alignment.
    """
    width = len(right)
    costs: dict[Mark, list[int]] = {}
    paired = [0] + [NEVER] * width
    removed = [NEVER] * (width + 1)
    added = [NEVER] + [OPEN + EDIT * (j + 1) for j in range(width)]
    trace = [bytearray([_ADDED << 4] * (width + 1))]
    trace[0][1:2] = bytes([_PAIRED << 4])
    for mark in left:
        if mark not in costs:
            costs[mark] = [mark.cost(other) for other in right]
        line = bytearray(width + 1)
        above = paired[0] + OPEN, removed[0]
        line[0] = (_PAIRED if above[0] <= above[1] else _REMOVED) << 2
        new_paired, new_removed, new_added = [NEVER], [min(above) + EDIT], [NEVER]
        p, r, a = NEVER, new_removed[0], NEVER  # the cell to the left
        for j, cost in enumerate(costs[mark]):
            best, source = paired[j], _PAIRED
            if removed[j] < best:
                best, source = removed[j], _REMOVED
            if added[j] < best:
                best, source = added[j], _ADDED
            gap, gap_source = (p if p <= r else r) + OPEN, (_PAIRED if p <= r else _REMOVED) << 4
            if a < gap:
                gap, gap_source = a, _ADDED << 4
            p = best + cost
            a = gap + EDIT
            opened, r = paired[j + 1] + OPEN, removed[j + 1]
            if opened <= r:
                r = opened
            else:
                source |= _REMOVED << 2
            r += EDIT
            line[j + 1] = source | gap_source
            new_paired.append(p)
            new_removed.append(r)
            new_added.append(a)
        paired, removed, added = new_paired, new_removed, new_added
        trace.append(line)
    last = (paired[-1], removed[-1], added[-1])
    return trace, last.index(min(last))


def _walk_back(trace: list[bytearray], state: int) -> Matches:
    matches: Matches = []
    i, j = len(trace) - 1, len(trace[0]) - 1
    while i or j:
        came = trace[i][j] >> (2 * state) & 3
        if state == _PAIRED:
            i, j = i - 1, j - 1
            matches.append((i, j))
        elif state == _REMOVED:
            i -= 1
        else:
            j -= 1
        state = came
    matches.reverse()
    return matches
