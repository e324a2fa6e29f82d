"""The syntax of patterns and expressions.  Every piece keeps its place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from netspec.text.source import Span


@dataclass(frozen=True, slots=True, eq=False)
class Literal:
    """A number, a boolean or one of the language's words."""

    value: int | float | bool | str | None
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Name:
    """A name to be looked up."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class ListOf:
    """`[a, b]`"""

    items: tuple[Expr, ...]
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Negated:
    """`-a`"""

    operand: Expr
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Binary:
    """`a + b`, and so on for `- * / %`."""

    operator: str
    left: Expr
    right: Expr
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Hole:
    """Where the text could not be read: nothing is known of the value, or of the tensor after."""

    span: Span


Expr: TypeAlias = Literal | Name | ListOf | Negated | Binary | Hole


@dataclass(frozen=True, slots=True, eq=False)
class Argument:
    """`value` or `name=value` in a call."""

    name: Name | None
    value: Expr


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """A layer kind or a block, with arguments and branches; its place is the name's."""

    name: str
    arguments: tuple[Argument, ...]
    branches: tuple[Chain, ...] | None
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Repeat:
    """`body*count`"""

    body: Item
    count: Expr
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Maybe:
    """`body?` or `body?flag`"""

    body: Item
    flag: Name
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Labelled:
    """`body @label`"""

    body: Item
    label: Name

    @property
    def span(self) -> Span:
        """The label's place."""
        return self.label.span


@dataclass(frozen=True, slots=True, eq=False)
class Tap:
    """`@label` or `@label[index]`: start here instead of at the incoming tensor."""

    label: Name
    index: Expr | None

    @property
    def span(self) -> Span:
        """The label's place."""
        return self.label.span


@dataclass(frozen=True, slots=True, eq=False)
class Chain:
    """Items joined by arrows; none in an empty branch."""

    items: tuple[Item, ...]
    span: Span


Item: TypeAlias = Call | Repeat | Maybe | Labelled | Tap | Chain | Hole


def calls(item: Item) -> Iterator[Call]:
    """Every call in an item, in the order of the text."""
    match item:
        case Call():
            yield item
            for branch in item.branches or ():
                yield from calls(branch)
        case Chain():
            for inner in item.items:
                yield from calls(inner)
        case Repeat() | Maybe() | Labelled():
            yield from calls(item.body)
        case Tap() | Hole():
            return


def names(expr: Expr) -> Iterator[Name]:
    """Every name in an expression, in the order of the text."""
    match expr:
        case Name():
            yield expr
        case ListOf():
            for item in expr.items:
                yield from names(item)
        case Negated():
            yield from names(expr.operand)
        case Binary():
            first, operations = spine(expr)
            yield from names(first)
            for operation in operations:
                yield from names(operation.right)
        case Literal() | Hole():
            return


def terms(expr: Expr) -> int:
    """Numbers, names and words in an expression."""
    match expr:
        case ListOf():
            return 1 + sum(terms(item) for item in expr.items)
        case Negated():
            return terms(expr.operand)
        case Binary():
            first, operations = spine(expr)
            return terms(first) + sum(terms(operation.right) for operation in operations)
        case Literal() | Name() | Hole():
            return 1


def spine(expr: Binary) -> tuple[Expr, list[Binary]]:
    """The leftmost operand of a sum or product and the operations upon it, innermost first.

    A sum of thousands of terms leans to the left: who walks it must not recurse there.
    """
    operations = [expr]
    left = expr.left
    while isinstance(left, Binary):
        operations.append(left)
        left = left.left
    return left, operations[::-1]


def tallest(item: Item) -> int:
    """Levels of items within items, this one counted; walked without recursion."""
    most, pending = 0, [(item, 1)]
    while pending:
        at, level = pending.pop()
        most = max(most, level)
        pending += [(inner, level + 1) for inner in _inside(at)]
    return most


def _inside(item: Item) -> Sequence[Item]:
    match item:
        case Call():
            return item.branches or ()
        case Chain():
            return item.items
        case Repeat() | Maybe() | Labelled():
            return (item.body,)
        case Tap() | Hole():
            return ()


def labelled(item: Item) -> Iterator[str]:
    """Every label that an item sets, in the order of the text."""
    match item:
        case Call():
            for branch in item.branches or ():
                yield from labelled(branch)
        case Chain():
            for inner in item.items:
                yield from labelled(inner)
        case Labelled():
            yield item.label.text
            yield from labelled(item.body)
        case Repeat() | Maybe():
            yield from labelled(item.body)
        case Tap() | Hole():
            return
