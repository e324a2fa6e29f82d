"""Where the values of a graph's weights come from, checked against what its layers declare."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Protocol

import numpy as np

from netspec.graph.graph import Graph
from netspec.text.printable import printable
from netspec.text.training import Choice
from netspec.weights.assigned import assign_names
from netspec.weights.blocks import blocks
from netspec.weights.initial import FloatArray, Seeded
from netspec.weights.order import in_order
from netspec.weights.weightfile import Stored, open_tensors


class Values(Protocol):
    """The weights of a graph by name, made when they are asked for, so that one is in memory."""

    def read(self, name: str) -> FloatArray:
        """The values of `conv1.weight`, in an array that the caller may change."""


def choose_values(
    graph: Graph,
    weights: str | Path | Mapping[str, FloatArray] | None = None,
    seed: int = 0,
    *,
    allow_extra: bool = False,
    flatten_order: str = "CHW",
    init: Choice | None = None,
    anew: Collection[str] = (),
    warn: Callable[[str], object] = warnings.warn,
) -> Values:
    """The weights in a file or a mapping, else those that the spec names, else seeded ones.

    `flatten_order` is that of the net which they come from: "HWC" of one of TensorFlow. `init` is
    how seeded ones start, one of INITS; layers `anew` have seeded ones whatever else there is.
    UnusableError where they do not fit; its message names every tensor that is wrong. `warn` is
    told of values that are not finite.
    """
    if flatten_order != "CHW":
        theirs = choose_values(
            graph, weights, seed, allow_extra=allow_extra, init=init, anew=anew, warn=warn
        )
        return in_order(flatten_order, graph, theirs)
    seeded, said = Seeded(graph, seed, init), graph.spec.weights
    given: Values
    if isinstance(weights, Mapping):
        given = ArrayValues(graph, weights, allow_extra, anew)
    elif weights is not None:
        given = FileValues(graph, Path(weights), {}, allow_extra, warn, anew)
    elif said is not None:
        given = FileValues(graph, said.path, said.map, allow_extra, warn, anew)
    else:
        return seeded
    return Renewed(given, seeded, anew) if anew else given


class Renewed:
    """Weights that are given, but for some layers, which have new ones."""

    def __init__(self, given: Values, new: Values, layers: Collection[str]) -> None:
        self.given, self._new, self._layers = given, new, layers

    def read(self, name: str) -> FloatArray:
        """The values of one of our tensors."""
        source = self._new if name.rpartition(".")[0] in self._layers else self.given
        return source.read(name)


class FileValues:
    """The weights in a file, by our names, by those that `renames` maps to ours, or by others that
    tell which are which; see `assign_names`. Layers `besides` have none in it.
    """

    def __init__(
        self,
        graph: Graph,
        path: Path,
        renames: Mapping[str, str],
        allow_extra: bool,
        warn: Callable[[str], object],
        besides: Collection[str] = (),
    ) -> None:
        self.path, self.warn = path, warn
        self._told: set[str] = set()
        self._shapes = {name: weight.shape for name, weight in graph.all_weights()}
        self.file = open_tensors(path)
        self.assigned = assign_names(
            graph, path, self.file.stored, renames, allow_extra=allow_extra, besides=besides
        )

    def read(self, name: str) -> FloatArray:
        """The values of one of our tensors."""
        with np.errstate(over="ignore"):  # a float64 beyond float32 is infinite, and is warned of
            stored = self.file.read(self.assigned.theirs[name])
            values = np.require(stored, np.float32, ["C", "W"]).reshape(self._shapes[name])
        finite = sum(int(np.count_nonzero(np.isfinite(part))) for part in blocks(values))
        count = values.size - finite
        if count and name not in self._told:
            self._told.add(name)
            self.warn(
                f"{printable(str(self.path))}: {printable(name)} holds {count} "
                f"{'values that are' if count > 1 else 'value that is'} NaN or infinite"
            )
        return values


class ArrayValues:
    """Weights from memory, for the library: arrays by the names that a file may have."""

    def __init__(
        self,
        graph: Graph,
        arrays: Mapping[str, FloatArray],
        allow_extra: bool = False,
        besides: Collection[str] = (),
    ) -> None:
        self.arrays = arrays
        self._shapes = {name: weight.shape for name, weight in graph.all_weights()}
        stored = {k: Stored(tuple(v.shape), v.dtype.name) for k, v in arrays.items()}
        self.assigned = assign_names(
            graph, None, stored, {}, allow_extra=allow_extra, besides=besides
        )

    def read(self, name: str) -> FloatArray:
        """The values of one of our tensors."""
        array = self.arrays[self.assigned.theirs[name]]
        return np.array(array, np.float32, order="C").reshape(self._shapes[name])
