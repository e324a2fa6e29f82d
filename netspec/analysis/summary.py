"""What stands below the table: totals, where the net is heavy, and what training needs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from netspec.analysis.breakdown import Part, by_kind, by_stage, shares, together
from netspec.analysis.columns import aligned
from netspec.analysis.units import nbytes, number, percent, scaled

if TYPE_CHECKING:
    from netspec.analysis.report import Report, Row
    from netspec.analysis.training import Training

#: Lines of a breakdown, and tensors of a list, before the rest is summed up.
_MOST_PARTS = 8
_MOST_TENSORS = 4
_MOST_KEPT = 3


def summary(report: Report) -> Iterator[str]:
    """The lines below the table of a net."""
    totals = report.totals
    yield (
        f"{totals.params:,} parameters ({nbytes(totals.weight_bytes)} of weights), "
        f"{scaled(totals.macs)} MACs = {scaled(totals.flops)} FLOPs"
    )
    yield (
        f"{totals.activations:,} activations ({nbytes(totals.activation_bytes)}), "
        f"inference peak {nbytes(totals.inference_peak_bytes)} at {report.peak_layer}"
    )
    yield f"alive at the peak: {_some(report.peak_tensors)}"
    yield from _largest("parameters", report, lambda row: row.params)
    yield from _largest("activations", report, lambda row: row.activations)
    if report.training:
        yield from ("", *_training(report.training))
    yield from ("", *_parts("kind", _by_weight(by_kind(report.rows))))
    stages = by_stage(report.rows)
    if sum(bool(stage.name) for stage in stages) > 1:
        yield from ("", *_parts("stage", stages))


def _some(tensors: Iterable[tuple[str, int]]) -> str:
    """The first tensors of a list with their bytes, and how many more there are."""
    listed = [f"{name} {nbytes(size)}" for name, size in tensors]
    more = len(listed) - _MOST_TENSORS
    if more > 1:
        listed[_MOST_TENSORS:] = [f"and {more} more"]
    return ", ".join(listed)


def _largest(what: str, report: Report, size: Callable[[Row], int]) -> Iterator[str]:
    """The two largest layers by some size, with their shares."""
    total = sum(map(size, report.rows))
    largest = sorted((row for row in report.rows if size(row)), key=size, reverse=True)[:2]
    if largest:
        listed = (f"{row.name} {percent(size(row) / total)}" for row in largest)
        yield f"most {what}: {', '.join(listed)}"


def _training(training: Training) -> Iterator[str]:
    """What `--train` adds."""
    peak = f"training with {training.optimizer}: peak {nbytes(training.run_bytes)}"
    if training.run_bytes != training.total_bytes:
        peak += f"; {nbytes(training.total_bytes)} in the first step, which has no state yet"
    yield peak
    standing = {
        "weights": training.weight_bytes,
        "gradients": training.gradient_bytes,
        "state": training.state_bytes,
        "running statistics": training.buffer_bytes,
        "inputs and labels": training.input_bytes,
    }
    yield ", ".join(f"{what} {nbytes(size)}" for what, size in standing.items() if size)
    yield (
        f"kept for the backward pass {nbytes(training.saved_for_backward_bytes)}; "
        f"with gradients, {nbytes(training.peak_forward_backward_bytes)} at most"
        f" in {training.peak_at}"
    )
    largest = training.largest_kept[:_MOST_KEPT]
    yield "most kept: " + ", ".join(f"{t.name} {nbytes(t.nbytes)} ({t.why})" for t in largest)


def _by_weight(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    """The groups with costs, the one with the largest share of anything first."""
    whole = together("all", parts)
    costly = (part for part in parts if part.params or part.macs or part.activation_bytes)
    return tuple(sorted(costly, key=lambda part: -max(shares(part, whole).values())))


def _parts(what: str, parts: tuple[Part, ...]) -> Iterator[str]:
    """A line for each group, the last ones together where they are many."""
    listed, whole = list(parts), together("all", parts)
    if len(parts) > _MOST_PARTS:
        rest = parts[_MOST_PARTS - 1 :]
        listed[_MOST_PARTS - 1 :] = [together("others", rest)]
    cells = [(what, "layers", "params", "", "MACs", "", "memory", "")]
    for part in listed:
        of = shares(part, whole)
        cells.append(
            (
                part.name or "(no stage)",
                str(part.layers),
                number(part.params),
                percent(of["params"]) if part.params else "",
                scaled(part.macs) if part.macs else "",
                percent(of["macs"]) if part.macs else "",
                nbytes(part.activation_bytes) if part.activation_bytes else "",
                percent(of["activation_bytes"]) if part.activation_bytes else "",
            )
        )
    return aligned(cells, (False, *[True] * 7))
