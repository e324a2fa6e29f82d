"""What decides between orders of a module's children that names and shapes leave open.

Each rule counts what speaks against an order; those with least are kept.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

from netspec.weights.names.modules import Module
from netspec.weights.names.slots import Places

#: A module at the first of the layers that it takes.
Placed = tuple[Module, int]
#: The children of a module, as places in its list of them, in the order that they run in.
Order = tuple[int, ...]
#: What a child does in its module: whether it reads another, whether another reads it, and whether
#: what it reads is pooled.
Role = tuple[bool, bool, bool]
#: How often children have which roles, by the module around theirs and their own name.
Roles = Mapping[tuple[str, str], Counter[Role]]

#: Merges at an end of a module that may be within it.
_MOST_SEAMS = 4


def break_ties(
    places: Places, alike: Sequence[Placed], orders: Sequence[Order], known: Roles
) -> Sequence[Order]:
    """The orders of the children of modules that are alike against which least speaks.

    A module is called with few tensors and answers few, so that a block of a residual net does not
    begin within one; and where names have one role in several modules beside it, they have it here.
    """
    orders = _least(orders, alike, lambda placed, order: _crossings(places, placed, order))
    spans = [spans_of(alike[0], order) for order in orders]
    moved = [child for child in orders[0] if any(each[child] != spans[0][child] for each in spans)]
    for module, _ in alike:
        names = list(module.children)
        if any(_role_of(known, module, names[child]) is None for child in moved):
            return orders

    def strange(placed: Placed, order: Order) -> int:
        known_as = ((_role_of(known, placed[0], n), r) for n, r in roles(places, placed, order))
        return sum(known is not None and known != role for known, role in known_as)

    return _least(orders, alike, strange)


def _role_of(known: Roles, module: Module, name: str) -> Role | None:
    """The one role that a name has in two or more modules beside a module."""
    found: Mapping[Role, int] = known.get((around_of(module), name), {})
    return next(iter(found)) if len(found) == 1 and sum(found.values()) > 1 else None


def around_of(module: Module) -> str:
    """The path of the module around a module."""
    return module.path.rpartition(".")[0]


def roles(places: Places, placed: Placed, order: Order) -> Iterable[tuple[str, Role]]:
    """What each child of a module does in it, by name."""
    module, start = placed
    spans = spans_of(placed, order)
    owner = {places.slots[at].node: child for child, span in spans.items() for at in range(*span)}
    first = places.slots[start].node
    follows, feeds = set(), set()
    for node, child in owner.items():
        for read in places.reads[node]:
            if read >= first and owner.get(read) != child:
                follows.add(child)
                feeds.add(owner.get(read))
    entering = [child for child in spans if child not in follows]
    pooled = {child for child, (at, _) in spans.items() if places.slots[at].pooled}
    if pooled.issuperset(entering):  # what the module itself reads is
        pooled.difference_update(entering)
    for child, name in enumerate(module.children):
        yield name, (child in follows, child in feeds, child in pooled)


def spans_of(placed: Placed, order: Order) -> dict[int, tuple[int, int]]:
    """For each child the first of its layers and the end of them."""
    module, at = placed
    sizes = [child.size for child in module.children.values()]
    found = {}
    for child in order:
        found[child] = at, at + sizes[child]
        at += sizes[child]
    return found


def _least(
    orders: Sequence[Order], alike: Sequence[Placed], against: Callable[[Placed, Order], int]
) -> Sequence[Order]:
    costs = [sum(against(placed, order) for placed in alike) for order in orders]
    return [order for order, cost in zip(orders, costs, strict=True) if cost == min(costs)]


def _crossings(places: Places, placed: Placed, order: Order) -> int:
    """Tensors that go into modules of several layers and come out of them."""
    spans = spans_of(placed, order).values()
    return sum(_crossing(places, start, end) for start, end in spans if end - start > 1)


def _crossing(places: Places, start: int, end: int) -> int:
    """The fewest tensors that cross the bounds of the layers from one place to another.

    Merges before the first and after the last of them may be within or without.
    """
    slots = places.slots
    since = slots[start - 1].node + 1 if start else 0
    until = slots[end].node if end < len(slots) else len(places.reads)
    merges = [at for at in range(since, until) if places.reads[at]]
    starts = [at for at in merges if at <= slots[start].node][-_MOST_SEAMS:]
    ends = [at + 1 for at in merges if at >= slots[end - 1].node][:_MOST_SEAMS]
    return min(_crossed(places, first, past) for first in starts for past in ends)


def _crossed(places: Places, first: int, past: int) -> int:
    within = range(first, past)
    enter = {read for at in within for read in places.reads[at] if read < first}
    return len(enter) + sum(places.last[at] >= past for at in within)
