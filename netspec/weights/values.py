"""Where the values of a graph's weights come from, checked against what its layers declare."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

import numpy as np

from netspec.graph.graph import Graph
from netspec.machine.errors import UnusableError
from netspec.text.printable import printable
from netspec.weights.faults import advice, find_faults, listed
from netspec.weights.initial import FloatArray, Seeded
from netspec.weights.renaming import rename
from netspec.weights.weightfile import Stored, TensorFile, open_tensors


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
    warn: Callable[[str], object] = warnings.warn,
) -> Values:
    """The weights in a file or a mapping, else those that the spec names, else seeded ones.

    UnusableError where they do not fit; its message names every tensor that is wrong. `warn` is
    told of values that are not finite.
    """
    if isinstance(weights, Mapping):
        return ArrayValues(graph, weights)
    if weights is not None:
        return FileValues(graph, Path(weights), {}, allow_extra, warn)
    said = graph.spec.weights
    if said is not None:
        return FileValues(graph, said.path, said.map, allow_extra, warn)
    return Seeded(graph, seed)


class FileValues:
    """The weights in a file.  `renames` maps the file's names to ours, see `rename`."""

    def __init__(
        self,
        graph: Graph,
        path: Path,
        renames: Mapping[str, str],
        allow_extra: bool,
        warn: Callable[[str], object],
    ) -> None:
        self.path, self.warn = path, warn
        self._told: set[str] = set()
        wanted = dict(graph.all_weights())
        self.file = open_tensors(path)
        self.theirs = _by_our_names(path, self.file, renames)
        found = {ours: self.file.stored[theirs] for ours, theirs in self.theirs.items()}
        faults = find_faults(wanted, found, allow_extra)
        if faults:
            raise UnusableError(
                f"{printable(str(path))} does not fit the net:{listed(faults)}", advice(faults)
            )

    def read(self, name: str) -> FloatArray:
        """The values of one of our tensors."""
        with np.errstate(over="ignore"):  # a float64 beyond float32 is infinite, and is warned of
            values = np.require(self.file.read(self.theirs[name]), np.float32, ["C", "W"])
        finite = np.isfinite(values)
        if name not in self._told and not finite.all():
            self._told.add(name)
            count = values.size - int(np.count_nonzero(finite))
            self.warn(
                f"{printable(str(self.path))}: {printable(name)} holds {count} "
                f"value{'s' if count > 1 else ''} that are NaN or infinite"
            )
        return values


class ArrayValues:
    """Weights from memory, for the library: arrays by name, all of them and of the right shapes."""

    def __init__(self, graph: Graph, arrays: Mapping[str, FloatArray]) -> None:
        self.arrays = arrays
        found = {k: Stored(tuple(v.shape), v.dtype.name) for k, v in arrays.items()}
        faults = find_faults(dict(graph.all_weights()), found, allow_extra=False)
        if faults:
            raise UnusableError("the weights do not fit the net:" + listed(faults))

    def read(self, name: str) -> FloatArray:
        """The values of one of our tensors."""
        return np.array(self.arrays[name], np.float32, order="C")


def _by_our_names(path: Path, file: TensorFile, renames: Mapping[str, str]) -> dict[str, str]:
    theirs: dict[str, str] = {}
    for name in file.stored:
        ours = rename(name, renames)
        if ours in theirs:
            both = f"{printable(theirs[ours])} and {printable(name)}"
            raise UnusableError(
                f"{printable(str(path))}: {both} are both mapped to {printable(ours)}"
            )
        theirs[ours] = name
    return theirs
