"""The alignment of two sequences of layers: the fewest edits, and of those the most readable."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from netspec.analysis.diff.anchors import anchors
from netspec.analysis.diff.diagonals import align_by_diagonals, align_by_pieces
from netspec.analysis.diff.gaps import Matches, align_exactly
from netspec.analysis.diff.marks import Mark
from netspec.analysis.diff.readable import readable

#: Cells of tables that are filled, and positions that are tried, before less will do: a second or
#: two each.
CELLS, STEPS = 1_500_000, 1_000_000


def align(left: Sequence[Mark], right: Sequence[Mark]) -> tuple[Matches, bool]:
    """The paired positions, and whether no alignment has fewer edits.

    Nets that are too long and too different for that are cut at the layers that are there once in
    each, and what is still too long in pieces; so the time is bounded.
    """
    head, tail = _ends(left, right)
    inner = left[head : len(left) - tail], right[head : len(right) - tail]
    matches, fewest = _fewest(*inner, 1.0), True
    if matches is None:
        matches, fewest = _cut(*inner), False
    return _between(matches, head, tail, left, right), fewest


def _between(
    inner: Matches, head: int, tail: int, left: Sequence[Mark], right: Sequence[Mark]
) -> Matches:
    """The matches of the whole, from those between equal ends."""
    last = len(left) - tail, len(right) - tail
    return [
        *((at, at) for at in range(head)),
        *((head + i, head + j) for i, j in inner),
        *((last[0] + at, last[1] + at) for at in range(tail)),
    ]


def _fewest(left: Sequence[Mark], right: Sequence[Mark], share: float) -> Matches | None:
    """The alignment with the fewest edits, None where a share of the limits does not suffice."""
    cells = int(CELLS * share)
    if len(left) * len(right) <= cells:
        return align_exactly(left, right)
    found = align_by_diagonals(left, right, int(STEPS * share))
    return found if found is None else readable(left, right, found, cells)


def _cut(left: Sequence[Mark], right: Sequence[Mark]) -> Matches:
    """An alignment stretch by stretch between anchors, each with its share of the limits."""
    matches: Matches = []
    ends = [(-1, -1), *anchors(left, right), (len(left), len(right))]
    for (i, j), (to_i, to_j) in pairwise(ends):
        stretch = left[i + 1 : to_i], right[j + 1 : to_j]
        head, tail = _ends(*stretch)
        inner = stretch[0][head : to_i - i - 1 - tail], stretch[1][head : to_j - j - 1 - tail]
        share = sum(map(len, inner)) / (len(left) + len(right))
        found = _fewest(*inner, share)
        if found is None:
            found = align_by_pieces(*inner, int(STEPS * share))
        found = _between(found, head, tail, *stretch)
        matches += [(i + 1 + di, j + 1 + dj) for di, dj in found]
        if to_i < len(left):
            matches.append((to_i, to_j))
    return matches


def _ends(left: Sequence[Mark], right: Sequence[Mark]) -> tuple[int, int]:
    """How many layers are equal at the beginning, and then at the end."""
    most = min(len(left), len(right))
    head = 0
    while head < most and left[head] is right[head]:
        head += 1
    tail = 0
    while tail < most - head and left[-1 - tail] is right[-1 - tail]:
        tail += 1
    return head, tail
