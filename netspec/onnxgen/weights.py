"""Where the values of a graph's weights come from, checked against what its layers declare."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from netspec.graph.graph import Graph
from netspec.layers import TensorType, Weight
from netspec.onnxgen.errors import UnusableError
from netspec.onnxgen.initial import FloatArray, Seeded
from netspec.onnxgen.weightfile import FLOATS, Stored, TensorFile, open_tensors
from netspec.text.nearest import nearest
from netspec.text.printable import printable


class Values(Protocol):
    """The weights of a graph: (`conv1.weight`, float32 values) in order, one at a time."""

    def __iter__(self) -> Iterator[tuple[str, FloatArray]]: ...


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
        self.wanted = dict(graph.all_weights())
        self.file = open_tensors(path)
        self.theirs = _by_our_names(path, self.file, renames)
        found = {ours: self.file.stored[theirs] for ours, theirs in self.theirs.items()}
        faults = _faults(self.wanted, found, allow_extra)
        if faults:
            lines = "".join(f"\n  {printable(line)}" for line in faults)
            raise UnusableError(
                f"{printable(str(path))} does not fit the net:{lines}", _advice(faults)
            )

    def __iter__(self) -> Iterator[tuple[str, FloatArray]]:
        for name in self.wanted:
            values = self._read(name)
            finite = np.isfinite(values)
            if not finite.all():
                count = values.size - int(np.count_nonzero(finite))
                self.warn(
                    f"{printable(str(self.path))}: {printable(name)} holds {count} "
                    f"value{'s' if count > 1 else ''} that are NaN or infinite"
                )
            yield name, values

    def _read(self, name: str) -> FloatArray:
        with np.errstate(
            over="ignore"
        ):  # a float64 beyond float32 is infinite, and so is warned of
            return np.ascontiguousarray(self.file.read(self.theirs[name]), np.float32)


@dataclass(frozen=True)
class ArrayValues:
    """Weights from memory, for the library: arrays by name, all of them and of the right shapes."""

    graph: Graph
    arrays: Mapping[str, FloatArray]

    def __iter__(self) -> Iterator[tuple[str, FloatArray]]:
        wanted = dict(self.graph.all_weights())
        found = {k: Stored(tuple(v.shape), v.dtype.name) for k, v in self.arrays.items()}
        faults = _faults(wanted, found, allow_extra=False)
        if faults:
            raise UnusableError(
                "the weights do not fit the net:" + "".join(f"\n  {f}" for f in faults)
            )
        for name in wanted:
            yield name, np.ascontiguousarray(self.arrays[name], np.float32)


def rename(name: str, renames: Mapping[str, str]) -> str:
    """Our name of a file's tensor.

    `features.0.weight: conv1.weight` names one tensor, `features.0: conv1` a layer with all of its
    tensors, and in `layer*.conv: conv*` each `*` stands for the same letters on both sides. The
    first that fits wins.
    """
    for theirs, ours in renames.items():
        pattern = "(.+?)".join(re.escape(part) for part in theirs.split("*"))
        match = re.fullmatch(rf"{pattern}(\.[A-Za-z_]+)?", name)
        if match:
            *stars, tensor = match.groups()
            renamed = ours
            for letters in stars:
                renamed = renamed.replace("*", letters, 1)
            return renamed + (tensor or "")
    return name


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


def _faults(
    wanted: Mapping[str, Weight], found: Mapping[str, Stored], allow_extra: bool
) -> list[str]:
    """A line for each tensor that is missing, of another shape or type, or too many."""
    faults = []
    for name, weight in wanted.items():
        if name not in found:
            faults.append(f"missing: {name} ({_size(weight.shape)})")
            continue
        there = found[name]
        if there.shape != weight.shape:
            hint = "; it looks transposed" if there.shape == weight.shape[::-1] else ""
            faults.append(
                f"{name} is {_size(there.shape)}, the net needs {_size(weight.shape)}{hint}"
            )
        elif there.dtype not in FLOATS:
            faults.append(f"{name} is of type {there.dtype}, weights are floats")
    if not allow_extra:
        faults += [f"extra: {name}{_near(name, wanted)}" for name in found if name not in wanted]
    return faults


def _near(name: str, wanted: Iterable[str]) -> str:
    near = nearest(name, wanted)
    return f" (is it {near}?)" if near else ""


def _advice(faults: list[str]) -> str | None:
    extra = [fault.startswith("extra: ") for fault in faults]
    if all(extra):
        return "--allow-extra leaves them out"
    if any(extra) and any(fault.startswith("missing: ") for fault in faults):
        return "where only names differ, map them: `weights: {file: ..., map: {theirs: ours}}`"
    return None


def _size(shape: tuple[int, ...]) -> str:
    return str(TensorType(shape))
