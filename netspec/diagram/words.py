"""What the layers and boxes of a diagram say, in words without markup."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import PurePath

from netspec.analysis.units import nbytes, scaled
from netspec.diagram.folding import Box, Leaf
from netspec.graph import Graph, Node, Step
from netspec.layers import Layer

#: Values that are written out, where there are more the last follows an ellipsis.
_MOST = 8


def listed(values: Iterable[str]) -> str:
    """Values in a row; one where they are all equal: `64, 128, 256`."""
    several = list(values)
    if len(set(several)) == 1:
        return several[0]
    if len(several) > _MOST:
        several = [*several[: _MOST - 2], "…", several[-1]]
    return ", ".join(several)


def distinct(values: Iterable[str]) -> str:
    """Values in the order in which they first come, each once."""
    return listed(dict.fromkeys(values))


def span(values: Iterable[str]) -> str:
    """A value; of several that differ the first and the last: `64x56x56 … 992x14x14`."""
    several = list(dict.fromkeys(values))
    return several[0] if len(several) == 1 else f"{several[0]} … {several[-1]}"


def line(node: Node) -> str:
    """The line of the spec that a layer comes from, after the file's name and its number."""
    span = node.span
    file = PurePath(span.source.name).name  # wherever it lies: the same spec, the same picture
    return f"{file}:{span.line}: {span.source.line(span.line).strip()}"


def params(graph: Graph, nodes: Iterable[Node]) -> int:
    """What training learns in some layers."""
    return sum(map(graph.params, nodes))


def counted(number: int, noun: str) -> str:
    """`1 layer`, `1,792 params`."""
    plural = f"{noun}es" if noun.endswith("x") else f"{noun}s"
    return f"{number:,} {noun if number == 1 else plural}"


def kind(leaf: Leaf) -> str:
    """The kind of a layer and its window: `CONV 3x3 /2`."""
    first = leaf.nodes[0]
    return f"{first.kind} {distinct(node.layer.summary() for node in leaf.nodes)}".rstrip()


def name(leaf: Leaf) -> str:
    """The name of a layer, or the first and the last of those that it stands for."""
    first, last = leaf.nodes[0], leaf.nodes[-1]
    if first is last:
        return "" if first.name == first.kind.lower() else first.name
    return f"{first.name} … {last.name}"


def arguments(leaf: Leaf) -> Iterator[str]:
    """All hyperparameters that are not at their defaults, one after the other."""
    layers = [node.layer for node in leaf.nodes]
    for key in dict.fromkeys(key for layer in layers for key in layer.arguments()):
        yield f"{key}={listed(_runs(key, layers))}"


def differing(leaf: Leaf) -> Iterator[str]:
    """Hyperparameters in which the layers of a leaf differ, and which it says nowhere else."""
    layers = [node.layer for node in leaf.nodes]
    if len(set(layers)) == 1:
        return
    for key in dict.fromkeys(key for layer in layers for key in layer.unsaid()):
        values = _runs(key, layers)
        if len(values) > 1:
            yield f"{key}={listed(values)}"


def _runs(key: str, layers: Sequence[Layer]) -> list[str]:
    """The values of a hyperparameter; those that follow each other and are equal once."""
    return [value for value, _ in groupby(_written(getattr(layer, key)) for layer in layers)]


def _written(value: object) -> str:
    if value is None:
        return "default"
    if isinstance(value, tuple):
        return "x".join(map(str, dict.fromkeys(value) if len(set(value)) == 1 else value))
    return (
        {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)
    )


def costs(graph: Graph, nodes: Sequence[Node]) -> str:
    """Multiply-accumulates of layers, and bytes of what they make: `86.70 M MACs · 12.2 MiB`."""
    macs = sum(node.layer.macs(graph.input_types(node), node.type) for node in nodes)
    memory = sum(node.type.nbytes for node in nodes if not node.layer.view)
    said = [f"{scaled(macs)} MACs"] * bool(macs) + [nbytes(memory)] * bool(memory)
    return " · ".join(said)


def box_title(boxes: Sequence[Box]) -> tuple[str, list[str]]:
    """What a box is that is the one content of the next: a heading and the values that it binds."""
    parts = [part for box in boxes for part in _heading(box)]
    values = dict.fromkeys(said for box in boxes for said in _values(box))
    return " · ".join(dict.fromkeys(parts)), list(values)


def _heading(box: Box) -> Iterator[str]:
    runs = f"×{listed(map(str, box.counts))}" if set(box.counts) != {1} else ""
    if not box.steps:
        yield runs
        return
    step = box.steps[0]
    if step.kind == "repeat":
        yield _repeat(box, runs)
    else:
        yield f"{step.label} {runs}".rstrip()


def _repeat(box: Box, runs: str) -> str:
    """`stage ×4` where all of its iterations are here, else `stage 1-3 of 4`."""
    first, last = box.steps[0], box.steps[-1]
    label = "" if first.label.isdecimal() else f"{first.label} "
    if all(step.index == step.count for step in _lasts(box)) and first.index == 1:
        return f"{label}{runs or '×1'}"
    here = f"{first.index}" if first.index == last.index else f"{first.index}–{last.index}"
    return f"{label or 'repeat '}{here} of {last.count}"


def _lasts(box: Box) -> Iterator[Step]:
    """The last step of each time that the box runs."""
    at = 0
    for count in box.counts:
        at += count
        yield box.steps[min(at, len(box.steps)) - 1]


def _values(box: Box) -> Iterator[str]:
    keys = dict.fromkeys(key for step in box.steps for key, _ in step.values)
    for key in keys:
        yield f"{key}: {listed(_rows(box.steps, key))}"


def _rows(steps: Sequence[Step], key: str) -> list[str]:
    """The values of a name in the steps; those that follow each other and are equal once, where a
    box comes to it several times in a row.
    """
    values = [dict(step.values).get(key, "-") for step in steps]
    if len(values) <= _MOST:
        return values
    return [value for value, _ in groupby(values)]
