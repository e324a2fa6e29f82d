"""The lifetimes of tensors in a step of training: forward pass, loss, backward pass.

Order and sharing are those of PyTorch's autograd. A tensor of the forward pass dies after its last
reader, unless the backward pass of a layer needs it. The backward pass runs from the last layer to
the first: it makes the gradients of a layer's inputs and weights while the gradient of its output
is alive, adds up the gradients of a tensor that several layers read, and lets go of what the layer
kept. The gradients of weights stay.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from netspec.analysis.keeping import Keeping, Saved, nbytes_of
from netspec.graph import Graph, Node


@dataclass(frozen=True, slots=True)
class Moment:
    """Bytes alive while a pass runs at a layer: `fixed`, and `each` for each sample."""

    fixed: int
    each: int
    at: str

    def nbytes(self, batch: int) -> int:
        """Bytes for a batch."""
        return self.fixed + self.each * batch


@dataclass(slots=True)
class _Gradient:
    """The memory of a gradient: bytes for each sample, and how many hold it."""

    each: int
    holders: int = 1


def moments(graph: Graph, keeping: Keeping) -> list[Moment]:
    """The moments of a step at which most could be alive, in order.

    Weights, inputs, labels and the optimizer's state outlive the step and are in no moment.
    """
    step = _Step(graph, keeping)
    step.forward()
    step.loss()
    for node in reversed(graph.nodes):
        step.backward(node)
    return step.moments


class _Step:
    """A step of training while it is played through."""

    def __init__(self, graph: Graph, keeping: Keeping) -> None:
        self.moments: list[Moment] = []
        self._graph, self._keeping = graph, keeping
        self._each = self._fixed = 0
        self._bytes = {node.name: nbytes_of(node.type, keeping.dtype) for node in graph.nodes}
        self._keepers = {name: len(layers) for name, layers in keeping.keepers.items()}
        self._gradients: dict[str, _Gradient] = {}
        self._outlive = {node.name for node in graph.nodes if node.layer.source}
        self._logits = {keeping.owner[name] for name in graph.outputs.values()}

    def forward(self) -> None:
        """Run the layers; a tensor dies after its last reader unless it is kept or an output."""
        held = self._outlive | self._logits | set(self._keepers)
        dies = _deaths(self._graph.nodes, self._keeping.owner)
        for node in self._graph.nodes:
            if self._keeping.owner[node.name] == node.name and node.name not in self._outlive:
                self._each += self._bytes[node.name]
            self._take(self._keeping.made[node.name])
            self._record("the forward pass of", node.name)
            self._each -= sum(self._bytes[name] for name in dies[node.name] if name not in held)

    def loss(self) -> None:
        """The losses, forward and backward; the caller holds no output beyond them."""
        for made in self._keeping.losses.values():
            self._take(made)
            self._record("the loss", "")
        self._each -= sum(
            self._bytes[name] for name in self._logits - self._outlive - set(self._keepers)
        )
        for name, made in self._keeping.losses.items():
            if name in self._keeping.trained:
                # The gradients of log-probabilities and of the output, one made of the other.
                self._gradients[name] = _Gradient(self._bytes[name])
                self._each += 2 * self._bytes[name]
                self._record("the backward pass of the loss", "")
                self._each -= self._bytes[name]
            self._drop(made)

    def backward(self, node: Node) -> None:
        """The backward pass of a layer whose output has a gradient."""
        gradient = self._gradients.pop(node.name, None)
        if gradient is None:
            return
        self._fixed += self._keeping.learned_bytes[node.name]
        arriving = []
        for name in node.inputs:
            if name in self._keeping.trained:
                arriving.append((name, self._gradient_of_input(node, name, gradient)))
        self._record("the backward pass of", node.name)
        self._let_go(node)
        self._release(gradient)
        for name, part in arriving:
            self._add(name, part)

    def _gradient_of_input(self, node: Node, name: str, gradient: _Gradient) -> _Gradient:
        if node.layer.passes_gradient:
            gradient.holders += 1
            return gradient
        self._each += self._bytes[name]
        return _Gradient(self._bytes[name])

    def _let_go(self, node: Node) -> None:
        """What the layer kept dies, unless another layer keeps it too."""
        self._drop(self._keeping.made[node.name])
        for name in self._keeping.kept_by(node):
            self._keepers[name] -= 1
            if not self._keepers[name] and name not in self._outlive:
                self._each -= self._bytes[name]

    def _add(self, name: str, part: _Gradient) -> None:
        """Another part of the gradient of a tensor: in place where nothing else has that memory."""
        before = self._gradients.get(name)
        if before is None:
            self._gradients[name] = part
            return
        if before.holders > 1 or before.each != self._bytes[name]:
            self._gradients[name] = _Gradient(self._bytes[name])
            self._each += self._bytes[name]
            self._record("the gradients that meet at", name)
            self._release(before)
        self._release(part)

    def _release(self, gradient: _Gradient) -> None:
        gradient.holders -= 1
        if not gradient.holders:
            self._each -= gradient.each

    def _take(self, tensors: Iterable[Saved]) -> None:
        for tensor in tensors:
            self._fixed += tensor.fixed
            self._each += tensor.each

    def _drop(self, tensors: Iterable[Saved]) -> None:
        for tensor in tensors:
            self._fixed -= tensor.fixed
            self._each -= tensor.each

    def _record(self, what: str, name: str) -> None:
        self.moments.append(Moment(self._fixed, self._each, f"{what} {name}".rstrip()))


def _deaths(nodes: tuple[Node, ...], owner: Mapping[str, str]) -> dict[str, list[str]]:
    """For each layer the tensors that no layer after it reads."""
    last = {owner[node.name]: node.name for node in nodes}
    last.update((owner[name], node.name) for node in nodes for name in node.inputs)
    dies: dict[str, list[str]] = {node.name: [] for node in nodes}
    for name, reader in last.items():
        dies[reader].append(name)
    return dies
