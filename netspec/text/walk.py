"""Walks over the syntax of patterns and expressions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from netspec.text.syntax import (
    Binary,
    Call,
    Chain,
    Expr,
    Hole,
    Item,
    Labelled,
    ListOf,
    Literal,
    Maybe,
    Name,
    Negated,
    Repeat,
    Tap,
)


def inside(item: Item) -> Sequence[Item]:
    """The items that stand directly in an item, in the order of the text."""
    match item:
        case Call():
            return item.branches or ()
        case Chain():
            return item.items
        case Repeat() | Maybe() | Labelled():
            return (item.body,)
        case Tap() | Hole():
            return ()


def walk(item: Item) -> Iterator[Item]:
    """An item and every item in it, in the order of the text; without recursion."""
    pending = [item]
    while pending:
        at = pending.pop()
        yield at
        pending.extend(reversed(inside(at)))


def tallest(item: Item) -> int:
    """Levels of items within items, this one counted; walked without recursion."""
    most, pending = 0, [(item, 1)]
    while pending:
        at, level = pending.pop()
        most = max(most, level)
        pending += [(inner, level + 1) for inner in inside(at)]
    return most


def labelled(item: Item) -> Iterator[str]:
    """Every label that an item sets."""
    return (inner.label.text for inner in walk(item) if isinstance(inner, Labelled))


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
