"""Modules laid over the layers: each takes as many in a row as it has, its children tile them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from netspec.weights.names.modules import Module
from netspec.weights.names.siblings import Siblings, siblings
from netspec.weights.names.slots import Places, Shapes
from netspec.weights.names.steps import Steps
from netspec.weights.names.ties import Order

#: Whether a child can stand so many layers after the module's first.
Fits = Callable[[int, int], bool]

#: Sums of powers of it modulo the prime are equal for equal bags of layers, and hardly for others.
_BASE, _PRIME = 0x9E3779B97F4A7C15, (1 << 89) - 1


class Tiling:
    """Which modules of a file can take which layers of a net."""

    def __init__(self, places: Places, steps: Steps) -> None:
        self.places, self.steps = places, steps
        #: The layers before the first one that nothing in the file could take.
        self.reached = 0
        self._kinds: dict[Shapes, int] = {}
        self._sums = [0]
        for slot in places.slots:
            self._sums.append(self._sums[-1] + self._power(places.key(slot.shapes)))
        self._forms: dict[object, int] = {}
        self._form_of: dict[int, tuple[Module, int, int]] = {}
        self._fits: dict[tuple[int, int], bool] = {}
        self._siblings: dict[tuple[str, ...], Siblings] = {}

    def fits(self, module: Module, start: int) -> bool:
        """Whether a module can take the layers from one on, its children in an order that their
        names allow.
        """
        form, power = self._form(module)
        end = start + module.size
        if end >= len(self._sums) or self._sums[end] - self._sums[start] != power:
            return False
        if not module.children:
            self.reached = max(self.reached, end)
            return True
        known = self._fits.get((form, start))
        if known is None:
            children = tuple(module.children.values())
            orders = self.orders(module, lambda at, ahead: self.fits(children[at], start + ahead))
            known = self._fits[form, start] = bool(orders)
        return known

    def orders(self, module: Module, fits: Fits, most: int = 1) -> list[Order]:
        """Orders of a module's children in which each fits where those before it end; no more than
        `most`.
        """
        sizes = [child.size for child in module.children.values()]
        return _Search(self.siblings(module), sizes, fits, self.steps).find(most)

    def siblings(self, module: Module) -> Siblings:
        """The order that the names of a module's children give them."""
        names = tuple(module.children)
        known = self._siblings.get(names)
        if known is None:
            known = self._siblings[names] = siblings(names, self.steps)
        return known

    def _form(self, module: Module) -> tuple[int, int]:
        """A number that modules of one structure share, and the sum over their layers."""
        known = self._form_of.get(id(module))
        if known is not None:
            return known[1:]
        below = {name: self._form(child) for name, child in module.children.items()}
        power = sum(power for _, power in below.values())
        if below:
            key: object = tuple((name, form) for name, (form, _) in below.items())
        else:
            key = shapes = self.places.key(module.shapes)
            power = self._power(shapes)
        form = self._forms.setdefault(key, len(self._forms))
        self._form_of[id(module)] = module, form, power  # the module too: its id stays its own
        return form, power

    def _power(self, shapes: Shapes) -> int:
        return pow(_BASE, self._kinds.setdefault(shapes, len(self._kinds)) + 1, _PRIME)


class _Search:
    """Orders of children, depth first.  A state is how much of each lane is placed: what it leads
    to does not depend on how it was reached.
    """

    def __init__(self, order: Siblings, sizes: Sequence[int], fits: Fits, steps: Steps) -> None:
        self.lanes, self.after = order.lanes, order.after
        self.sizes, self.fits, self.steps = sizes, fits, steps
        self._dead: set[tuple[int, ...]] = set()

    def find(self, most: int) -> list[Order]:
        """The first orders, no more than `most`."""
        found: list[Order] = []
        path: list[int] = []
        start = (0,) * len(self.lanes)
        stack = [(start, 0, len(found), self._next(start, 0))]
        while stack:
            state, ahead, before, choices = stack[-1]
            if len(path) == len(self.sizes):
                found.append(tuple(path))
                if len(found) == most:
                    return found
            lane = next(choices, None)
            if lane is None:
                if len(found) == before:
                    self._dead.add(state)
                stack.pop()
                del path[-1:]
                continue
            child = self.lanes[lane][state[lane]]
            after = (*state[:lane], state[lane] + 1, *state[lane + 1 :])
            if after not in self._dead:
                path.append(child)
                end = ahead + self.sizes[child]
                stack.append((after, end, len(found), self._next(after, end)))
        return found

    def _next(self, state: tuple[int, ...], ahead: int) -> Iterator[int]:
        """The lanes whose next child may stand here."""
        self.steps.take(len(self.lanes))
        for lane, names in enumerate(self.lanes):
            if state[lane] < len(names):
                child = names[state[lane]]
                ready = all(state[other] >= count for other, count in self.after[child])
                if ready and self.fits(child, ahead):
                    yield lane
