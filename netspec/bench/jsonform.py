"""Figures -> the object of `netspec bench --format json`."""

from __future__ import annotations

from typing import Any

from netspec.bench.figures import Figures, Rival
from netspec.bench.timing import Times


def figures_object(figures: Figures) -> dict[str, Any]:
    """The object; null is what cannot be known."""
    conditions = figures.conditions
    deviation = figures.deviation
    return {
        "name": figures.name,
        "device": str(conditions.device),
        "because": figures.because or None,
        "batch": conditions.batch,
        "dtype": conditions.dtype,
        "tf32": conditions.tf32,
        "no_cuda_graph": figures.no_graph or None,
        "latency": _times(figures.times),
        "samples_per_second": figures.samples_per_second,
        "load_seconds": figures.load_seconds,
        "macs": figures.macs,
        "flops": None if figures.macs is None else 2 * figures.macs,
        "flops_per_second": figures.flops_per_second,
        "product_flops_per_second": figures.product_peak,
        "fraction_of_product": figures.fraction,
        "predicted_bytes": figures.predicted_bytes,
        "measured_bytes": figures.measured_bytes,
        "against_float32": deviation
        and {
            "samples": deviation.samples,
            "largest_difference": deviation.largest,
            "same_best": deviation.same_best,
        },
        "compared": [_rival(rival) for rival in figures.rivals],
    }


def _times(times: Times) -> dict[str, Any]:
    return {"median_seconds": times.median, "p95_seconds": times.p95, "runs": len(times.all)}


def _rival(rival: Rival) -> dict[str, Any]:
    if rival.times is None:
        return {"name": rival.name, "reason": rival.reason}
    return {
        "name": rival.name,
        "latency": _times(rival.times),
        "ratio": rival.ratio,
        "largest_difference": rival.difference,
    }
