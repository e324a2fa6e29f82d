"""What a page says of a net beside its diagram: the table, the totals, memory over time."""

from __future__ import annotations

from typing import Any

from netspec.analysis.memory import alive, lifetimes
from netspec.analysis.report import Report, Row, graph_report
from netspec.diagram import words
from netspec.diagram.folding import Leaf
from netspec.diagram.look import Look
from netspec.graph import Graph, Node
from netspec.layers import DTYPES
from netspec.text.printable import printable

#: Integers that JavaScript reads as they stand; longer ones are written as text.
_EXACT = 2**53

#: Characters of a line of the spec, and of hyperparameters, that the page shows.
_LONGEST = 240


def facts(graph: Graph, look: Look) -> dict[str, Any]:
    """The rows of the table, the lines of the spec that they come from, and what is alive when."""
    report = graph_report(graph)
    lines: dict[tuple[str, str | None], int] = {}
    rows = [
        [*_row(row, node), lines.setdefault(_line(node, look), len(lines))]
        for row, node in zip(report.rows, graph.nodes, strict=True)
    ]
    return {
        "rows": rows,
        "lines": list(lines),
        "totals": _totals(report),
        "memory": _memory(graph, report.dtype),
    }


def _row(row: Row, node: Node) -> list[Any]:
    """Name, kind, output, params, MACs, bytes, all hyperparameters, receptive field, family."""
    arguments = ", ".join(words.arguments(Leaf((node,))))
    seen = "x".join(map(str, row.receptive_field)) if row.receptive_field else ""
    return [
        printable(row.name),
        f"{row.kind} {row.summary}".rstrip(),
        str(node.type),
        *map(_number, (row.params, row.macs, row.activation_bytes)),
        _short(arguments),
        seen,
        node.layer.family,
    ]


def _line(node: Node, look: Look) -> tuple[str, str | None]:
    """The line of the spec, and its address."""
    address = f"{look.source_url}#L{node.span.line}" if look.source_url is not None else None
    return _short(words.line(node)), address


def _totals(report: Report) -> dict[str, Any]:
    totals = report.totals
    found = {
        "params": totals.params,
        "macs": totals.macs,
        "weights": totals.weight_bytes,
        "peak": totals.inference_peak_bytes,
    }
    return {name: _number(value) for name, value in found.items()}


def _memory(graph: Graph, dtype: str) -> dict[str, Any]:
    """Bytes alive at each layer, for one sample; and each tensor: [layer, bytes, first, last]."""
    size = DTYPES[dtype]
    lives = lifetimes(graph.nodes, graph.outputs.values())
    places = {node.name: at for at, node in enumerate(graph.nodes)}
    return {
        "alive": [_number(n * size) for n in alive(lives, len(graph.nodes))],
        "tensors": [
            [places[name], _number(life.elements * size), life.first, life.last]
            for name, life in lives.items()
        ],
    }


def _number(value: int) -> int | str:
    return value if value < _EXACT else str(value)


def _short(text: str) -> str:
    shown = printable(text)
    return shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST - 1]}…"
