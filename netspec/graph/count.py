"""How many layers a pattern will expand to, counted without expanding it.

Repeats multiply, and blocks that call blocks double at every level: the product must be known
before the first layer is made. A count is remembered by what it depends on, so that counting takes
time in the text, not in the net.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from netspec.graph.evaluate import Refusal, evaluate
from netspec.graph.scope import Bound, Scope, TableValue, Unknown, Value
from netspec.graph.work import Work
from netspec.text.bindings import BUILT_IN
from netspec.text.blocks import Block
from netspec.text.limits import MAX_LAYERS, MAX_NESTING, MAX_STEPS, MAX_VARIANTS
from netspec.text.source import Span
from netspec.text.syntax import Call, Chain, Expr, Hole, Item, Labelled, Maybe, Name, Repeat, Tap
from netspec.text.walk import names, walk

_Key = tuple[object, ...]


class LayerCount:
    """Counts the layers and iterations of a net; Refusal as soon as there are more than it may
    have.
    """

    def __init__(self, blocks: Mapping[str, Block], where: Scope, work: Work | None = None) -> None:
        self._blocks, self._where = blocks, where
        self.total = 0  # layers and iterations counted so far
        self._variants = 0
        self._work = work or Work(MAX_STEPS)
        self._known: dict[_Key, int] = {}
        self._free: dict[int, tuple[str, ...]] = {}
        self._late: dict[int, bool] = {}
        self._open: list[str] = []  # blocks that are being counted, outermost first
        self._nesting = 0

    def check(self, net: Iterable[Chain]) -> None:
        """Count a net, before it is run."""
        before = [(read, set(read)) for read in self._where.all_reads()]
        for chain in net:
            self._add(chain, self._where)
        for read, kept in before:  # counting is not reading: what is unused stays so
            read.intersection_update(kept)

    def check_call(self, call: Call, block: Block, inside: Scope) -> None:
        """Count the body of a block that is about to run, if only now its shapes tell how often
        something in it is repeated.
        """
        if id(call) not in self._late:
            given = [argument.value for argument in call.arguments]
            given += [p.default for p in block.parameters if p.default is not None]
            sizes = any(name.text in BUILT_IN for expr in given for name in names(expr))
            self._late[id(call)] = sizes and bool(self._free_names(block.body))
        if self._late[id(call)]:
            self._add(block.body, inside)

    def _add(self, chain: Chain, scope: Scope) -> None:
        self.total += self._chain(chain, scope)
        if self.total > MAX_LAYERS:
            first = next((item for item in walk(chain) if isinstance(item, Call)), chain)
            raise too_many_layers(first.span)

    def _chain(self, chain: Chain, scope: Scope) -> int:
        total = 0
        for item in chain.items:
            total += self._count(item, scope)
        return total

    def _count(self, item: Item, scope: Scope) -> int:
        """Layers that an item expands to, at least 1 for each iteration of a repeat and each call
        of a block; mistakes count as 1.
        """
        if self._nesting >= MAX_NESTING:
            return 1  # elaboration says so
        self._nesting += 1
        self._work.step(item)
        match item:
            case Tap() | Hole():
                total = 0
            case Chain():
                total = self._chain(item, scope)
            case Labelled():
                total = self._count(item.body, scope)
            case Call():
                total = self._call(item, scope)
            case Maybe():
                absent = self._value(item.flag, scope) is False
                total = 0 if absent else self._count(item.body, scope)
            case Repeat():
                total = self._repeat(item, scope)
        self._nesting -= 1
        return total

    def _call(self, call: Call, scope: Scope) -> int:
        own = 0
        for branch in call.branches or ():
            own += self._chain(branch, scope)
        block = self._blocks.get(call.name)
        if block is None or call.name in self._open:
            return own + 1
        inside = self._inside(block, call, scope)
        key = self._key(call.name, call, [bound.value for bound in inside.values.values()])
        if key not in self._known:
            self._vary(call.span)
            self._open.append(call.name)
            self._known[key] = max(1, self._chain(block.body, inside))
            self._open.pop()
        if self._known[key] > MAX_LAYERS:
            raise too_many_layers(call.span)
        return own + self._known[key]

    def _inside(self, block: Block, call: Call, scope: Scope) -> Scope:
        """The scope of a block's body as far as it is known without the shapes."""
        self._work.call(call)
        inside, arguments = Scope(self._where), _arguments(call)
        for at, parameter in enumerate(block.parameters):
            given = arguments.get(parameter.name.text, arguments.get(at))
            if given is not None:
                value = self._value(given, scope)
            elif parameter.default is not None:
                value = self._value(parameter.default, inside)
            else:
                value = self._value(parameter.name, scope)
            bound = Bound(value, call.span, broken=value is None)
            inside.values[parameter.name.text] = bound
        return inside

    def _vary(self, span: Span) -> None:
        self._variants += 1
        if self._variants > MAX_VARIANTS:
            message = f"blocks and repeats expand with more than {MAX_VARIANTS:,} different values"
            raise Refusal(
                "too-many-layers", message, span, "call blocks with fewer different values"
            )

    def _repeat(self, item: Repeat, scope: Scope) -> int:
        count = self._value(item.count, scope)
        total = 0
        if isinstance(count, int) and not isinstance(count, bool):
            total = count * max(1, self._remembered(item, scope)) if count > 0 else 0
        elif isinstance(count, TableValue):
            for row in count.rows:
                total = self._bounded(
                    item, total + max(1, self._remembered(item, row.inside(scope)))
                )
        elif isinstance(count, tuple) and isinstance(item.count, Name):
            for value in count:
                inside = Scope(scope, {item.count.text: Bound(value, item.count.span)})
                total = self._bounded(item, total + max(1, self._remembered(item, inside)))
        else:
            total = max(1, self._remembered(item, scope))
        return self._bounded(item, total)

    def _bounded(self, item: Repeat, total: int) -> int:
        if total > MAX_LAYERS:
            raise too_many_layers(item.count.span)
        return total

    def _remembered(self, repeat: Repeat, scope: Scope) -> int:
        """The count of a repeat's body, by the values of the names that it reads."""
        item = repeat.body
        values = [_found(name, scope) for name in self._free_names(item)]
        key = self._key(id(item), item, values)
        if key not in self._known:
            self._vary(repeat.count.span)
            self._known[key] = self._count(item, scope)
        return self._known[key]

    def _key(self, what: object, item: Item, values: list[Value]) -> _Key:
        """What a count depends on; long lists take long to compare."""
        self._work.step(item, sum(1 + len(v) // 16 for v in values if isinstance(v, tuple)))
        return (what, *((type(value), value) for value in values))

    def _free_names(self, item: Item) -> tuple[str, ...]:
        if id(item) not in self._free:
            self._free[id(item)] = tuple(dict.fromkeys(self._reads(item)))
        return self._free[id(item)]

    def _reads(self, item: Item) -> Iterator[str]:
        """The names that decide how often something in an item is repeated."""
        for inner in walk(item):
            match inner:
                case Maybe():
                    yield inner.flag.text
                case Repeat():
                    yield from (name.text for name in names(inner.count))
                case Call() if inner.name in self._blocks:
                    for argument in inner.arguments:
                        yield from (name.text for name in names(argument.value))
                    yield from (p.name.text for p in self._blocks[inner.name].parameters)

    def _value(self, expr: Expr, scope: Scope) -> Value:
        """An expression's value, None where it is a mistake or needs the shapes."""
        try:
            return evaluate(expr, scope, None)
        except (Refusal, Unknown):
            return None


def too_many_layers(span: Span) -> Refusal:
    """The refusal of a net that would have more layers or iterations than it may."""
    message = f"the net would have more than {MAX_LAYERS:,} layers or iterations"
    return Refusal("too-many-layers", message, span, "lower the repeat counts")


def _arguments(call: Call) -> dict[str | int, Expr]:
    """What a call gives for a block's parameters, by name or by place."""
    given: dict[str | int, Expr] = {}
    for at, argument in enumerate(call.arguments):
        given.setdefault(argument.name.text if argument.name else at, argument.value)
    return given


def _found(name: str, scope: Scope) -> Value:
    try:
        bound = scope.find(name)
    except Unknown:
        return None
    return bound.value if bound else None
