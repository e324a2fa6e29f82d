"""The report as text: a row for each layer, totals, and where the net is heavy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from netspec.analysis.columns import aligned
from netspec.analysis.report import Report, Row
from netspec.analysis.summary import summary
from netspec.analysis.units import nbytes, number, scaled
from netspec.text.printable import printable

__all__ = ["nbytes", "scaled", "table"]

_HEADER = ("layer", "kind", "output", "params", "MACs", "memory")
#: The columns that hold numbers are set flush right.
_RIGHT = (False, False, True, True, True, True)


def table(report: Report) -> str:
    """The report laid out for people.  FLOPs = 2 x MACs; a MAC is one multiply-accumulate of CONV,
    DECONV or FC.
    """
    cells = [_HEADER, *_body(report)]
    lines = list(aligned(cells, _RIGHT))
    rule = "-" * max(map(len, lines))
    parts = [_title(report), "", lines[0], rule, *lines[1:], rule]
    return "\n".join([*parts, *_totals(report)])


def _title(report: Report) -> str:
    entering = ", ".join(_shape(shape) for shape in report.inputs.values())
    leaving = ", ".join(_shape(shape) for shape in report.outputs.values()) or "?"
    return (
        f"{printable(report.name)}: {entering or '?'} -> {leaving}"
        f"   (batch {report.batch}, {report.dtype}; FLOPs = 2 x MACs)"
    )


def _body(report: Report) -> Iterator[tuple[str, ...]]:
    """A line of cells for each layer; where layers could not be shaped they stand, marked by `>`,
    where they would be.
    """
    if not report.unshaped:
        yield from map(_cells, report.rows)
        return
    done = 0
    for layer in report.unshaped:
        yield from map(_unmarked, report.rows[done : layer.before])
        kind = f"{layer.layer.keyword} {layer.layer.summary()}".rstrip()
        yield (f"> {printable(layer.name)}", kind, "?", "", "", "")
        done = layer.before
    yield from map(_unmarked, report.rows[done:])


def _unmarked(row: Row) -> tuple[str, ...]:
    name, *cells = _cells(row)
    return (f"  {name}", *cells)


def _cells(row: Row) -> tuple[str, ...]:
    return (
        row.name,
        f"{row.kind} {row.summary}".rstrip(),
        _shape(row.shape),
        number(row.params),
        number(row.macs),
        nbytes(row.activation_bytes) if row.activation_bytes else "",
    )


def _totals(report: Report) -> Iterator[str]:
    if not report.complete:
        count = len(report.rows)
        yield f"{count} layer{'s' * (count != 1)} could be shaped"
        return
    yield from summary(report)


def _shape(shape: Iterable[int]) -> str:
    return "x".join(map(str, shape))
