"""SOFTMAX before the end."""

from __future__ import annotations

from collections.abc import Iterator

from netspec.analysis.lint.places import Places, token, where
from netspec.graph import Graph, Node
from netspec.text.diagnostics import Diagnostic, Note


def early_softmax(graph: Graph) -> Iterator[Diagnostic]:
    """Chances of classes that a further layer computes with.

    Not where a merge reads them, as attention does, nor where they are only averaged or enlarged.
    """
    places = Places()
    chances: dict[str, Node] = {}  # the SOFTMAX that a tensor comes from
    for node in graph.nodes:
        if len(node.inputs) != 1 or node.layer.merges:
            continue
        softmax = chances.get(node.inputs[0])
        layer = node.layer
        if softmax and (layer.linear or layer.nonlinear):
            if places.new(softmax):
                yield _early(graph, softmax, node)
        elif softmax:
            chances[node.name] = softmax
        if layer.nonlinear and layer.chances():
            chances[node.name] = node


def _early(graph: Graph, softmax: Node, reader: Node) -> Diagnostic:
    message = (
        f"{softmax.kind} stands before {reader.kind}: it makes chances of classes, which end a net"
    )
    notes = (*where(graph, softmax), Note(f"{reader.name} reads it", reader.span))
    advice = f"write `RELU` for `{token(softmax)}`, and `-> {softmax.kind}` once, at the end"
    if reader.layer.chances():
        advice = f"remove `{token(softmax)} ->`"
    return Diagnostic("early-softmax", message, softmax.span, notes, advice, "warning")
