"""How wide words are in a picture, and lines of them."""

from __future__ import annotations

import warnings
from functools import lru_cache

#: Points to an inch.
INCH = 72


@lru_cache(4096)
def width_of(words: str, points: float) -> float:
    """Inches of words in letters of a size, in the typeface of pictures."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    face = FontProperties(family="DejaVu Sans", size=points)
    with warnings.catch_warnings():
        # a letter that it has not is as wide as the box in its place
        warnings.filterwarnings("ignore", "Glyph .* missing", UserWarning)
        width, _, _ = text_to_path.get_text_width_height_descent(words, face, ismath=False)
    return float(width) / INCH


def wrapped(words: str, inches: float, points: float) -> list[str]:
    """Words in lines that are no wider; a word that is goes on in the next line."""
    lines = [""]
    for word in words.split(" "):
        longer = f"{lines[-1]} {word}" if lines[-1] else word
        if width_of(longer, points) <= inches:
            lines[-1] = longer
            continue
        parts = _cut(word, inches, points)
        lines = [*lines, *parts] if lines[-1] else parts
    return lines


def _cut(word: str, inches: float, points: float) -> list[str]:
    """A word in parts that are no wider; each has a letter at least."""
    parts = [""]
    for letter in word:
        if parts[-1] and width_of(parts[-1] + letter, points) > inches:
            parts.append("")
        parts[-1] += letter
    return parts
