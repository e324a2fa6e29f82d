"""Why the names of a file cannot be matched, tensor by tensor."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TypeVar

from netspec.layers import TensorType
from netspec.weights.names.assign import Doubt
from netspec.weights.names.modules import Module
from netspec.weights.names.slots import Places, Shapes, Slot, shown
from netspec.weights.stored import Stored

_Shaped = TypeVar("_Shaped", Slot, Module)

#: Layers of one shape that are named on a line.
_MOST_NAMES = 20
_MAP = "map the names that differ: `weights: {file: ..., map: {theirs: ours}}`, or --map FILE"


class UnmatchedError(Exception):
    """The names of a file could not be matched with ours: a line for each of the faults."""

    def __init__(self, faults: Iterable[str], help: str = _MAP) -> None:
        self.faults, self.help = list(faults), help
        super().__init__("; ".join(self.faults[:3]))


def too_open() -> UnmatchedError:
    """The search was given up."""
    return UnmatchedError(["its names leave too many ways to put its modules in order"])


def doubtful(places: Places, doubts: Iterable[Doubt]) -> UnmatchedError:
    """Layers that could be either of two modules."""
    faults = [
        f"doubtful: {places.slots[doubt.place].layer} could be {doubt.one.path} or "
        f"{doubt.other.path} ({shown(doubt.one.shapes)})"
        for doubt in doubts
    ]
    return UnmatchedError(faults, f"say which, and the rest is matched; {_MAP}")


def either_part(top: Module, one: Module, other: Module) -> UnmatchedError:
    """Parts of a file that could each be left out."""
    left = [[n for n in top.children if n not in part.children] for part in (one, other)]
    names = [", ".join(top.children[name].path for name in each) for each in left]
    fault = f"doubtful: the net could be what is left without {names[0]}, or without {names[1]}"
    return UnmatchedError([fault], "save the part that is meant in a file of its own")


def no_order(places: Places, reached: int) -> UnmatchedError:
    """All shapes are there, but the names give no order that fits the net."""
    slot = places.slots[min(reached, len(places.slots) - 1)]
    before = f"after {places.slots[reached - 1].layer} " if reached else ""
    return UnmatchedError(
        [
            f"its shapes are the net's, but its names put them in another order: {before}"
            f"nothing of it may stand at {slot.layer} ({shown(slot.shapes)})"
        ]
    )


def left_over(places: Places, root: Module, strangers: Mapping[str, Stored]) -> UnmatchedError:
    """Layers without a module of their shapes, modules without a layer of theirs, and tensors that
    are named as none of a layer's.
    """
    leaves = [leaf for leaf in root.leaves if leaf.tensors]
    wanted = Counter(places.key(slot.shapes) for slot in places.slots)
    there = Counter(places.key(leaf.shapes) for leaf in leaves)
    lacking = wanted - there
    slots_of, leaves_of = _by_key(places, places.slots), _by_key(places, leaves)
    straight = {shape for shapes in lacking for _, shape in shapes}
    turned = {tuple(sorted(shape)) for shape in straight if len(shape) > 1}
    faults: list[str] = []
    for key, count in lacking.items():
        layers = {slot.layer: slot.shapes for slot in slots_of[key]}
        if there[key]:
            faults.append(f"missing: {_some_of(count, layers)}")
        else:
            each = ((name, *tensor) for name, shapes in layers.items() for tensor in shapes)
            faults += (f"missing: {name}.{what} ({_size(shape)})" for name, what, shape in each)
    extra = dict(strangers)
    for key, count in (there - wanted).items():
        modules = leaves_of[key]
        if wanted[key]:
            faults.append(f"extra: {_some_of(count, {m.path: m.shapes for m in modules})}")
        else:
            extra |= {leaf.tensors[n]: Stored(s, "") for leaf in modules for n, s in leaf.shapes}
    for name, tensor in extra.items():
        apart = tensor.shape not in straight and tuple(sorted(tensor.shape)) in turned
        hint = "; it looks transposed" if apart else ""
        faults.append(f"extra: {name} ({_size(tensor.shape)}){hint}")
    return UnmatchedError(faults)


def _by_key(places: Places, found: Iterable[_Shaped]) -> dict[Shapes, list[_Shaped]]:
    by_key: dict[Shapes, list[_Shaped]] = {}
    for each in found:
        by_key.setdefault(places.key(each.shapes), []).append(each)
    return by_key


def _some_of(count: int, among: Mapping[str, Shapes]) -> str:
    names, shapes = list(among), next(iter(among.values()))
    more = f" and {len(names) - _MOST_NAMES:,} more" if len(names) > _MOST_NAMES else ""
    return f"{count} of {', '.join(names[:_MOST_NAMES])}{more} ({shown(shapes)})"


def _size(shape: tuple[int, ...]) -> str:
    return str(TensorType(shape)) if shape else "a number"
