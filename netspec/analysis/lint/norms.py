"""What batch normalisation undoes, and what undoes it."""

from __future__ import annotations

from collections.abc import Iterator

from netspec.analysis.lint.places import Places, read_once, token, where, with_argument, written
from netspec.graph import Graph, Node
from netspec.text.bindings import Binding, Defaults, Table
from netspec.text.diagnostics import Diagnostic, Note
from netspec.text.syntax import Literal


def bias_before_bn(graph: Graph) -> Iterator[Diagnostic]:
    """A bias that the next layer takes away again (Ioffe & Szegedy 2015, section 3.2).

    A note where the text says `bias: yes` itself: the author knows.
    """
    once, places = read_once(graph), Places()
    biased: dict[int, int] = {}  # by the layer's identity, elements of its bias
    for node in graph.nodes:
        if not node.layer.centres or node.inputs[0] not in once:
            continue
        before = graph.by_name[node.inputs[0]]
        if not before.layer.linear:
            continue
        if id(before.layer) not in biased:
            weights = graph.weights(before).values()
            biased[id(before.layer)] = sum(w.numel for w in weights if w.role == "bias")
        if biased[id(before.layer)] and places.new(before):
            yield _bias(graph, before, node, biased[id(before.layer)])


def _bias(graph: Graph, before: Node, norm: Node, count: int) -> Diagnostic:
    message = f"the bias of {before.kind} does nothing: {norm.kind} takes it away with the mean"
    notes = (*where(graph, before), Note(f"{norm.name} is here", norm.span))
    if _says_bias(graph, before):
        advice = f"`bias=no` saves {count:,} parameters"
        return Diagnostic("bias-before-bn", message, before.span, notes, advice, "note")
    call = with_argument(before, "bias=no")
    advice = f"write `{call}`, or `{before.kind}: {{bias: no}}` under `where`"
    return Diagnostic("bias-before-bn", message, before.span, notes, advice, "warning")


def _says_bias(graph: Graph, node: Node) -> bool:
    """Whether the text gives the layer its bias in so many words."""
    return "bias" in written(node) or any(
        _default_bias(binding, node.kind) for binding in graph.spec.where
    )


def _default_bias(binding: Binding, kind: str) -> bool:
    match binding.value:
        case Defaults(settings=settings) if binding.name.text.upper() == kind:
            return any(
                name.text == "bias" and isinstance(value, Literal) and value.value is True
                for name, value in settings
            )
        case Table(rows=rows):
            return any(_default_bias(inner, kind) for row in rows for inner in row.bindings)
    return False


def dropout_before_bn(graph: Graph) -> Iterator[Diagnostic]:
    """Noise right before running statistics: their variance is then that of training, not that of
    inference (Li et al. 2018, "Understanding the disharmony between dropout and batch
    normalization by variance shift").
    """
    places = Places()
    noisy: dict[str, Node] = {}
    for node in graph.nodes:
        layer = node.layer
        if layer.noise:
            noisy[node.name] = node
            continue
        noise = noisy.get(node.inputs[0]) if noisy and len(node.inputs) == 1 else None
        if noise is None:
            continue
        if layer.view:
            noisy[node.name] = noise
        elif layer.centres and _keeps_variance(graph, node) and places.new(noise):
            message = f"{noise.kind} before {node.kind} shifts the variance that {node.kind} learns"
            notes = (*where(graph, noise), Note(f"{node.name} is here", node.span))
            advice = f"write `{token(node)} -> RELU -> {written(noise)}`: noise after the last BN"
            yield Diagnostic("dropout-before-bn", message, noise.span, notes, advice, "warning")


def _keeps_variance(graph: Graph, node: Node) -> bool:
    return any(weight.role == "variance" for weight in graph.weights(node).values())
