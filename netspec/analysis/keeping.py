"""What training keeps from the forward pass until the backward pass."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import prod

from netspec.graph import Graph, Node
from netspec.layers import DTYPES, TensorType

#: Bytes of an element; labels and the places of maxima are int64.
_BYTES = {**DTYPES, "int64": 8}

#: Layers that are named as those that keep a tensor.
_MOST_NAMES = 4


def nbytes_of(kind: TensorType, dtype: str) -> int:
    """Bytes of one sample in an element type."""
    return kind.numel * _BYTES[dtype]


@dataclass(frozen=True, slots=True)
class Saved:
    """A tensor kept for the backward pass: its bytes, fixed and for each sample, and why."""

    name: str
    fixed: int
    each: int
    why: str


@dataclass(frozen=True, eq=False)
class Keeping:
    """Which tensors of a net the backward pass needs, in an element type.

    Autograd records a layer if weights stand in it or before it. A loss of cross entropy is taken
    at each output: it keeps the log-probabilities, the labels and a scalar.
    """

    graph: Graph
    dtype: str

    @cached_property
    def trained(self) -> set[str]:
        """The layers that have a gradient: weights stand in them or before them."""
        found: set[str] = set()
        for node in self.graph.nodes:
            if self.learned_bytes[node.name] or any(name in found for name in node.inputs):
                found.add(node.name)
        return found

    @cached_property
    def learned_bytes(self) -> Mapping[str, int]:
        """Bytes of each layer's learned tensors, and so of their gradients."""
        size = _BYTES[self.dtype]
        found = {}
        for node in self.graph.nodes:
            found[node.name] = size * self.graph.params(node)
        return found

    @cached_property
    def owner(self) -> Mapping[str, str]:
        """For each tensor the one whose memory it is in training."""
        owner: dict[str, str] = {}
        for node in self.graph.nodes:
            view = node.layer.view_in_training
            owner[node.name] = owner[node.inputs[0]] if view else node.name
        return owner

    def kept_by(self, node: Node) -> Iterable[str]:
        """The tensors of the forward pass that a layer keeps."""
        if node.name not in self.trained:
            return ()
        keeps = node.layer.keeps
        names = [*(node.inputs if "input" in keeps else ()), *([node.name] * ("output" in keeps))]
        return dict.fromkeys(self.owner[name] for name in names)

    @cached_property
    def keepers(self) -> Mapping[str, list[str]]:
        """For each tensor that is kept the layers that keep it, in order of execution."""
        keepers: dict[str, list[str]] = {}
        for node in self.graph.nodes:
            for name in self.kept_by(node):
                keepers.setdefault(name, []).append(node.name)
        return keepers

    @cached_property
    def made(self) -> Mapping[str, list[Saved]]:
        """What each layer makes for its own backward pass."""
        return {node.name: list(self._made_by(node)) for node in self.graph.nodes}

    def _made_by(self, node: Node) -> Iterable[Saved]:
        if node.name not in self.trained:
            return
        for kept in node.layer.kept(self.graph.input_types(node), node.type):
            nbytes = kept.elements * _BYTES[kept.dtype or self.dtype]
            fixed, each = (0, nbytes) if kept.for_each else (nbytes, 0)
            kind = f"{kept.dtype}, " if kept.dtype else ""
            yield Saved(f"{node.name}.{kept.what}", fixed, each, f"{kind}made by {node.name}")

    @cached_property
    def losses(self) -> Mapping[str, list[Saved]]:
        """What the loss at each output makes and keeps."""
        found = {}
        for name in self.graph.outputs.values():
            each = nbytes_of(self.graph.by_name[name].type, self.dtype)
            found[name] = [
                Saved(f"{name}.log_probabilities", 0, each, "made by the loss"),
                Saved(f"{name}.loss_weight", _BYTES[self.dtype], 0, "made by the loss"),
            ]
        return found

    @cached_property
    def labels(self) -> list[Saved]:
        """The classes that the losses compare with: an int64 for each vector of scores."""
        found = []
        for name in self.losses:
            _, *places = self.graph.by_name[name].type.shape
            found.append(Saved(f"{name}.labels", 0, 8 * prod(places), "int64, for the loss"))
        return found

    @cached_property
    def saved(self) -> list[Saved]:
        """Everything that is kept, in order of execution."""
        found = []
        for node in self.graph.nodes:
            if node.name in self.keepers:
                why = _for(self.keepers[node.name])
                found.append(Saved(node.name, 0, nbytes_of(node.type, self.dtype), why))
            found += self.made[node.name]
        return [*found, *(part for loss in self.losses.values() for part in loss), *self.labels]


def _for(layers: list[str]) -> str:
    """`for relu1, conv2`."""
    listed = ", ".join(layers[:_MOST_NAMES])
    more = len(layers) - _MOST_NAMES
    return f"for {listed} and {more} more" if more > 0 else f"for {listed}"
