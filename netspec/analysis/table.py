"""The report as text: a row for each layer, totals, and where the net is heavy."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from netspec.analysis.report import Report, Row
from netspec.text.printable import printable

_HEADER = ("layer", "kind", "output", "params", "MACs", "memory")
#: The columns that hold numbers are set flush right.
_RIGHT = (False, False, True, True, True, True)


def table(report: Report) -> str:
    """The report laid out for people.  FLOPs = 2 x MACs; a MAC is one multiply-accumulate of CONV,
    DECONV or FC.
    """
    cells = [_HEADER, *(_cells(row) for row in report.rows)]
    lines = list(_aligned(cells))
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


def _cells(row: Row) -> tuple[str, ...]:
    return (
        row.name,
        f"{row.kind} {row.summary}".rstrip(),
        _shape(row.shape),
        _number(row.params),
        _number(row.macs),
        nbytes(row.activation_bytes) if row.activation_bytes else "",
    )


def _aligned(cells: list[tuple[str, ...]]) -> Iterator[str]:
    """Lines of cells in columns, two spaces between."""
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    sides: list[Callable[[str, int], str]] = [str.rjust if right else str.ljust for right in _RIGHT]
    for line in cells:
        cut = [side(c, w) for side, c, w in zip(sides, line, widths, strict=True)]
        yield "  ".join(cut).rstrip()


def _totals(report: Report) -> Iterator[str]:
    totals = report.totals
    if not report.complete:
        count = len(report.rows)
        yield f"{count} layer{'s' * (count != 1)} could be shaped"
        return
    yield (
        f"{totals.params:,} parameters ({nbytes(totals.weight_bytes)} of weights), "
        f"{scaled(totals.macs)} MACs = {scaled(totals.flops)} FLOPs"
    )
    yield (
        f"{totals.activations:,} activations ({nbytes(totals.activation_bytes)}), "
        f"inference peak {nbytes(totals.inference_peak_bytes)} at {report.peak_layer}"
    )
    yield from _largest("parameters", report, lambda row: row.params)
    yield from _largest("activations", report, lambda row: row.activations)


def _largest(what: str, report: Report, size: Callable[[Row], int]) -> Iterator[str]:
    """The two largest layers by some size, with their shares."""
    total = sum(map(size, report.rows))
    largest = sorted((row for row in report.rows if size(row)), key=size, reverse=True)[:2]
    if largest:
        shares = (f"{row.name} {100 * size(row) / total:.1f}%" for row in largest)
        yield f"most {what}: {', '.join(shares)}"


def _shape(shape: Iterable[int]) -> str:
    return "x".join(map(str, shape))


def _number(value: int) -> str:
    return f"{value:,}" if value else ""


def nbytes(count: int) -> str:
    """Bytes in binary units: `12.2 MiB`."""
    size, unit = float(count), "B"
    for unit in ("B", "KiB", "MiB", "GiB", "TiB", "PiB"):
        if size < 1024 or unit == "PiB":
            break
        size /= 1024
    return f"{count} B" if unit == "B" else f"{size:.1f} {unit}"


def scaled(count: int) -> str:
    """A count in the unit that people quote: `15.47 G`."""
    for limit, unit in ((10**12, "T"), (10**9, "G"), (10**6, "M"), (10**3, "k")):
        if count >= limit:
            return f"{count / limit:.2f} {unit}"
    return str(count)
