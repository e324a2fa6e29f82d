"""What each change costs: parameters, MACs and bytes of activations, before and after.

The numbers are those of the two reports (`netspec.analysis.report`, which defines them): a layer
that was added cost nothing before, one that was removed costs nothing after.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from netspec.analysis.diff.pair import GraphDiff, Pair
from netspec.analysis.report import Report, Row, graph_report

#: What a layer costs, by the names of a report's row.
COSTS = ("params", "macs", "activation_bytes")
#: What a net costs, by the names of a report's totals.
TOTALS = (
    "params",
    "weight_bytes",
    "macs",
    "flops",
    "activations",
    "activation_bytes",
    "inference_peak_bytes",
)


@dataclass(frozen=True, slots=True)
class Delta:
    """A number before and after."""

    before: int = 0
    after: int = 0

    @property
    def difference(self) -> int:
        """What was added, negative where it became less."""
        return self.after - self.before

    def __add__(self, other: Delta) -> Delta:
        return Delta(self.before + other.before, self.after + other.after)


class CostedDiff:
    """A difference with the reports of both nets."""

    def __init__(self, diff: GraphDiff, batch: int = 1, dtype: str = "float32") -> None:
        self.diff = diff
        self.left: Report = graph_report(diff.left, batch, dtype)
        self.right: Report = graph_report(diff.right, batch, dtype)
        self._left = {row.name: row for row in self.left.rows}
        self._right = {row.name: row for row in self.right.rows}

    def rows(self, pair: Pair) -> tuple[Row | None, Row | None]:
        """The rows of a pair's layers in the two reports."""
        left = self._left[pair.left.name] if pair.left else None
        return left, self._right[pair.right.name] if pair.right else None

    def cost(self, pair: Pair) -> dict[str, Delta]:
        """What a pair costs, in the order of COSTS."""
        left, right = self.rows(pair)
        return {
            name: Delta(getattr(left, name) if left else 0, getattr(right, name) if right else 0)
            for name in COSTS
        }

    def sum(self, pairs: Iterable[Pair]) -> dict[str, Delta]:
        """What several pairs cost together."""
        total = dict.fromkeys(COSTS, Delta())
        for pair in pairs:
            for name, delta in self.cost(pair).items():
                total[name] += delta
        return total

    def totals(self) -> dict[str, Delta]:
        """What the nets cost, in the order of TOTALS."""
        left, right = self.left.totals, self.right.totals
        return {name: Delta(getattr(left, name), getattr(right, name)) for name in TOTALS}
