"""Where the values of a graph's weights come from, checked against what its layers declare."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, islice, repeat, zip_longest
from pathlib import Path
from typing import Protocol

import numpy as np

from netspec.graph.graph import Graph
from netspec.layers import TensorType, Weight
from netspec.machine.errors import UnusableError
from netspec.text.limits import MAX_NAMED_TENSORS
from netspec.text.nearest import nearest
from netspec.text.printable import printable
from netspec.weights.initial import FloatArray, Seeded
from netspec.weights.weightfile import FLOATS, Stored, TensorFile, open_tensors

#: What follows a layer's name in a tensor's.
_TENSOR = re.compile(r"[A-Za-z_]+")


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
            raise UnusableError(
                f"{printable(str(path))} does not fit the net:{_listed(faults)}", _advice(faults)
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
        layer, dot, tensor = name.rpartition(".")
        inside = _stars(theirs, layer) if dot and _TENSOR.fullmatch(tensor) else None
        stars = _stars(theirs, name) if inside is None else inside
        if stars is not None:
            parts = ours.split("*")
            letters = islice(chain(stars, repeat("*")), len(parts) - 1)
            renamed = "".join(chain(*zip_longest(parts, letters, fillvalue="")))
            return renamed if inside is None else f"{renamed}.{tensor}"
    return name


def _stars(pattern: str, name: str) -> list[str] | None:
    """The letters that each `*` of a pattern stands for in a name, as few as can be; None where it
    does not fit.

    Found from left to right without a way back: what a stranger writes cannot make it slow.
    """
    first, *parts = pattern.split("*")
    if not parts:
        return [] if name == pattern else None
    *middle, last = parts
    at, end = len(first), len(name) - len(last)
    if not name.startswith(first) or not name.endswith(last):
        return None
    found = []
    for part in middle:
        to = name.find(part, at + 1, end)
        if to < 0:
            return None
        found.append(name[at:to])
        at = to + len(part)
    return [*found, name[at:end]] if at < end else None


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
        extra = [name for name in found if name not in wanted]
        near = [_near(name, wanted) for name in extra[:MAX_NAMED_TENSORS]]
        faults += [f"extra: {name}{hint}" for name, hint in zip_longest(extra, near, fillvalue="")]
    return faults


def _listed(faults: list[str]) -> str:
    more = len(faults) - MAX_NAMED_TENSORS
    lines = [printable(line) for line in faults[:MAX_NAMED_TENSORS]]
    return "".join(f"\n  {line}" for line in [*lines, *[f"and {more:,} more"] * (more > 0)])


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
