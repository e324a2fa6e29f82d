"""The report of a net: a row for each layer, and totals.

Definitions. `params`: learned tensors; running statistics are state, counted in `weight_bytes`
alone. `macs`: multiply-accumulates of CONV, DECONV and FC; FLOPs = 2 x MACs. `activations`:
elements of all tensors that layers produce, neither views nor inputs. Shapes are per sample, the
rest is for the whole batch.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from math import prod
from typing import TYPE_CHECKING, NamedTuple

from netspec.analysis.breakdown import stage_labels
from netspec.analysis.memory import Peak, inference_peak
from netspec.analysis.receptive import receptive_fields
from netspec.graph import Graph, Node
from netspec.graph.growth import Unshaped
from netspec.layers import DTYPES, TensorType

if TYPE_CHECKING:
    from netspec.analysis.receptive import Field
    from netspec.analysis.training import Training


class Row(NamedTuple):
    """What one layer is and costs.  A named tuple: a large net has a hundred thousand."""

    name: str
    kind: str
    summary: str
    inputs: tuple[str, ...]
    shape: tuple[int, ...]
    params: int
    macs: int
    activations: int
    activation_bytes: int
    field: Field | None
    stage: str
    line: int
    column: int

    @property
    def receptive_field(self) -> tuple[int, int] | None:
        """Rows and columns of the input that an output pixel sees; None without an area."""
        return self.field.size if self.field else None


@dataclass(frozen=True, eq=False)
class Totals:
    """What the whole net costs."""

    params: int
    macs: int
    flops: int
    activations: int
    weight_bytes: int
    activation_bytes: int
    inference_peak_bytes: int
    training_bytes: int = 0


@dataclass(frozen=True, eq=False)
class Report:
    """The facts of a net, or of as much of it as could be shaped (`complete` is false then)."""

    name: str
    batch: int
    dtype: str
    inputs: dict[str, tuple[int, ...]]
    outputs: dict[str, tuple[int, ...]]
    rows: tuple[Row, ...]
    totals: Totals
    peak_layer: str
    complete: bool
    unshaped: tuple[Unshaped, ...] = ()
    #: The tensors that are alive at the peak of inference, with their bytes.
    peak_tensors: tuple[tuple[str, int], ...] = ()
    training: Training | None = None

    def __str__(self) -> str:
        from netspec.analysis.table import table

        return table(self)

    def _repr_html_(self) -> str:
        import html

        return f"<pre>{html.escape(str(self))}</pre>"

    def to_json(self) -> dict[str, object]:
        """The object of `netspec check --format json`, less file and diagnostics."""
        from netspec.analysis.jsonreport import report_object

        return report_object(self)


def graph_report(
    graph: Graph, batch: int = 1, dtype: str = "float32", optimizer: str | None = None
) -> Report:
    """The report of a net for a batch size and an element type, and of training it if an optimizer
    is given (one of `netspec.analysis.optimizers.OPTIMIZERS`).
    """
    outputs = {name: graph.by_name[node].type.shape for name, node in graph.outputs.items()}
    wanted = graph.outputs.values()
    report = _report(graph.name, graph.nodes, wanted, outputs, batch, dtype, True)
    if optimizer is None:
        return report
    from netspec.analysis.training import training_memory  # reports without it start faster

    training = training_memory(graph, batch, dtype, optimizer)
    totals = replace(report.totals, training_bytes=training.total_bytes)
    return replace(report, totals=totals, training=training)


def partial_report(
    name: str,
    nodes: tuple[Node, ...],
    batch: int = 1,
    dtype: str = "float32",
    unshaped: tuple[Unshaped, ...] = (),
) -> Report:
    """The report of the layers of a rejected net that could be shaped, and which could not."""
    report = _report(name, nodes, (), {}, batch, dtype, False)
    return replace(report, unshaped=unshaped)


def _report(
    name: str,
    nodes: tuple[Node, ...],
    kept: Iterable[str],
    outputs: dict[str, tuple[int, ...]],
    batch: int,
    dtype: str,
    complete: bool,
) -> Report:
    if batch < 1 or dtype not in DTYPES:
        known = ", ".join(DTYPES)
        message = f"batch must be at least 1 and dtype one of {known}, got {batch} and {dtype!r}"
        raise ValueError(message)
    size = DTYPES[dtype]
    rows, kept_elements = _rows(nodes, batch, size)
    peak = inference_peak(nodes, kept)
    activations = sum(row.activations for row in rows)
    macs = sum(row.macs for row in rows)
    totals = Totals(
        params=sum(row.params for row in rows),
        macs=macs,
        flops=2 * macs,
        activations=activations,
        weight_bytes=kept_elements * size,
        activation_bytes=activations * size,
        inference_peak_bytes=peak.elements * batch * size,
    )
    inputs = {node.name: node.type.shape for node in nodes if node.layer.source}
    alive = _tensors(peak, nodes, batch * size)
    return Report(
        *(name, batch, dtype, inputs, outputs, rows, totals, peak.at, complete), peak_tensors=alive
    )


def _tensors(peak: Peak, nodes: tuple[Node, ...], scale: int) -> tuple[tuple[str, int], ...]:
    """The tensors that are alive at the peak, the largest first."""
    alive = set(peak.alive)
    sizes = [(node.name, node.type.numel * scale) for node in nodes if node.name in alive]
    return tuple(sorted(sizes, key=lambda tensor: -tensor[1]))


def _rows(nodes: tuple[Node, ...], batch: int, size: int) -> tuple[tuple[Row, ...], int]:
    """The rows, and the elements of all tensors that layers keep."""
    types: dict[str, TensorType] = {}
    fields = receptive_fields(nodes)
    costs: dict[tuple[int, ...], tuple[int, int, int]] = {}  # by identity, as nodes share
    rows, kept_elements = [], 0
    for node, stage in zip(nodes, stage_labels(nodes), strict=True):
        layer, output = node.layer, node.type
        inputs = tuple([types[name] for name in node.inputs]) or (output,)
        types[node.name] = output
        key = (id(layer), *map(id, inputs))
        if key not in costs:
            weights = layer.weights(inputs).values()
            learned = sum(prod(w.shape) for w in weights if w.learned)
            kept = sum(prod(w.shape) for w in weights)
            costs[key] = learned, kept, layer.macs(inputs, output)
        params, kept, macs = costs[key]
        kept_elements += kept
        made = 0 if layer.view or layer.source else output.numel * batch
        line, column = node.span.source.position(node.span.start)
        rows.append(
            Row(
                node.name,
                layer.keyword,
                layer.summary(),
                node.inputs,
                output.shape,
                params,
                macs * batch,
                made,
                made * size,
                fields[node.name],
                stage,
                line,
                column,
            )
        )
    return tuple(rows), kept_elements
