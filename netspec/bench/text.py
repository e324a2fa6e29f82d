"""Figures -> the text of `netspec bench`."""

from __future__ import annotations

from collections.abc import Iterator

from netspec.analysis.units import nbytes
from netspec.bench.figures import Figures, Rival
from netspec.text.printable import printable


def figures_text(figures: Figures) -> str:
    """A line for each figure, then a table of those that it is compared with."""
    lines = [_header(figures), ""]
    lines += [f"{name:<12}  {value}" for name, value in _facts(figures)]
    if figures.rivals:
        lines += ["", *_table(figures.rivals)]
    return "\n".join(lines)


def _header(figures: Figures) -> str:
    at = figures.conditions
    said = [f"batch {at.batch}", at.dtype, *(["TF32"] if at.tf32 else [])]
    if at.device.gpu:
        said.append(f"no CUDA graph: {figures.no_graph}" if figures.no_graph else "CUDA graph")
    return f"{printable(figures.name)} on {at.device}   ({', '.join(said)}; FLOPs = 2 x MACs)"


def _facts(figures: Figures) -> Iterator[tuple[str, str]]:
    times = figures.times
    median, p95, runs = span(times.median), span(times.p95), len(times.all)
    yield "latency", f"{median} median, {p95} 95th percentile of {runs} runs"
    yield "throughput", f"{figures.samples_per_second:,.4g} samples/s"
    peak = f"matrix products reach {_rate(figures.product_peak)}"
    if figures.flops_per_second is None or figures.fraction is None:
        yield "arithmetic", f"unknown: the model does not say its MACs; {peak}"
    else:
        share = f"{figures.fraction:.0%}; {peak}"
        yield "arithmetic", f"{_rate(figures.flops_per_second)}, {share}"
    measured, predicted = _bytes(figures.measured_bytes), _bytes(figures.predicted_bytes)
    yield "memory", f"{measured} measured, {predicted} predicted"
    yield "session load", span(figures.load_seconds)
    if figures.deviation is not None:
        found = figures.deviation
        best = ""
        if found.same_best is not None:
            best = f", the same best class in {found.same_best} of {found.samples} random samples"
        yield "to float32", f"{found.largest:.2g} of the largest output at most{best}"


def _table(rivals: tuple[Rival, ...]) -> Iterator[str]:
    """Medians, how many times the first one's they are, and how far the answers are from its."""
    width = max(len(rival.name) for rival in rivals)
    yield f"{'in turn':<{width}}  {'median':>9}  {'p95':>9}  {'ratio':>6}  difference"
    for rival in rivals:
        if rival.times is None or rival.ratio is None or rival.difference is None:
            yield f"{rival.name:<{width}}  {printable(rival.reason)}"
            continue
        median, p95 = span(rival.times.median), span(rival.times.p95)
        far = f"{rival.difference:.1e}" if rival.difference else ""
        yield f"{rival.name:<{width}}  {median:>9}  {p95:>9}  {rival.ratio:>6.2f}  {far}".rstrip()


def span(seconds: float) -> str:
    """`12.3 ms`."""
    for unit, scale in (("s", 1), ("ms", 1e3)):
        if seconds * scale >= 1:
            return f"{seconds * scale:.3g} {unit}"
    return f"{seconds * 1e6:.3g} us"


def _rate(flops: float) -> str:
    """`1.2 TFLOP/s`."""
    for unit, scale in (("TFLOP/s", 1e12), ("GFLOP/s", 1e9)):
        if flops >= scale:
            return f"{flops / scale:.3g} {unit}"
    return f"{flops / 1e6:.3g} MFLOP/s"


def _bytes(count: int | None) -> str:
    return "unknown" if count is None else nbytes(count)
