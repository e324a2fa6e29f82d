"""Random numbers that belong to a sample: the same whoever asks for them, when and with whom."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_MASK = 2**64 - 1
_GOLDEN = 0x9E3779B97F4A7C15


@dataclass(frozen=True)
class Draws:
    """The random numbers of an epoch, by a counter and not by a state: SplitMix64 (Steele, Lea &
    Flood 2014, "Fast splittable pseudorandom number generators") of seed, epoch, lane and index.

    A lane is a use of them; the lanes of a sample have nothing to do with each other.
    """

    seed: int
    epoch: int

    def numbers(self, indices: NDArray[np.int64], lane: int) -> NDArray[np.float64]:
        """For each sample a number from 0 up to but not including 1."""
        key = 0
        for part in (self.seed, self.epoch, lane):
            key = int(_mixed(np.array([(key ^ part) & _MASK], np.uint64))[0])
        steps = indices.astype(np.uint64) * np.uint64(_GOLDEN) + np.array([key], np.uint64)
        bits: NDArray[np.uint64] = _mixed(steps)
        return (bits >> np.uint64(11)).astype(np.float64) * 2.0**-53

    def between(
        self, least: float, most: float, indices: NDArray[np.int64], lane: int
    ) -> NDArray[np.float64]:
        """For each sample a number from the least up to the most."""
        return least + (most - least) * self.numbers(indices, lane)

    def order(self, count: int, lane: int) -> NDArray[np.int64]:
        """So many indices, shuffled."""
        return np.argsort(self.numbers(np.arange(count), lane), kind="stable")


def _mixed(bits: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """SplitMix64's finalizer, of the state after one more step."""
    bits = bits + np.uint64(_GOLDEN)
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return bits ^ (bits >> np.uint64(31))
