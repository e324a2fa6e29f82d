"""Layers that are there once in each of two nets: where long sequences are cut.

Source: Bram Cohen's "patience diff"; of the anchors the longest chain that is in order on both
sides is kept (Fredman 1975). O(n log n) time.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from netspec.analysis.diff.gaps import Matches
from netspec.analysis.diff.marks import Mark


def anchors(left: Sequence[Mark], right: Sequence[Mark]) -> Matches:
    """The positions of the layers that pair without doubt, increasing on both sides."""
    there = _once(right)
    pairs = [(i, there[mark]) for mark, i in _once(left).items() if mark in there]
    tops: list[int] = []  # the least right end of a chain of each length
    ends: list[int] = []  # and the pair at that end
    before: list[int] = []  # for each pair the one before it in its chain
    for at, (_, j) in enumerate(pairs):
        length = bisect_left(tops, j)
        before.append(ends[length - 1] if length else -1)
        tops[length : length + 1] = [j]
        ends[length : length + 1] = [at]
    chain: Matches = []
    at = ends[-1] if ends else -1
    while at >= 0:
        chain.append(pairs[at])
        at = before[at]
    return chain[::-1]


def _once(marks: Sequence[Mark]) -> dict[Mark, int]:
    """The marks that occur once, and where, in order."""
    found: dict[Mark, int] = {}
    for at, mark in enumerate(marks):
        found[mark] = -1 if mark in found else at
    return {mark: at for mark, at in found.items() if at >= 0}
