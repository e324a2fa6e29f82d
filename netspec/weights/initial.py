"""Seeded initial weights.

He et al. 2015, "Delving deep into rectifiers" (section 2.2): normal, variance 2/fan_in, for layers
followed by a rectifier. Glorot & Bengio 2010 (equation 16): uniform within
sqrt(6/(fan_in + fan_out)) for all others. Or one way for all, which is asked for: these, or
LeCun et al. 1998, "Efficient BackProp" (section 4.6): normal, variance 1/fan_in; or plainer ones.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
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
from netspec.text.training import INITS, Choice, chosen

FloatArray: TypeAlias = NDArray[np.float32]
#: Fills an array with what a generator draws.
_Draw: TypeAlias = Callable[[np.random.Generator, FloatArray], None]

#: Elements that one random generator fills; each block has its own, so that it does not matter
#: which thread fills it.
_BLOCK = 1 << 18
#: How tensors start that are not drawn at random, by role.
_CONSTANTS = {"bias": 0.0, "shift": 0.0, "mean": 0.0, "scale": 1.0, "variance": 1.0, "slope": 0.25}
_HE, _GLOROT = chosen(INITS, "he"), chosen(INITS, "glorot")


@dataclass(frozen=True)
class Seeded:
    """The initial weights of a graph.  A tensor's values depend on the seed and its name alone.

    `init`, one of INITS, is how weight matrices and kernels start; biases, scales and the like
    start the same whatever it is.
    """

    graph: Graph
    seed: int = 0
    init: Choice | None = None

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
        init = self.init or (_HE if name in self._rectified else _GLOROT)
        if init.name in ("constant", "zero"):
            return np.full(weight.shape, init.options.get("value", 0.0), np.float32)
        values = np.empty(weight.numel, np.float32)
        draw = _law(init, weight)

        def fill(start: int) -> None:
            draw(_generator(self.seed, name, start // _BLOCK), values[start : start + _BLOCK])

        starts = range(0, weight.numel, _BLOCK)
        if len(starts) == 1:
            fill(0)
        else:
            with ThreadPoolExecutor(max_workers=min(cores(), 8)) as pool:
                list(pool.map(fill, starts))
        return values.reshape(weight.shape)


def _law(init: Choice, weight: Weight) -> _Draw:
    """How the values of a weight are drawn.  A layer that nothing enters counts as one input."""
    inputs, both = max(weight.fan_in, 1), max(weight.fan_in + weight.fan_out, 1)
    match init.name:
        case "he":
            return _normal(sqrt(2 / inputs))
        case "glorot":
            return _uniform(sqrt(6 / both))
        case "lecun":
            return _normal(sqrt(1 / inputs))
        case "normal":
            return _normal(init["std"])
        case _:
            return _uniform(init["limit"])


def _normal(std: float) -> _Draw:
    def draw(random: np.random.Generator, out: FloatArray) -> None:
        random.standard_normal(out=out, dtype=np.float32)
        out *= np.float32(std)

    return draw


def _uniform(limit: float) -> _Draw:
    def draw(random: np.random.Generator, out: FloatArray) -> None:
        random.random(out=out, dtype=np.float32)
        out *= np.float32(2 * limit)
        out -= np.float32(limit)

    return draw


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
