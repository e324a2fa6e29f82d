"""Does a map depend on what the net has learned?  Its weights are replaced by random ones, from the
top down, and each time the map is made again.

Source: Adebayo et al. 2018, "Sanity checks for saliency maps", section 3.1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from netspec.explain.maps import Array, Map
from netspec.explain.net import Net
from netspec.explain.progress import Progress, unheard
from netspec.graph.graph import Graph
from netspec.machine.errors import UnusableError
from netspec.weights.initial import Seeded
from netspec.weights.values import Renewed

#: Added to seeds: a net of seeded weights must not get the same ones again.
_OTHER = 0x5EED00
#: Rank correlation with the map of the net itself above which that of random weights is the same
#: picture.
SAME = 0.5


@dataclass(frozen=True)
class Level:
    """The maps when the layers from `layer` to the top have random weights: the mean of their rank
    correlations with that of the net itself, from -1 to 1.
    """

    layer: str
    correlation: float


@dataclass(frozen=True)
class Check:
    """How a map changes as ever more layers have random weights; the last level is all of them.

    A map that is `even`, the same number everywhere, has nothing that could change.
    """

    method: str
    levels: tuple[Level, ...]
    even: bool

    @property
    def decisive(self) -> Level:
        """The level in the middle.

        What about the upper half of the layers has learned is lost there. Once the first layers are
        lost too even a map that only draws edges changes, for it is they that find them.
        """
        return self.levels[(len(self.levels) - 1) // 2]

    @property
    def passed(self) -> bool:
        """Whether there is a map, and another one at the decisive level."""
        return not self.even and self.decisive.correlation < SAME


def check(
    net: Net,
    maps: Sequence[Map],
    again: Callable[[Net], Sequence[Map]],
    *,
    most: int = 5,
    draws: int = 3,
    seed: int = 0,
    progress: Progress = unheard,
) -> tuple[Check, ...]:
    """A check of each of a net's maps: randomise the net from the top, in at most so many levels,
    each so many times by a seed, and compare the maps that are made of it `again`.

    `progress` is told how many of how many random nets are done. UnusableError where the net has no
    weights. Guided backpropagation is known to fail: it draws the edges of the picture whatever the
    weights are.
    """
    parts = list(_from_the_top(net.graph, most))
    if not parts:
        raise UnusableError("the net has no weights, and a sanity check would draw them anew")
    found = []
    for at, layers in enumerate(parts):
        alike = np.zeros(len(maps))
        for draw in range(draws):
            others = again(_renewed(net, layers, seed + draw))
            pairs = zip(maps, others, strict=True)
            alike += [rank_correlation(own.values, other.values) for own, other in pairs]
            progress(at * draws + draw + 1, len(parts) * draws)
        found.append([Level(layers[-1], float(each)) for each in alike / draws])
    return tuple(
        Check(own.method, levels, bool((own.values == own.values.flat[0]).all()))
        for own, levels in zip(maps, zip(*found, strict=True), strict=True)
    )


def _renewed(net: Net, layers: Sequence[str], seed: int) -> Net:
    """The net with random weights in some layers."""
    drawn = Renewed(net.values, Seeded(net.graph, _OTHER + seed), layers)
    return Net(net.graph, drawn, net.device, batch=net.batch)


def rank_correlation(one: Array, other: Array) -> float:
    """Spearman's rank correlation of two maps, equal numbers sharing their mean rank; 0 where one
    is the same everywhere.
    """
    a, b = (_ranks(values.ravel()) for values in (one, other))
    spread = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / spread if spread else 0.0


def _ranks(values: Array) -> NDArray[np.float64]:
    """Ranks around their mean."""
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    ranks: NDArray[np.float64] = (last - (counts - 1) / 2)[places]
    ranks -= ranks.mean()
    return ranks


def _from_the_top(graph: Graph, most: int) -> Iterator[tuple[str, ...]]:
    """Ever longer parts of the net's end, in at most so many levels: the layers with weights, last
    first.  Each level ends in a layer with a weight matrix; norms go with those before them.
    """
    weighty = [node for node in reversed(graph.nodes) if graph.weights(node)]
    linear = [at for at, node in enumerate(weighty) if node.layer.linear]
    ends = linear or [len(weighty) - 1] * bool(weighty)
    count = min(most, len(ends))
    for step in range(1, count + 1):
        last = len(weighty) if step == count else ends[round(step * len(ends) / count) - 1] + 1
        yield tuple(node.name for node in weighty[:last])
