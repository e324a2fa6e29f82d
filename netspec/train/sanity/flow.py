"""Whether gradients reach all layers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import hypot, isfinite

from netspec.graph.graph import Graph, Node
from netspec.train.sanity.check import Check, listed
from netspec.train.sanity.probe import Probed
from netspec.train.sanity.setting import Setting
from netspec.train.step import learned

_NAME = "gradients"
#: Norms that are so many times smaller than others have vanished on the way.
_VANISHED = 1e5
#: Results that are larger on average come of weights that are too large, unless the inputs are.
_HUGE = 100.0


def gradients_check(setting: Setting, probed: Probed, causes: str) -> Check:
    """That no gradient is infinite or no number, and none 0: a layer without one stays as it is.

    `causes` is what may make them so.
    """
    graph = setting.graph
    trained = trained_layers(setting)
    if not trained:
        some = "all layers with weights are frozen" if setting.frozen else "no layer has weights"
        return Check(_NAME, False, f"none: {some}, so that there is nothing to train")
    if not probed.finite:
        advice = causes or "are the weights too large, or no numbers?"
        return Check(_NAME, False, f"{_not_finite(graph, probed)}; {advice}")
    norms = _norms(trained, probed.norms)
    away = _away(graph, [name for name in trained if name not in norms])
    if lost := [name for name in trained if name not in norms and name not in away]:
        verb = "are" if len(lost) > 1 else "is"
        return Check(_NAME, False, f"{listed(lost)} {verb} not read by anything that is learned")
    if dead := [name for name in norms if _dead(graph, graph.by_name[name], probed.norms)]:
        why = "; ".join((*_reasons(setting, probed), *filter(None, [causes])))
        text = f"0 in {listed(dead)}, which {'do' if len(dead) > 1 else 'does'} not learn"
        return Check(_NAME, False, f"{text}: {why or 'do units saturate?'}")
    return Check(_NAME, True, _summary(norms) + _aside(away))


def trained_layers(setting: Setting) -> Sequence[str]:
    """Those whose tensors training changes."""
    names = (name.rpartition(".")[0] for name, _ in learned(setting.graph, setting.frozen))
    return list(dict.fromkeys(names))


def vanished(setting: Setting, probed: Probed) -> str:
    """Where gradients are very small, in words; "" for nowhere."""
    norms = _norms(trained_layers(setting), probed.norms)
    if not norms:
        return ""
    small, large = min(norms, key=norms.__getitem__), max(norms, key=norms.__getitem__)
    if norms[small] * _VANISHED > norms[large]:
        return ""
    return f"the gradient hardly reaches {small}, so that the layers there hardly learn"


def overgrown(probed: Probed) -> str:
    """Where results are very large, in words; "" for nowhere."""
    for name, size in probed.sizes.items():
        if size > _HUGE:
            return f"results of {name} are {size:.3g} on average: are its weights too large?"
    return ""


def _summary(norms: Mapping[str, float]) -> str:
    small, large = min(norms, key=norms.__getitem__), max(norms, key=norms.__getitem__)
    if len(norms) == 1:
        return f"norm {norms[small]:.3g} in {small}"
    return (
        f"reach all {len(norms)} layers, norms from {norms[small]:.3g} ({small}) to "
        f"{norms[large]:.3g} ({large}), {norms[large] / norms[small]:.3g} times"
    )


def _aside(away: Sequence[str]) -> str:
    if not away:
        return ""
    many = len(away) > 1
    leads = "lead to other outputs alone, and are" if many else "leads to another output, and is"
    return f"; {listed(away)} {leads} not trained"


def _not_finite(graph: Graph, probed: Probed) -> str:
    """The first layer that overflows forward, or else backward."""
    for node in graph.nodes:
        if not isfinite(probed.sizes.get(node.name, 0.0)):
            return f"the result of {node.name} is not finite, and so nothing after it is"
    for node in reversed(graph.nodes):
        if not all(map(isfinite, _of(probed.norms, node.name))):
            return f"that of {node.name} is not finite, and so none before it is"
    return f"the loss is {probed.loss}"


def _norms(layers: Sequence[str], norms: Mapping[str, float]) -> Mapping[str, float]:
    """Those of all gradients of a layer together, by layer that the loss depends on."""
    found = {layer: _of(norms, layer) for layer in layers}
    return {layer: hypot(*some) for layer, some in found.items() if some}


def _of(norms: Mapping[str, float], layer: str) -> list[float]:
    return [norm for name, norm in norms.items() if name.rpartition(".")[0] == layer]


def _away(graph: Graph, layers: Sequence[str]) -> Sequence[str]:
    """Those of the layers that outputs besides the main one depend on."""
    read = {layer for name, layer in graph.outputs.items() if name != "output"}
    for node in reversed(graph.nodes):
        if node.name in read:
            read.update(node.inputs)
    return [name for name in layers if name in read]


def _dead(graph: Graph, node: Node, norms: Mapping[str, float]) -> bool:
    """Whether its matrices have no gradient; its biases may have one all the same."""
    weights = graph.weights(node)
    matrices = [name for name, weight in weights.items() if weight.role == "weight"]
    names = (f"{node.name}.{name}" for name in matrices or weights)
    return not any(norms.get(name, 0.0) for name in names)


def _reasons(setting: Setting, probed: Probed) -> Iterator[str]:
    graph = setting.graph
    zero = [
        node.name
        for node in graph.nodes
        for name, weight in graph.weights(node).items()
        if weight.role == "weight" and not setting.values.read(f"{node.name}.{name}").any()
    ]
    if zero:
        yield f"the weights of {listed(zero)} are all 0"
    shut = [n.name for n in graph.nodes if n.layer.rectifier and probed.sizes.get(n.name) == 0]
    if shut and not zero:
        some = "results" if len(shut) > 1 else "result"
        verb = "are" if len(shut) > 1 else "is"
        yield f"the {some} of {listed(shut)} {verb} 0 for every sample, which stops gradients"
