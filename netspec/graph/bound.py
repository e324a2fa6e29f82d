"""How many layers a pattern will expand to, counted without expanding it.

Repeats multiply, and blocks that call blocks double at every level: the product must be known
before the first layer is made. A count is remembered by what it depends on, so that counting takes
time in the text, not in the net.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from netspec.graph.evaluate import Refusal, evaluate
from netspec.graph.scope import Bound, Scope, TableValue, Unknown, Value
from netspec.text.blocks import Block
from netspec.text.limits import MAX_DEPTH, MAX_LAYERS
from netspec.text.source import Span
from netspec.text.syntax import (
    Call,
    Chain,
    Expr,
    Hole,
    Item,
    Labelled,
    Maybe,
    Name,
    Repeat,
    Tap,
    calls,
    names,
)

_Key = tuple[object, ...]


def check_bounds(net: Iterable[Item], blocks: Mapping[str, Block], where: Scope) -> None:
    """Refusal where a net would expand to more layers or iterations than it may have."""
    reads = where.all_reads()
    before = [(read, set(read)) for read in reads]
    counter = _Counter(blocks, where)
    total = 0
    for item in net:
        total += counter.count(item, where)
        if total > MAX_LAYERS:
            raise _too_many(next(calls(item)).span)
    for read, kept in before:  # counting is not reading: what is unused stays so
        read.intersection_update(kept)


def _too_many(span: Span) -> Refusal:
    message = f"the net would have more than {MAX_LAYERS:,} layers or iterations"
    return Refusal("too-many-layers", message, span, "lower the repeat counts")


class _Counter:
    """Counts layers and iterations; Refusal as soon as there are more than a net may have."""

    def __init__(self, blocks: Mapping[str, Block], where: Scope) -> None:
        self._blocks, self._where = blocks, where
        self._known: dict[_Key, int] = {}
        self._free: dict[int, tuple[str, ...]] = {}
        self._nesting = 0

    def count(self, item: Item, scope: Scope) -> int:
        """Layers that an item expands to, at least 1 for each iteration of a repeat; mistakes count
        as 1.
        """
        match item:
            case Tap() | Hole():
                return 0
            case Chain():
                return sum(self.count(inner, scope) for inner in item.items)
            case Labelled():
                return self.count(item.body, scope)
            case Call():
                return self._call(item, scope)
            case Maybe():
                present = self._value(item.flag, scope)
                return 0 if present is False else self.count(item.body, scope)
            case Repeat():
                return self._repeat(item, scope)

    def _call(self, call: Call, scope: Scope) -> int:
        own = sum(self.count(branch, scope) for branch in call.branches or ())
        block = self._blocks.get(call.name)
        if block is None:
            return own + 1
        inside = Scope(self._where)
        for at, parameter in enumerate(block.parameters):
            value = self._argument(call, at, parameter.name.text, scope)
            if value is None and parameter.default is not None:
                value = self._value(parameter.default, inside)
            if value is None:
                value = self._value(parameter.name, scope)
            inside.values[parameter.name.text] = Bound(value, call.span, broken=value is None)
        key = (call.name, *((type(b.value), b.value) for b in inside.values.values()))
        if key not in self._known:
            if self._nesting >= MAX_DEPTH:
                return 1  # too deep or recursive, which elaboration reports
            self._nesting += 1
            self._known[key] = self.count(block.body, inside)
            self._nesting -= 1
        if self._known[key] > MAX_LAYERS:
            raise _too_many(call.span)
        return own + self._known[key]

    def _argument(self, call: Call, at: int, name: str, scope: Scope) -> Value:
        for place, argument in enumerate(call.arguments):
            if (argument.name.text == name) if argument.name else place == at:
                return self._value(argument.value, scope)
        return None

    def _repeat(self, item: Repeat, scope: Scope) -> int:
        count = self._value(item.count, scope)
        total = 1
        if isinstance(count, int) and not isinstance(count, bool):
            total = count * max(1, self._remembered(item.body, scope)) if count > 0 else 0
        elif isinstance(count, TableValue):
            total = 0
            for row in count.rows:
                total = self._bounded(
                    item, total + max(1, self._remembered(item.body, row.inside(scope)))
                )
        elif isinstance(count, tuple) and isinstance(item.count, Name):
            total = 0
            for value in count:
                inside = Scope(scope, {item.count.text: Bound(value, item.count.span)})
                total = self._bounded(item, total + max(1, self._remembered(item.body, inside)))
        return self._bounded(item, total)

    def _bounded(self, item: Repeat, total: int) -> int:
        if total > MAX_LAYERS:
            raise _too_many(item.count.span)
        return total

    def _remembered(self, item: Item, scope: Scope) -> int:
        """The count of a repeat's body, by the values of the names that it reads."""
        if id(item) not in self._free:
            self._free[id(item)] = tuple(dict.fromkeys(self._reads(item)))
        values = [_found(name, scope) for name in self._free[id(item)]]
        key = (id(item), *((type(value), value) for value in values))
        if key not in self._known:
            self._known[key] = self.count(item, scope)
        return self._known[key]

    def _reads(self, item: Item) -> list[str]:
        """The names that decide how often something in an item is repeated."""
        match item:
            case Tap() | Hole():
                return []
            case Chain():
                return [name for inner in item.items for name in self._reads(inner)]
            case Labelled():
                return self._reads(item.body)
            case Maybe():
                return [item.flag.text, *self._reads(item.body)]
            case Repeat():
                return [name.text for name in names(item.count)] + self._reads(item.body)
            case Call():
                found = [name for branch in item.branches or () for name in self._reads(branch)]
                if item.name in self._blocks:
                    found += [n.text for argument in item.arguments for n in names(argument.value)]
                    found += [p.name.text for p in self._blocks[item.name].parameters]
                return found

    def _value(self, expr: Expr, scope: Scope) -> Value:
        """An expression's value, None where it is a mistake or needs the shapes."""
        try:
            return evaluate(expr, scope, None)
        except (Refusal, Unknown):
            return None


def _found(name: str, scope: Scope) -> Value:
    try:
        bound = scope.find(name)
    except Unknown:
        return None
    return bound.value if bound else None
