"""What changed in a layer that is in both nets, and around the layers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from netspec.analysis.diff.marks import meaning
from netspec.analysis.diff.pair import Change
from netspec.analysis.diff.reads import Origins
from netspec.graph import Graph, Node
from netspec.text.image import Image


def layer_changes(left: Node, right: Node) -> Iterator[Change]:
    """The kind, and the hyperparameters that are written otherwise and mean something else."""
    if left.layer == right.layer:
        return
    if left.kind != right.kind:
        yield Change("kind", left.kind, right.kind)
    before, after = meaning(left.layer), meaning(right.layer)
    for name in before:
        if name in after and before[name] != after[name]:
            said = _said(left, name, before[name]), _said(right, name, after[name])
            if said[0] != said[1]:  # `half` is another number for another kernel
                yield Change(name, *said)


def _said(node: Node, name: str, resolved: Any) -> Any:
    """A hyperparameter as written; one that is left out by what it stands for."""
    value = getattr(node.layer, name)
    return resolved if value is None else value


def input_changes(left: Graph, right: Graph, a: Node, b: Node) -> Iterator[Change]:
    """The shape of an input, and how a picture becomes it."""
    if not (a.layer.source and b.layer.source):
        return
    if a.type.shape != b.type.shape:
        yield Change("shape", a.type.shape, b.type.shape)
    before, after = _image(left, a), _image(right, b)
    if before is None or after is None:
        if before is not after:
            yield Change(
                "image", *(None if image is None else "given" for image in (before, after))
            )
        return
    for field in fields(Image):
        values = getattr(before, field.name), getattr(after, field.name)
        if values[0] != values[1]:
            yield Change(f"image.{field.name}", *values)


def _image(graph: Graph, node: Node) -> Image | None:
    return next((given.image for given in graph.spec.inputs if given.name == node.name), None)


def net_changes(left: Graph, right: Graph, before: Origins, after: Origins) -> Iterator[Change]:
    """Outputs that are there in one net only or come from elsewhere, and the labels."""
    for name in dict.fromkeys((*left.outputs, *right.outputs)):
        a, b = left.outputs.get(name), right.outputs.get(name)
        if a is None or b is None or not before[a] & after[b]:
            yield Change(f"output {name}".replace("output output", "output"), a, b)
    if left.spec.labels != right.spec.labels:
        yield Change("labels", left.spec.labels, right.spec.labels)
