"""Memory of a net by tensor lifetimes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import accumulate
from typing import NamedTuple

from netspec.graph import Node


class Life(NamedTuple):
    """A tensor: its elements, for one sample, and the layers at which it is alive, the first and
    the last, by their places in the order of execution.
    """

    elements: int
    first: int
    last: int


class Peak(NamedTuple):
    """The most elements alive at once, for one sample, the layer that runs then, and what lives."""

    elements: int
    at: str
    alive: tuple[str, ...]


def lifetimes(nodes: tuple[Node, ...], outputs: Iterable[str]) -> Mapping[str, Life]:
    """The tensors that have memory of their own, when layers run in order of execution.

    A layer's output is made while its inputs are alive; each tensor is freed after its last reader;
    the inputs are there from the start until then, the outputs are kept, nothing is in place. A
    view is its input's memory.
    """
    owner = owners(nodes)
    last = {owner[name]: at for at, node in enumerate(nodes) for name in node.inputs}
    last |= {owner[name]: len(nodes) for name in outputs}
    return {
        node.name: Life(node.type.numel, 0 if node.layer.source else at, last.get(node.name, at))
        for at, node in enumerate(nodes)
        if owner[node.name] == node.name
    }


def alive(lives: Mapping[str, Life], layers: int) -> list[int]:
    """The elements that are alive while each of so many layers runs."""
    changes = [0] * (layers + 2)
    for life in lives.values():
        changes[life.first] += life.elements
        changes[life.last + 1] -= life.elements
    return list(accumulate(changes))[:layers]


def inference_peak(nodes: tuple[Node, ...], outputs: Iterable[str]) -> Peak:
    """The largest sum of tensors that are alive at a layer, and the first layer where it is."""
    lives = lifetimes(nodes, outputs)
    elements = alive(lives, len(nodes))
    if not elements:
        return Peak(0, "", ())
    most = max(elements)
    moment = elements.index(most)
    names = (name for name, life in lives.items() if life.first <= moment <= life.last)
    return Peak(most, nodes[moment].name, tuple(names))


def owners(nodes: tuple[Node, ...]) -> dict[str, str]:
    """For each tensor the one whose memory it is: its own, or for a view that of its input."""
    owner: dict[str, str] = {}
    for node in nodes:
        owner[node.name] = owner[node.inputs[0]] if node.layer.view else node.name
    return owner
