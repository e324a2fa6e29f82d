"""Of alignments with the fewest edits one that reads well, where it was found by diagonals."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from netspec.analysis.diff.gaps import Matches, align_exactly
from netspec.analysis.diff.marks import Mark

#: Unchanged layers around a change that are aligned anew together with it.
_MARGIN = 16


def readable(left: Sequence[Mark], right: Sequence[Mark], matches: Matches, cells: int) -> Matches:
    """The alignment with each change and its surroundings aligned exactly.

    So there are no more edits, but they are in fewer pieces and between likelier layers. It stops
    short where the tables would have more cells.
    """
    kept: Matches = []
    done = 0
    for first, last in _stretches(left, right, matches):
        start = (matches[first - 1][0] + 1, matches[first - 1][1] + 1) if first else (0, 0)
        stop = matches[last] if last < len(matches) else (len(left), len(right))
        needed = (stop[0] - start[0]) * (stop[1] - start[1])
        kept += matches[done:first]
        if needed <= cells:
            cells -= needed
            anew = align_exactly(left[start[0] : stop[0]], right[start[1] : stop[1]])
            kept += [(start[0] + i, start[1] + j) for i, j in anew]
        else:
            kept += matches[first:last]
        done = last
    return kept + matches[done:]


def _stretches(
    left: Sequence[Mark], right: Sequence[Mark], matches: Matches
) -> Iterator[tuple[int, int]]:
    """Ranges of matches around changes, with margins; ranges that meet are one."""
    first = last = -1
    before = (-1, -1)
    for at, pair in enumerate([*matches, (len(left), len(right))]):
        gap = pair != (before[0] + 1, before[1] + 1)
        before = pair
        if not gap and (at == len(matches) or left[pair[0]].same_layer(right[pair[1]])):
            continue
        if first >= 0 and at - _MARGIN <= last:
            last = at + _MARGIN
            continue
        if first >= 0:
            yield first, min(last, len(matches))
        first, last = max(at - _MARGIN, 0), at + _MARGIN
    if first >= 0:
        yield first, min(last, len(matches))
