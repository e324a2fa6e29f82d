"""Names, values, shapes and costs of a difference in words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from netspec.analysis.diff.costs import Delta
from netspec.analysis.diff.pair import Change, Pair
from netspec.analysis.units import nbytes, scaled
from netspec.text.printable import printable

#: Names that are shown of many.
_NAMES = 4


def whole(count: int) -> str:
    """`36,928`."""
    return f"{count:,}"


#: How the costs are said, by their names in a report.
_COSTS: Mapping[str, tuple[str, Callable[[int], str]]] = {
    "params": ("params", whole),
    "macs": ("MACs", scaled),
    "activation_bytes": ("memory", nbytes),
}


def shape_text(shape: Iterable[int]) -> str:
    """`64x56x56`."""
    return "x".join(map(str, shape)) or "scalar"


def signed(value: int, form: Callable[[int], str]) -> str:
    """A difference with its sign; `0` for none."""
    return f"{'+' if value > 0 else '-'}{form(abs(value))}" if value else "0"


def names_text(names: Sequence[str]) -> str:
    """`relu1, relu2, relu3, ..., relu49`."""
    if len(names) > _NAMES:
        names = [*names[: _NAMES - 1], "...", names[-1]]
    return ", ".join(map(printable, names))


def pair_name(pair: Pair) -> str:
    """`conv12`, or `conv12 (now conv14)`."""
    left, right = pair.left, pair.right
    if left is None or right is None:
        node = left or right
        return printable(node.name) if node else ""
    now = f" (now {printable(right.name)})" if pair.renamed else ""
    return f"{printable(left.name)}{now}"


def change_text(change: Change) -> str:
    """`kernel 3 -> 5`, `RELU -> GELU`, `reads relu1 -> pool1`."""
    before, after = change.before, change.after
    match change.what:
        case "kind":
            return f"{before} -> {after}"
        case "shape":
            return f"shape {shape_text(before)} -> {shape_text(after)}"
        case "reads" if not before:
            return f"also reads {names_text(after)}"
        case "reads" if not after:
            return f"no longer reads {names_text(before)}"
        case "reads":
            return f"reads {names_text(before)} -> {names_text(after)}"
        case "labels":
            return f"labels: {_labels(before, after)}"
        case "pad":
            return f"pad {_pad(before)} -> {_pad(after)}"
    if change.what.startswith("output") and (before is None or after is None):
        return f"{change.what} {'added' if before is None else 'removed'}: {before or after}"
    return f"{printable(change.what)} {_value(before)} -> {_value(after)}"


def _labels(before: Sequence[str], after: Sequence[str]) -> str:
    if len(before) != len(after):
        return f"{len(before)} -> {len(after)}"
    other = [(a, b) for a, b in zip(before, after, strict=True) if a != b]
    first = f"{printable(other[0][0])} -> {printable(other[0][1])}"
    return first if len(other) == 1 else f"{len(other)} of {len(before)} differ, such as {first}"


def _value(value: Any) -> str:
    """A value as the language writes it."""
    match value:
        case None:
            return "none"
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:.6g}"
        case (first, second) if first == second and isinstance(first, int):
            return str(first)
        case tuple():
            return f"[{', '.join(_value(item) for item in value)}]"
    return printable(str(value))


def _pad(pad: Any) -> str:
    """Zeros around a tensor as shortly as the language can write them."""
    if isinstance(pad, tuple) and pad[:2] == pad[2:]:
        return _value(pad[:2])
    return _value(pad)


def costs_text(costs: Mapping[str, Delta]) -> str:
    """`params 36,928 -> 55,392 (+18,464), MACs ...`, what does not change left out."""
    said = []
    for name, (word, form) in _COSTS.items():
        delta = costs[name]
        if delta.difference:
            difference = signed(delta.difference, form)
            said.append(f"{word} {form(delta.before)} -> {form(delta.after)} ({difference})")
    return ", ".join(said) or "costs the same"


def sum_text(costs: Mapping[str, Delta]) -> str:
    """`+590,080 params, +1.85 G MACs, +6.1 MiB memory`."""
    said = [
        f"{signed(costs[name].difference, form)} {word}"
        for name, (word, form) in _COSTS.items()
        if costs[name].difference
    ]
    return ", ".join(said) or "costs nothing"


def count_text(count: int, what: str) -> str:
    """`1 layer`, `2 layers`."""
    return f"{count:,} {what}{'s' * (count != 1)}"
