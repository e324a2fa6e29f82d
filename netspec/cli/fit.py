"""Does a net fit into memory, and with how many samples at once?"""

from __future__ import annotations

from dataclasses import dataclass

from netspec.analysis.fits import largest_batch, needed_bytes
from netspec.analysis.units import nbytes
from netspec.graph import Graph


@dataclass(frozen=True)
class Fit:
    """Whether a net fits into `budget` bytes: what it needs, and the most samples that fit."""

    budget: int
    needed: int
    largest: int
    batch: int
    optimizer: str | None

    @property
    def fits(self) -> bool:
        """Whether it fits with the batch that was asked for."""
        return self.needed <= self.budget

    def __str__(self) -> str:
        work = f"training with {self.optimizer}" if self.optimizer else "inference"
        needs = f"{work} at batch {self.batch} needs {_exact(self.needed)}"
        most = f"the largest batch that fits is {self.largest:,}"
        if not self.largest:
            most = "not even one sample fits"
        verb = "fits" if self.fits else "does not fit"
        return f"{verb} in {_exact(self.budget)}: {needs}; {most}"


def fit(graph: Graph, budget: int, batch: int, dtype: str, optimizer: str | None) -> Fit:
    """The answer for one net; inference where there is no optimizer."""
    needed = needed_bytes(graph, batch, dtype, optimizer)
    largest = largest_batch(graph, budget, dtype, optimizer)
    return Fit(budget, needed, largest, batch, optimizer)


def _exact(count: int) -> str:
    """Bytes in a unit that people read, and the count itself, which decides."""
    shown = nbytes(count)
    return shown if shown.endswith(" B") else f"{shown} ({count:,} B)"
