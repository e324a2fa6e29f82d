"""Memory of a net by tensor lifetimes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from netspec.graph import Node


@dataclass(frozen=True)
class Peak:
    """The most elements alive at once, for one sample, the layer that runs then, and what lives."""

    elements: int
    at: str
    alive: tuple[str, ...]


def inference_peak(nodes: tuple[Node, ...], outputs: Iterable[str]) -> Peak:
    """The largest sum of live tensors when layers run in order of execution.

    A layer's output is made while its inputs are alive; each tensor is freed after its last reader;
    the inputs are there from the start until then, the outputs are kept, nothing is in place. A
    view is its input's memory.
    """
    owner = owners(nodes)
    last: dict[str, int] = {}
    for at, node in enumerate(nodes):
        for name in node.inputs:
            last[owner[name]] = at
    for name in outputs:
        last[owner[name]] = len(nodes)
    dies: dict[int, list[str]] = {}
    for name, at in last.items():
        dies.setdefault(at, []).append(name)
    size = {node.name: node.type.numel for node in nodes if owner[node.name] == node.name}
    alive = {node.name: None for node in nodes if node.layer.source}
    now = sum(size[name] for name in alive)
    peak = Peak(now, nodes[0].name, tuple(alive)) if nodes else Peak(0, "", ())
    best, moment = peak.elements, 0
    for at, node in enumerate(nodes):
        if node.name in size and not node.layer.source:
            now += size[node.name]
        if now > best:
            best, moment = now, at
        now -= sum(size[name] for name in dies.get(at, ()))
        if node.name in size and node.name not in last:
            now -= size[node.name]
    if best == peak.elements:
        return peak
    return Peak(best, nodes[moment].name, tuple(_alive(nodes, moment, size, last)))


def _alive(
    nodes: tuple[Node, ...], moment: int, size: dict[str, int], last: dict[str, int]
) -> Iterable[str]:
    """The tensors that are alive while layer `moment` runs."""
    for at, node in enumerate(nodes):
        made = at <= moment or node.layer.source
        if made and node.name in size and (last.get(node.name, at) >= moment):
            yield node.name


def owners(nodes: tuple[Node, ...]) -> dict[str, str]:
    """For each tensor the one whose memory it is: its own, or for a view that of its input."""
    owner: dict[str, str] = {}
    for node in nodes:
        owner[node.name] = owner[node.inputs[0]] if node.layer.view else node.name
    return owner
