"""Seeded initial weights.

He et al. 2015, "Delving deep into rectifiers" (section 2.2): normal, variance 2/fan_in, for layers
followed by a rectifier. Glorot & Bengio 2010 (equation 16): uniform within
sqrt(6/(fan_in + fan_out)) for all others.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from math import sqrt
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from netspec.graph.graph import Graph
from netspec.layers import Weight
from netspec.machine.processors import cores

FloatArray: TypeAlias = NDArray[np.float32]

#: Elements that one random generator fills; each block has its own, so that it does not matter
#: which thread fills it.
_BLOCK = 1 << 18
#: How tensors start that are not drawn at random, by role.
_CONSTANTS = {"bias": 0.0, "shift": 0.0, "mean": 0.0, "scale": 1.0, "variance": 1.0, "slope": 0.25}


@dataclass(frozen=True)
class Seeded:
    """The initial weights of a graph.  A tensor's values depend on the seed and its name alone."""

    graph: Graph
    seed: int = 0

    @cached_property
    def _weights(self) -> Mapping[str, Weight]:
        return dict(self.graph.all_weights())

    @cached_property
    def _rectified(self) -> frozenset[str]:
        """The tensors of layers that a rectifier follows."""
        names = before_rectifiers(self.graph)
        nodes = (node for node in self.graph.nodes if node.name in names)
        return frozenset(f"{n.name}.{name}" for n in nodes for name in self.graph.weights(n))

    def read(self, name: str) -> FloatArray:
        """The values of one tensor."""
        weight = self._weights[name]
        if weight.role in _CONSTANTS:
            return np.full(weight.shape, _CONSTANTS[weight.role], np.float32)
        values = np.empty(weight.numel, np.float32)
        rectified = name in self._rectified

        def fill(start: int) -> None:
            block = values[start : start + _BLOCK]
            random = _generator(self.seed, name, start // _BLOCK)
            if rectified:
                random.standard_normal(out=block, dtype=np.float32)
                block *= np.float32(sqrt(2 / max(weight.fan_in, 1)))
            else:
                limit = sqrt(6 / max(weight.fan_in + weight.fan_out, 1))
                random.random(out=block, dtype=np.float32)
                block *= np.float32(2 * limit)
                block -= np.float32(limit)

        starts = range(0, weight.numel, _BLOCK)
        if len(starts) == 1:
            fill(0)
        else:
            with ThreadPoolExecutor(max_workers=min(cores(), 8)) as pool:
                list(pool.map(fill, starts))
        return values.reshape(weight.shape)


def before_rectifiers(graph: Graph) -> frozenset[str]:
    """The nodes for which the first activation that reads their result is a rectifier.

    Normalisation, pooling, views and merges are looked through; another layer with a weight matrix,
    a softmax, or the end of the net, means none.
    """
    place = {node.name: at for at, node in enumerate(graph.nodes)}
    none = len(place)
    first: dict[str, int] = {}  # the first activation that a node's input meets at or after it
    meets: dict[str, int] = {}  # the same for its output
    for node in reversed(graph.nodes):
        meets[node.name] = min((first[name] for name in graph.readers[node.name]), default=none)
        if node.layer.activation:
            first[node.name] = place[node.name]
        elif node.layer.linear or node.layer.chances():
            first[node.name] = none
        else:
            first[node.name] = meets[node.name]
    return frozenset(
        name for name, at in meets.items() if at < none and graph.nodes[at].layer.rectifier
    )


def _generator(seed: int, name: str, block: int) -> np.random.Generator:
    digest = hashlib.sha256(f"{seed} {name} {block}".encode()).digest()
    return np.random.Generator(np.random.SFC64(int.from_bytes(digest, "little")))
