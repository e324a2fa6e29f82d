"""Whether a net fits into memory, and with how many samples at once."""

from __future__ import annotations

from collections.abc import Callable

from netspec.analysis.memory import inference_peak
from netspec.analysis.training import TrainingModel
from netspec.graph import Graph
from netspec.layers import DTYPES


def largest_batch(
    graph: Graph, budget_bytes: int, dtype: str = "float32", optimizer: str | None = None
) -> int:
    """The most samples at once that fit into a memory; 0 where not even one does.

    Inference, where there is no optimizer, needs the weights and its peak; training what its steps
    need when the optimizer has its state (`Training.run_bytes`).
    """
    need = _needed(graph, dtype, optimizer)
    if need(1) > budget_bytes:
        return 0
    most = 1
    while need(2 * most) <= budget_bytes:
        most *= 2
    too_many = 2 * most
    while too_many - most > 1:
        middle = (most + too_many) // 2
        if need(middle) <= budget_bytes:
            most = middle
        else:
            too_many = middle
    return most


def needed_bytes(
    graph: Graph, batch: int = 1, dtype: str = "float32", optimizer: str | None = None
) -> int:
    """The bytes that a batch needs, by the rule of `largest_batch`."""
    return _needed(graph, dtype, optimizer)(batch)


def _needed(graph: Graph, dtype: str, optimizer: str | None) -> Callable[[int], int]:
    """The bytes that a batch needs, as a function of it; the net is played through once."""
    if optimizer is not None:
        return TrainingModel(graph, dtype, optimizer).run_bytes
    if dtype not in DTYPES:
        raise ValueError(f"dtype must be one of {', '.join(DTYPES)}, got {dtype!r}")
    size = DTYPES[dtype]
    weights = size * sum(weight.numel for _, weight in graph.all_weights())
    each = size * inference_peak(graph.nodes, graph.outputs.values()).elements
    return lambda batch: weights + each * batch
