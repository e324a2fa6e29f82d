"""The known word nearest to a mistyped one."""

from __future__ import annotations

from collections.abc import Iterable

from netspec.text.limits import MAX_COMPARED, MAX_TYPED


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word with the fewest edits (insert, delete, replace, swap neighbours); None where
    all are far.

    Of very many known words the first are compared, MAX_COMPARED letters in all; one that is passed
    over, being much longer or shorter, counts as one letter.
    """
    if not 0 < len(word) <= MAX_TYPED:
        return None
    typed, most = word.lower(), max(1, len(word) // 3)
    places, left = _places(typed), MAX_COMPARED
    best: tuple[int, bool, str] | None = None
    for candidate in known:
        left -= 1
        if left < 0:
            break
        if abs(len(candidate) - len(word)) > most:
            continue
        other = candidate.lower()
        if len(places.keys() ^ set(other)) > 2 * most:  # an edit changes two letters at most
            continue
        left -= len(other)
        edits = _edits(places, len(typed), other)
        if edits <= most:
            rank = edits, sorted(other) != sorted(typed), candidate
            most, best = edits, rank if best is None or rank[:2] < best[:2] else best
    return best[2] if best else None


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """A help line that names the nearest known word, or all of a few; None where neither helps."""
    names = list(known)
    near = nearest(word, names)
    if near is not None:
        return f"did you mean `{near}`?"
    return f"there are: {', '.join(names)}" if 0 < len(names) <= 12 else None


def _places(word: str) -> dict[str, int]:
    """For each letter the places where it stands, as bits."""
    places: dict[str, int] = {}
    for at, letter in enumerate(word):
        places[letter] = places.get(letter, 0) | 1 << at
    return places


def _edits(places: dict[str, int], length: int, other: str) -> int:
    """Damerau-Levenshtein distance, adjacent swaps counted once, of a word of `length` letters that
    stand at `places`.

    A column of the table at a time, as bits (Hyyrö 2003, "A bit-vector algorithm for computing
    Levenshtein and Damerau edit distances"): `up` and `down` are where it rises and falls.
    """
    whole, last = (1 << length) - 1, 1 << (length - 1)
    up, down, level, before, edits = whole, 0, 0, 0, length
    for letter in other:
        here = places.get(letter, 0)
        swapped = ((~level & here) << 1) & before
        level = (((here & up) + up) ^ up) | here | down | swapped
        rises, falls = down | ~(level | up), level & up
        edits += bool(rises & last) - bool(falls & last)
        rises, falls = rises << 1 | 1, falls << 1
        up, down = (falls | ~(level | rises)) & whole, rises & level & whole
        before = here
    return edits
