"""The known word nearest to a mistyped one."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

#: Known words that are compared: a spec may bind a hundred thousand, and mistype as many.
_MOST = 1000


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word with the fewest edits (insert, delete, replace, swap neighbours); None where
    all are far.
    """
    if len(word) > 60:
        return None
    typed, most = word.lower(), max(1, len(word) // 3)
    ranked = [
        (edits, sorted(candidate.lower()) != sorted(typed), at, candidate)
        for at, candidate in enumerate(islice(known, _MOST))
        if abs(len(candidate) - len(word)) <= most
        and (edits := _edits(typed, candidate.lower())) <= most
    ]
    return min(ranked)[3] if ranked else None


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """A help line that names the nearest known word, or all of a few; None where neither helps."""
    names = list(known)
    near = nearest(word, names)
    if near is not None:
        return f"did you mean `{near}`?"
    return f"there are: {', '.join(names)}" if 0 < len(names) <= 12 else None


def _edits(a: str, b: str) -> int:
    """Damerau-Levenshtein distance, adjacent swaps counted once."""
    before: list[int] = []
    last = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        row = [i]
        for j, y in enumerate(b, 1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        before, last = last, row
    return last[-1]
