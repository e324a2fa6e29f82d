"""One place for each module: siblings agree, and what stays open is doubtful."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from netspec.weights.names.modules import Module
from netspec.weights.names.slots import Places
from netspec.weights.names.ties import Order, Placed, Role, around_of, break_ties, roles
from netspec.weights.names.tiling import Tiling

#: Orders of a module's children that are compared; where there are so many, none is chosen.
_MOST_ORDERS = 64

#: Modules that are alike, and the orders that their children may have.
_Group = tuple[Sequence[Placed], Sequence[Order]]


@dataclass(frozen=True)
class Doubt:
    """A layer, by its place, that either of two modules of the file could be."""

    place: int
    one: Module
    other: Module


@dataclass(frozen=True)
class Assignment:
    """The module at each place; what is doubtful has none."""

    modules: Mapping[int, Module]
    doubts: tuple[Doubt, ...]


def assign(tiling: Tiling, root: Module) -> Assignment | None:
    """The modules below `root` at the layers that their names and shapes give them, level by level;
    None where they have no place.

    Modules with the same children, over layers that are wired alike, have their children in one
    order.
    """
    if not tiling.places.slots:
        return Assignment({}, ())
    if not tiling.fits(root, 0):
        return None
    found: dict[int, Module] = {}
    doubts: list[Doubt] = []
    level: list[Placed] = [(root, 0)]
    while level:
        found |= {at: leaf for leaf, at in level if not leaf.children}
        groups = [each for alike in _alike(tiling, level) for each in _settle(tiling, alike)]
        level = []
        for group, orders in _decide(tiling, groups):
            if len(orders) == 1:
                level += _children(group, orders[0])
            else:
                doubts += (d for each in group for d in _doubts(tiling, each, orders))
    return Assignment(found, tuple(doubts))


def _alike(tiling: Tiling, level: Iterable[Placed]) -> list[list[Placed]]:
    """Modules with children of the same names and sizes, over layers that are wired alike."""
    groups: dict[object, list[Placed]] = {}
    for module, start in level:
        tiling.steps.take(module.size)
        if module.children:
            children = tuple((name, child.size) for name, child in module.children.items())
            key = children, tiling.places.wiring(start, module.size)
            groups.setdefault(key, []).append((module, start))
    return list(groups.values())


def _settle(tiling: Tiling, alike: Sequence[Placed]) -> Iterator[_Group]:
    """The modules with the orders that suit all of them, else each with its own."""
    orders = _orders(tiling, alike)
    if orders:
        yield alike, orders
        return
    for placed in alike:
        yield [placed], _orders(tiling, [placed])


def _orders(tiling: Tiling, alike: Sequence[Placed]) -> Sequence[Order]:
    """Orders of their children that suit modules that are alike."""
    first, _ = alike[0]
    children = [(list(module.children.values()), start) for module, start in alike]

    def fit(at: int, ahead: int) -> bool:
        return all(tiling.fits(below[at], start + ahead) for below, start in children)

    return tiling.orders(first, fit, _MOST_ORDERS)


def _decide(tiling: Tiling, groups: Sequence[_Group]) -> Iterator[_Group]:
    """The groups of a level with fewer orders, where those that have one tell of the others."""
    places = tiling.places
    known: dict[tuple[str, str], Counter[Role]] = {}
    if any(len(orders) > 1 for _, orders in groups):
        for group, orders in groups:
            for placed in group if len(orders) == 1 else ():
                for name, role in roles(places, placed, orders[0]):
                    known.setdefault((around_of(placed[0]), name), Counter())[role] += 1
    for group, orders in groups:
        if 1 < len(orders) < _MOST_ORDERS:
            tiling.steps.take(len(orders) * sum(_extent(places, *each) for each in group))
            yield group, break_ties(places, group, orders, known)
        else:
            yield group, orders


def _extent(places: Places, module: Module, start: int) -> int:
    """The nodes from the first of a module's layers to its last."""
    return places.slots[start + module.size - 1].node + 1 - places.slots[start].node


def _children(alike: Iterable[Placed], order: Order) -> Iterator[Placed]:
    for module, start in alike:
        children = list(module.children.values())
        at = start
        for child in order:
            yield children[child], at
            at += children[child].size


def _doubts(tiling: Tiling, placed: Placed, orders: Sequence[Order]) -> Iterator[Doubt]:
    one, other = (dict(_laid(tiling, placed, order)) for order in orders[:2])
    for place, module in one.items():
        if other[place] is not module:
            yield Doubt(place, module, other[place])


def _laid(
    tiling: Tiling, placed: Placed, order: Order | None = None
) -> Iterator[tuple[int, Module]]:
    """The modules that have tensors at their places, for one order of each module's children."""
    module, start = placed
    if not module.children:
        yield start, module
        return
    order = order or _orders(tiling, [placed])[0]
    for child in _children([placed], order):
        yield from _laid(tiling, child)
