"""How large a tensor is drawn: by the logarithms of its sizes, so that 3 and 4096 channels, 7 and
224 pixels fit into one picture.

A side is a power of the logarithm: halves are seen to shrink, as they are in the figures of papers.
All lengths are pixels.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log2

#: How much of a side goes to the right, and up, where it recedes.
RECEDES = (0.36, 0.25)

_LEAST_SIDE = 8.0
_FALL = 1.6


@dataclass(frozen=True)
class Scale:
    """The measures of a net whose largest height or width is `largest`."""

    largest: int

    def side(self, size: int) -> float:
        """Pixels of a height or a width."""
        top = max(self.largest, 2)
        longest = 30 + 17 * log2(max(top, 8))
        part = log2(max(size, 1)) / log2(top)
        return _LEAST_SIDE + (longest - _LEAST_SIDE) * float(part**_FALL)

    def window(self, size: int, over: int) -> float:
        """The part of a side that a window of that size covers."""
        return float(min(size / max(over, 1), 1.0) ** 0.6)


def thickness(channels: int) -> float:
    """Pixels of so many channels."""
    return 4 + 0.6 * float(log2(max(channels, 1)) ** 1.75)


def height(units: int) -> float:
    """Pixels of a vector of so many units."""
    return 18 + 8.5 * log2(max(units, 1))


def cascade(maps: int) -> float:
    """Pixels from the first of so many maps, one behind the other, to the last."""
    return 10.5 * log2(max(maps, 1))
