"""Names of a file's tensors -> ours, as a `map:` says."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from itertools import chain, islice, repeat, zip_longest

#: What follows a layer's name in a tensor's.
_TENSOR = re.compile(r"[A-Za-z_]+")


def rename(name: str, renames: Mapping[str, str]) -> str:
    """Our name of a file's tensor.

    `features.0.weight: conv1.weight` names one tensor, `features.0: conv1` a layer with all of its
    tensors, and in `layer*.conv: conv*` each `*` stands for the same letters on both sides. The
    first that fits wins.
    """
    for theirs, ours in renames.items():
        found = _fit(theirs, name)
        if found is not None:
            stars, tensor = found
            parts = ours.split("*")
            letters = islice(chain(stars, repeat("*")), len(parts) - 1)
            return "".join(chain(*zip_longest(parts, letters, fillvalue=""))) + tensor
    return name


def idle(renames: Mapping[str, str], names: Collection[str]) -> list[str]:
    """The lines, by their left sides, that fit none of a file's tensors."""
    return [theirs for theirs in renames if all(_fit(theirs, name) is None for name in names)]


def _fit(theirs: str, name: str) -> tuple[list[str], str] | None:
    """The letters for each `*` where a line fits a tensor, and what follows those of a layer."""
    layer, dot, tensor = name.rpartition(".")
    inside = _stars(theirs, layer) if dot and _TENSOR.fullmatch(tensor) else None
    if inside is not None:
        return inside, f".{tensor}"
    stars = _stars(theirs, name)
    return None if stars is None else (stars, "")


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
