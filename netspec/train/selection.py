"""Patterns -> the layers of a net that they mean."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from netspec.graph.graph import Graph
from netspec.machine.errors import UnusableError
from netspec.text.nearest import did_you_mean
from netspec.text.printable import printable


def select(graph: Graph, patterns: Iterable[str]) -> frozenset[str]:
    """The names of the layers that fit one of the patterns at least.

    `fc1` is a layer, in `fc*` the star stands for any letters, and `conv1..conv4` are all layers
    from the one to the other, in the order of execution. UnusableError for a pattern that fits no
    layer.
    """
    names = [node.name for node in graph.nodes]
    return frozenset(name for pattern in patterns for name in _fitting(names, pattern))


def _fitting(names: Sequence[str], pattern: str) -> Sequence[str]:
    first, dots, last = pattern.partition("..")
    if dots:
        return names[_place(names, first, pattern) : _until(names, first, last, pattern)]
    parts = map(re.escape, re.split(r"\*+", pattern))  # of stars in a row one says as much
    fits = re.compile(".*".join(parts))
    found = [name for name in names if fits.fullmatch(name)]
    if not found:
        raise _no_layer(names, pattern, pattern)
    return found


def _until(names: Sequence[str], first: str, last: str, pattern: str) -> int:
    """The place after the last layer of a range."""
    end = _place(names, last, pattern) + 1
    if end <= names.index(first):
        shown = f"{printable(last)}..{printable(first)}"
        raise UnusableError(
            f"`{printable(pattern)}` is empty: {printable(last)} runs before {printable(first)}",
            help=f"write {shown}",
        )
    return end


def _place(names: Sequence[str], name: str, pattern: str) -> int:
    if name not in names:
        raise _no_layer(names, name, pattern)
    return names.index(name)


def _no_layer(names: Sequence[str], name: str, pattern: str) -> UnusableError:
    """What is said of a name, in a pattern, that no layer has."""
    inside = any(other.startswith(f"{name}.") for other in names)
    near = f"write `{printable(name)}.*`" if inside else did_you_mean(name, names)
    where = "" if name == pattern else f", in `{printable(pattern)}`"
    return UnusableError(
        f"no layer fits `{printable(name)}`{where}",
        help=near or "`netspec check` lists the layers",
    )
