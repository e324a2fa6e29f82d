"""Layers whose result leads nowhere."""

from __future__ import annotations

import re
from collections.abc import Iterator

from netspec.analysis.lint.places import Places, where
from netspec.graph import Graph, Node
from netspec.text.diagnostics import Diagnostic, Note

#: A label after a call: that nothing reads it is found where labels are.
_LABEL = re.compile(r"(?:\s*\([^\n@]*\))?[\s\]]*@")


def dead_layers(graph: Graph) -> Iterator[Diagnostic]:
    """The ends of chains that nothing reads and that are no output."""
    live = set(graph.outputs.values())
    for node in reversed(graph.nodes):
        if node.name in live:
            live.update(node.inputs)
    dead = [node for node in graph.nodes if node.name not in live]
    if not dead:
        return
    read = {name for node in dead for name in node.inputs}
    ends, places = [node for node in dead if node.name not in read], Places()
    for end in ends:
        labelled = _LABEL.match(end.span.source.text, end.span.end)
        if not labelled and places.new(end):
            yield _dead(graph, end, len(dead) if len(ends) == 1 else 1)


def _dead(graph: Graph, end: Node, count: int) -> Diagnostic:
    message = f"nothing reads {end.name}, and it is no output"
    leads = (Note(f"{count} layers lead only there"),) if count > 1 else ()
    label = end.stage
    advice = f'write `output: {{{label}: "@{label}"}}`, or remove the stage'
    if not label:
        advice = 'label it `@aux` and write `output: {aux: "@aux"}`, or remove it'
    return Diagnostic(
        "dead-layers", message, end.span, (*where(graph, end), *leads), advice, "warning"
    )
