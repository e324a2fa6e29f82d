"""What a net says of a sample, in words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from netspec.analysis.units import percent
from netspec.explain.net import Inputs, Net


@dataclass(frozen=True)
class Answer:
    """A class and what is said of it: its probability, `share`, or where there is none its value.

    The only class of a net has no `label` unless the spec gives it one.
    """

    label: str
    said: str
    share: float | None

    @property
    def words(self) -> str:
        """`3, 99.8%`."""
        return ", ".join(filter(None, (self.label, self.said)))


def answers(net: Net, x: Inputs, most: int = 1) -> tuple[Answer, ...]:
    """The classes that a net finds most probable for a sample, the first ones at most."""
    given = net.probabilities(x)[0]
    best = np.argsort(-given, kind="stable")[:most]
    shares = [float(given[at]) if net.meaning.probable else None for at in best]
    return tuple(
        Answer(net.meaning.label(int(at)), in_words(share, float(given[at])), share)
        for at, share in zip(best, shares, strict=True)
    )


def in_words(share: float | None, value: float) -> str:
    """`99.8%`, or where there is no probability the value."""
    return f"{value:.4g}" if share is None else percent(share)
