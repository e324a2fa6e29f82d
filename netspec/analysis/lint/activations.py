"""Activations that are missing, and activations that do nothing."""

from __future__ import annotations

from collections.abc import Iterator

from netspec.analysis.lint.places import Places, behind_views, read_once, token, where, written
from netspec.graph import Graph, Node
from netspec.text.diagnostics import Diagnostic, Note


def missing_activation(graph: Graph) -> Iterator[Diagnostic]:
    """Two linear layers with nothing nonlinear between: together they are one.

    What lies between is affine and read by nobody else.  Pairs that are factors of one layer on
    purpose are left alone: depthwise and pointwise, 1x7 and 7x1, and bottlenecks.
    """
    once, starts, places = read_once(graph), Places(), Places()
    linear: dict[str, Node] = {}  # the linear layer that a tensor is an affine function of
    for node in graph.nodes:
        layer = node.layer
        if layer.nonlinear or len(node.inputs) != 1:
            continue
        (name,) = node.inputs
        first = linear.get(name) if name in once else None
        if not layer.linear or (first and not layer.mixes(graph.input_types(node))):
            if first:
                linear[node.name] = first
            continue
        linear[node.name] = node
        if first is None or _factors(graph, first, node):
            continue
        if starts.new(first) and places.new(node):  # one activation after `first` mends them all
            yield _pair(graph, first, node)


def _pair(graph: Graph, first: Node, second: Node) -> Diagnostic:
    message = (
        f"no activation stands between {first.name} and {second.name}:"
        " two linear layers in a row are one"
    )
    notes = (Note(f"{first.name} is here", first.span), *where(graph, second))
    advice = f"write `RELU -> {written(second)}`"
    if second.span == first.span:  # a repeat
        advice = f"write `{written(second)} -> RELU`"
    return Diagnostic("missing-activation", message, second.span, notes, advice, "warning")


def _factors(graph: Graph, first: Node, second: Node) -> bool:
    """Whether two linear layers are meant as the factors of one.

    Separable: each adds up along an axis that the other does not (Chollet 2016; Szegedy et al.
    2015, section 3.2).  A bottleneck: the channels between are so few that the two cost less than
    the one (Sandler et al. 2018, "linear bottlenecks"; the code of an autoencoder).
    """
    one = first.layer.mixes(graph.input_types(first))
    two = second.layer.mixes(graph.input_types(second))
    if not one or (one - two and two - one):
        return True
    enter, between, leave = (
        graph.input_types(first)[0].channels,
        first.type.channels,
        second.type.channels,
    )
    if first.layer.flattens:  # two matrices
        return between < min(enter, leave) and second is not _last_linear(graph)
    if one == {"C"}:  # a pointwise projection
        return between < enter or (between == enter and between < leave)
    return two == {"C"} and between < min(enter, leave)


def _last_linear(graph: Graph) -> Node | None:
    return next((node for node in reversed(graph.nodes) if node.layer.linear), None)


def repeated_activation(graph: Graph) -> Iterator[Diagnostic]:
    """An activation of what an activation has just made.

    Not where the result is a gate, as in MUL{ | SOFTPLUS -> TANH } (Misra 2019, "Mish").
    """
    views, once, places = behind_views(graph), read_once(graph), Places()
    for node in graph.nodes:
        if not node.layer.activation:
            continue
        (name,) = node.inputs
        before = views.get(name) or graph.by_name[name]
        if not before.layer.activation or name not in once or _gates(graph, node):
            continue
        if places.new(node):
            message = f"{node.kind} follows {before.kind}: one activation in a row is enough"
            notes = (Note(f"{before.name} is here", before.span), *where(graph, node))
            advice = f"remove `-> {written(node)}`"
            yield Diagnostic("repeated-activation", message, node.span, notes, advice, "warning")


def _gates(graph: Graph, node: Node) -> bool:
    readers = [graph.by_name[name].layer for name in graph.readers[node.name]]
    return bool(readers) and all(layer.merges and layer.nonlinear for layer in readers)


def activation_before_softmax(graph: Graph) -> Iterator[Diagnostic]:
    """Scores that an activation bends before SOFTMAX compares them."""
    views, places = behind_views(graph), Places()
    for node in graph.nodes:
        if not node.layer.chances():
            continue
        (name,) = node.inputs
        before = views.get(name) or graph.by_name[name]
        if before.layer.activation and places.new(before):
            message = f"{before.kind} before {node.kind} bends the scores that {node.kind} compares"
            notes = (
                *where(graph, before),
                Note(f"{node.kind} needs scores of either sign and any size", node.span),
            )
            advice = f"remove `{token(before)} ->`: end with `-> FC(10) -> {node.kind}`"
            yield Diagnostic(
                "activation-before-softmax", message, before.span, notes, advice, "warning"
            )
