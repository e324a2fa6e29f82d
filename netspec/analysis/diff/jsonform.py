"""A difference as the object of `netspec diff --format json` (a stable contract)."""

from __future__ import annotations

from typing import Any

from netspec.analysis.diff.costs import CostedDiff, Delta
from netspec.analysis.diff.pair import Change, Pair
from netspec.analysis.report import Report, Row
from netspec.text.printable import printable


def diff_object(costed: CostedDiff) -> dict[str, Any]:
    """The facts of a difference.  Pairs that are the same are counted, not listed."""
    diff = costed.diff
    return {
        "same": diff.same,
        "fewest": diff.fewest,
        "batch": costed.left.batch,
        "dtype": costed.left.dtype,
        "left": _net(costed.left),
        "right": _net(costed.right),
        "counts": {**diff.counts, "renamed": len(diff.renamed)},
        "layers": [_layer(costed, pair) for pair in diff.pairs if pair.what != "same"],
        "changes": [_change(change) for change in diff.changes],
        "renamed": [
            {"left": pair.left.name, "right": pair.right.name}
            for pair in diff.renamed
            if pair.left and pair.right
        ],
        "totals": {name: _delta(delta) for name, delta in costed.totals().items()},
    }


def _net(report: Report) -> dict[str, Any]:
    return {
        "name": printable(report.name),
        "layers": len(report.rows),
        "inputs": {name: list(shape) for name, shape in report.inputs.items()},
        "outputs": {name: list(shape) for name, shape in report.outputs.items()},
    }


def _layer(costed: CostedDiff, pair: Pair) -> dict[str, Any]:
    left, right = costed.rows(pair)
    return {
        "what": pair.what,
        "left": _row(left),
        "right": _row(right),
        "changes": [_change(change) for change in pair.changes],
        "cost": {name: _delta(delta) for name, delta in costed.cost(pair).items()},
    }


def _row(row: Row | None) -> dict[str, Any] | None:
    if row is None:
        return None
    return {
        "name": row.name,
        "kind": row.kind,
        "inputs": list(row.inputs),
        "shape": list(row.shape),
        "line": row.line,
        "column": row.column,
    }


def _change(change: Change) -> dict[str, Any]:
    return {"what": change.what, "before": _value(change.before), "after": _value(change.after)}


def _value(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_value(item) for item in value]
    return printable(value) if isinstance(value, str) else value


def _delta(delta: Delta) -> dict[str, int]:
    return {"before": delta.before, "after": delta.after, "difference": delta.difference}
