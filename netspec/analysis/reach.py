"""What the pixels along one axis see of the input: from which pixel to which."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, gcd, lcm
from typing import TYPE_CHECKING, TypeAlias

from netspec.text.limits import MAX_INTEGER

if TYPE_CHECKING:
    from fractions import Fraction

#: A place along an axis of the input; a fraction where only bounds are known.
Place: TypeAlias = "int | Fraction"

#: Beyond as many pixels that each see in a way of their own, bounds are kept in place of them.
_LONGEST_PERIOD = 256


@dataclass(frozen=True)
class Reach:
    """Pixel o sees the input from lows[o] to highs[o]; m = len(lows) pixels on, all is repeated
    `low_rise` and `high_rise` further.

    Layers that enlarge make m larger than 1. `step` is the distance between neighbours on the
    whole: low_rise / m, or the largest of the branches that meet.
    """

    lows: tuple[Place, ...]
    highs: tuple[Place, ...]
    low_rise: Place
    high_rise: Place
    step: Place

    def low(self, at: int) -> Place:
        """The first place that pixel `at` sees."""
        turns, rest = divmod(at, len(self.lows))
        return self.lows[rest] + turns * self.low_rise

    def high(self, at: int) -> Place:
        """The last place that pixel `at` sees."""
        turns, rest = divmod(at, len(self.highs))
        return self.highs[rest] + turns * self.high_rise

    def size(self, count: int) -> int:
        """How much the pixel sees that sees most, of `count`.

        A sum of a line and of a repeated part, which is largest at an end.
        """
        period = len(self.lows)
        if period == 1 and self.low_rise == self.high_rise:
            return ceil(self.highs[0] - self.lows[0]) + 1
        ends = {*range(min(period, count)), *range(max(count - period, 0), count)}
        return max(ceil(self.high(at) - self.low(at)) + 1 for at in ends)

    @property
    def outgrown(self) -> bool:
        """Whether a place or a step takes more than 63 bits to write."""
        places = self.lows[0], self.highs[0], self.step, self.low_rise, self.high_rise
        if all(-MAX_INTEGER <= place <= MAX_INTEGER for place in places):
            return any(place.denominator > MAX_INTEGER for place in places)
        return True

    def still(self) -> Reach:
        """The first pixel in the place of all."""
        return Reach(self.lows[:1], self.highs[:1], 0, 0, 0)

    def slide(self, extent: int, stride: int, pad: int, zoom: int) -> Reach:
        """Through a window (as `Window` defines it) along this axis.

        Not further where it has outgrown all inputs: a net may double its stride a million times.
        """
        if self.outgrown:
            return self
        if len(self.lows) == zoom == 1:
            return Reach(
                (self.lows[0] - pad * self.low_rise,),
                (self.highs[0] + (extent - 1 - pad) * self.high_rise,),
                self.low_rise * stride,
                self.high_rise * stride,
                self.step * stride,
            )
        stretched = len(self.lows) * zoom
        period = stretched // gcd(stretched, stride)
        if period > _LONGEST_PERIOD:
            return self.straight()._slide_line(extent, stride, pad, zoom)
        starts = [at * stride - pad for at in range(period)]
        turns = period * stride // stretched
        return Reach(
            tuple(self.low(-(-start // zoom)) for start in starts),
            tuple(self.high((start + extent - 1) // zoom) for start in starts),
            self.low_rise * turns,
            self.high_rise * turns,
            _ratio(self.step * stride, zoom),
        )

    def straight(self) -> Reach:
        """Lines below all lows and above all highs."""
        period = len(self.lows)
        if period == 1:
            return self
        down, up = _ratio(self.low_rise, period), _ratio(self.high_rise, period)
        low = min(low - at * down for at, low in enumerate(self.lows))
        high = max(high - at * up for at, high in enumerate(self.highs))
        return Reach((floor(low),), (ceil(high),), down, up, self.step)

    def _slide_line(self, extent: int, stride: int, pad: int, zoom: int) -> Reach:
        """`slide` of lines, with bounds in place of the pixels that a window meets."""
        down, up = _ratio(self.low_rise, zoom), _ratio(self.high_rise, zoom)
        return Reach(
            (floor(self.lows[0] - pad * down),),
            (ceil(self.highs[0] + (extent - 1 - pad) * up),),
            down * stride,
            up * stride,
            _ratio(self.step * stride, zoom),
        )


#: Each pixel of the input sees itself.
PIXEL = Reach((0,), (0,), 1, 1, 1)


def everywhere(count: int) -> Reach:
    """Each pixel sees all of the input's `count`."""
    return Reach((0,), (count - 1,), 0, 0, 0)


def meeting(branches: Sequence[Reach], count: int) -> Reach:
    """What `count` pixels see through all the branches that meet in them.

    Exact where the branches have one stride. Where they have several, lines through the ends of
    what they see bound it; they are exact at the ends, where the most is seen.
    """
    first = branches[0]
    if all(branch is first or branch == first for branch in branches):
        return first
    step = max(branch.step for branch in branches)
    period = lcm(*(len(branch.lows) for branch in branches))
    same = all(
        branch.low_rise * len(first.lows) == first.low_rise * len(branch.lows)
        and branch.high_rise * len(first.lows) == first.high_rise * len(branch.lows)
        for branch in branches
    )
    if same and period <= _LONGEST_PERIOD:
        turns = period // len(first.lows)
        return Reach(
            tuple(min(branch.low(at) for branch in branches) for at in range(period)),
            tuple(max(branch.high(at) for branch in branches) for at in range(period)),
            first.low_rise * turns,
            first.high_rise * turns,
            step,
        )
    lines = [branch.straight() for branch in branches]
    lows = [floor(min(line.low(at) for line in lines)) for at in (0, count - 1)]
    highs = [ceil(max(line.high(at) for line in lines)) for at in (0, count - 1)]
    gaps = max(count - 1, 1)
    down, up = _ratio(lows[1] - lows[0], gaps), _ratio(highs[1] - highs[0], gaps)
    return Reach((lows[0],), (highs[0],), down, up, step)


def _ratio(value: Place, by: int) -> Place:
    """The quotient, an integer where it is one."""
    if by == 1:
        return value
    # slow to import, and for nets that enlarge or join branches of several strides alone
    from fractions import Fraction

    quotient = Fraction(value) / by
    return quotient.numerator if quotient.denominator == 1 else quotient
