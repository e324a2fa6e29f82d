"""Seconds that runs take, several kinds of them in turn."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from math import ceil
from statistics import median
from typing import TypeVar

#: Runs that are timed at least, and those before them that are not.
LEAST, WARM_UP = 10, 3
#: A comparison is cut into so many rounds: what disturbs one of them disturbs all in it.
ROUNDS = 5

_T = TypeVar("_T")


@dataclass(frozen=True)
class Times:
    """Seconds of each run, by the round in which it stood."""

    rounds: tuple[tuple[float, ...], ...]

    @property
    def all(self) -> tuple[float, ...]:
        """Seconds of all runs."""
        return tuple(seconds for each in self.rounds for seconds in each)

    @property
    def median(self) -> float:
        """Seconds of the run in the middle."""
        return median(self.all)

    @property
    def p95(self) -> float:
        """Seconds within which 95 of 100 runs end."""
        return sorted(self.all)[ceil(0.95 * len(self.all)) - 1]

    def ratio(self, other: Times) -> float:
        """How many times as long as the other's these take: the median of the rounds' ratios."""
        pairs = zip(self.rounds, other.rounds, strict=True)
        return median(median(mine) / median(theirs) for mine, theirs in pairs)


def time_one(run: Callable[[], object], seconds: float) -> Times:
    """The times of one kind of run, for about so many seconds."""
    return time_in_turn({"": run}, seconds, rounds=1)[""]


def time_in_turn(
    runs: Mapping[str, Callable[[], object]], seconds: float, rounds: int = ROUNDS
) -> dict[str, Times]:
    """The times of each kind of run, for about so many seconds each, in rounds of all kinds.

    The first runs are not counted, the order turns from round to round, and garbage waits.
    """
    for run in runs.values():
        for _ in range(WARM_UP):
            run()
    found: dict[str, list[tuple[float, ...]]] = {name: [] for name in runs}
    with _no_garbage_collection():
        for number in range(rounds):
            for name in list(runs)[:: -1 if number % 2 else 1]:
                found[name].append(_time(runs[name], seconds / rounds, ceil(LEAST / rounds)))
    return {name: Times(tuple(each)) for name, each in found.items()}


def timed(action: Callable[[], _T]) -> tuple[float, _T]:
    """The seconds that an action takes, and what it answers."""
    start = time.perf_counter()
    result = action()
    return time.perf_counter() - start, result


def _time(run: Callable[[], object], seconds: float, least: int) -> tuple[float, ...]:
    found: list[float] = []
    end = time.perf_counter() + seconds
    while len(found) < least or time.perf_counter() < end:
        found.append(timed(run)[0])
    return tuple(found)


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    gc.collect()
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
