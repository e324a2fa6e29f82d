"""An alignment of two long sequences with the fewest edits, fast where there are few.

Source: Ukkonen 1985, "Algorithms for approximate string matching", and Landau & Vishkin 1989: for
each number of edits the furthest position on each diagonal. O(n + d^2) steps for d edits.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from math import isqrt

from netspec.analysis.diff.gaps import Matches
from netspec.analysis.diff.marks import Mark


def align_by_diagonals(left: Sequence[Mark], right: Sequence[Mark], steps: int) -> Matches | None:
    """The alignment with the fewest edits; None where so many steps do not find it."""
    most = isqrt(steps)
    if abs(len(left) - len(right)) > most:
        return None
    search = _Search(left, right, 0, 0)
    return search.matches() if search.run(most) else None


def align_by_pieces(left: Sequence[Mark], right: Sequence[Mark], steps: int) -> Matches:
    """An alignment of no certain quality, each piece of it with the fewest edits."""
    piece = max(8, min(256, 2 * steps // (len(left) + len(right) + 1)))
    found: Matches = []
    i = j = 0
    while i < len(left) and j < len(right):
        search = _Search(left, right, i, j)
        search.run(piece)
        found += search.matches()
        i, j = search.end
    return found


class _Search:
    """The furthest positions from a start, one more edit a round."""

    def __init__(self, left: Sequence[Mark], right: Sequence[Mark], i: int, j: int) -> None:
        self._left, self._right, self._start = left, right, (i, j)
        self._n, self._m = len(left) - i, len(right) - j
        #: After d edits how many layers of the left are behind, for the diagonals i - j from -d to
        #: d; -1 where there is none.
        self._furthest = [array("i", [self._slide(0, 0)])]
        self._diagonal = 0

    @property
    def end(self) -> tuple[int, int]:
        """The position that was reached."""
        edits = len(self._furthest) - 1
        i = self._furthest[-1][self._diagonal + edits]
        return self._start[0] + i, self._start[1] + i - self._diagonal

    def run(self, most: int) -> bool:
        """Search with at most that many edits: whether both ends were reached.  If not, the end is
        the furthest position.
        """
        goal = self._n - self._m
        edits = 0
        while abs(goal) > edits or self._furthest[-1][goal + edits] < self._n:
            if edits == most:
                last = self._furthest[-1]
                reached = [k for k in range(-edits, edits + 1) if last[k + edits] >= 0]
                self._diagonal = max(reached, key=lambda k: (2 * last[k + edits] - k, -abs(k)))
                return False
            edits += 1
            self._furthest.append(self._round(edits))
        self._diagonal = goal
        return True

    def _round(self, edits: int) -> array[int]:
        reached = array("i", [-1]) * (2 * edits + 1)
        for k in range(max(-edits, -self._m), min(edits, self._n) + 1):
            start, _ = self._step(edits, k)
            reached[k + edits] = self._slide(start, k) if start >= 0 else -1
        return reached

    def _step(self, edits: int, k: int) -> tuple[int, int]:
        """The furthest start on diagonal k by that many edits, and the diagonal it comes from."""
        before = self._furthest[edits - 1]
        middle = k + edits - 1  # where diagonal k is in it
        best, source = -1, k
        if 0 <= middle < len(before) and before[middle] >= 0:
            best = before[middle] + self._alike(before[middle], k)
        if middle >= 1 and best <= before[middle - 1] < self._n and before[middle - 1] >= 0:
            best, source = before[middle - 1] + 1, k - 1
        if middle + 1 < len(before) and best < before[middle + 1] <= self._m + k:
            best, source = before[middle + 1], k + 1
        return best, source

    def _alike(self, i: int, k: int) -> bool:
        """Whether the next two layers may be one that changed."""
        if i >= self._n or i - k >= self._m:
            return False
        first, second = self._left[self._start[0] + i], self._right[self._start[1] + i - k]
        return first.family == second.family

    def _slide(self, i: int, k: int) -> int:
        """The end of the equal layers from position i of diagonal k."""
        left, right = self._left, self._right
        at, shift = self._start[0] + i, self._start[1] - self._start[0] - k
        stop = min(len(left), len(right) - shift)
        while at < stop:
            if not left[at].same_layer(right[at + shift]):
                break
            at += 1
        return at - self._start[0]

    def matches(self) -> Matches:
        """The paired positions on the way to the end."""
        found: Matches = []
        k = self._diagonal
        for edits in range(len(self._furthest) - 1, -1, -1):
            start, source = self._step(edits, k) if edits else (0, 0)
            i = self._furthest[edits][k + edits]
            found += [(at, at - k) for at in range(i - 1, start - 1, -1)]
            if edits and source == k and start > self._furthest[edits - 1][k + edits - 1]:
                found.append((start - 1, start - 1 - k))
            k = source
        di, dj = self._start
        return [(di + i, dj + j) for i, j in reversed(found)]
