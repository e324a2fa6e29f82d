"""Expressions -> values: exact integer arithmetic over names in scope and the size of the incoming
tensor.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from netspec.graph.scope import Scope, TableValue, Unknown, Value
from netspec.layers import TensorType
from netspec.layers.hyperparameter import written
from netspec.text.bindings import BUILT_IN
from netspec.text.diagnostics import Diagnostic, Note
from netspec.text.limits import MAX_INTEGER
from netspec.text.nearest import did_you_mean
from netspec.text.printable import printable
from netspec.text.source import Span
from netspec.text.syntax import Binary, Expr, Hole, ListOf, Literal, Name, Negated
from netspec.text.walk import spine

#: A help line, or how to find it where that takes a search, which only a new finding is worth.
Advice: TypeAlias = str | Callable[[], str | None] | None


class Refusal(Exception):
    """A mistake in a value or a call."""

    def __init__(
        self, code: str, message: str, span: Span, help: Advice = None, *notes: Note
    ) -> None:
        super().__init__(message)
        self.code, self.message, self.span = code, message, span
        self.help, self.notes = help, notes

    @property
    def diagnostic(self) -> Diagnostic:
        """The finding that it is."""
        advice = self.help() if callable(self.help) else self.help
        return Diagnostic(self.code, self.message, self.span, self.notes, advice)


class NoTensor:
    """In place of a tensor: C, H and W mean nothing here."""


#: The tensor that an expression's call stands before: its type, none at all, or one that is not
#: known (None).
Entering = TensorType | type[NoTensor] | None


def evaluate(expr: Expr, scope: Scope, entering: Entering = NoTensor) -> Value:
    """An expression's value; Refusal for a mistake, Unknown where an earlier one hides it."""
    match expr:
        case Literal():
            return expr.value
        case Name():
            return _look_up(expr, scope, entering)
        case ListOf():
            return _list(expr, scope, entering)
        case Negated():
            return _in_range(-_number(expr.operand, scope, entering), expr.span)
        case Binary():
            first, operations = spine(expr)
            value = _number(first, scope, entering)
            for operation in operations:
                right = _number(operation.right, scope, entering)
                value = _in_range(_apply(operation, value, right), operation.span)
            return value
        case Hole():
            raise Unknown


def _list(expr: ListOf, scope: Scope, entering: Entering) -> Value:
    """A list of scalars or of lists of them; deeper ones, of lists by name, would grow without
    bound.
    """
    values = [evaluate(item, scope, entering) for item in expr.items]
    flat: set[int] = set()  # by identity: one list by name may stand here many times
    for value, item in zip(values, expr.items, strict=True):
        if not isinstance(value, tuple) or id(value) in flat:
            continue
        if tuple in map(type, value):
            raise Refusal("wrong-type", "lists nest more than two deep", item.span)
        flat.add(id(value))
    return tuple(values)


def _look_up(name: Name, scope: Scope, entering: Entering) -> Value:
    if name.text in BUILT_IN:
        return _size(name, entering)
    bound = scope.find(name.text)
    if bound is None:
        raise unbound(name, scope)
    return bound.value


def unbound(name: Name, scope: Scope) -> Refusal:
    """The refusal of a name that stands for nothing."""
    shown = printable(name.text)[:60]

    def advice() -> str:
        if any(name.text in level.later for level in scope.levels()):
            return f"`{shown}` is bound further down; names are read from above: move it up"
        if name.text.lower() in ("on", "off"):
            return f"write `{'yes' if name.text.lower() == 'on' else 'no'}`"
        return did_you_mean(name.text, scope.names()) or f"bind it in `where`: `{shown}: 1`"

    return Refusal("unbound-name", f"`{shown}` is not bound here", name.span, advice)


def _size(name: Name, entering: Entering) -> int:
    if entering is None:
        raise Unknown
    if not isinstance(entering, TensorType):
        message = f"`{name.text}` is a size of the tensor that enters a call; none enters here"
        raise Refusal(
            "built-in-name", message, name.span, "use it in the arguments of a layer or block"
        )
    if name.text == "C":
        return entering.channels
    if entering.rank != 3:
        message = f"`{name.text}` needs a tensor with an area, got a vector of {entering}"
        raise Refusal("built-in-name", message, name.span, "`C` is the length of a vector")
    return entering.area["HW".index(name.text)]


def _number(expr: Expr, scope: Scope, entering: Entering) -> int | float:
    value = evaluate(expr, scope, entering)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    raise Refusal("wrong-type", f"arithmetic needs a number, found {describe(value)}", expr.span)


def _apply(expr: Binary, left: int | float, right: int | float) -> int | float:
    match expr.operator:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
    if right == 0:
        raise Refusal(
            "division-by-zero", f"{left} {expr.operator} {right}: division by zero", expr.span
        )
    if expr.operator == "%":
        return left % right
    if isinstance(left, float) or isinstance(right, float):
        return left / right
    if left % right:
        message = f"{left}/{right} is not an integer, and `/` is exact"
        raise Refusal(
            "inexact-division",
            message,
            expr.span,
            f"{left // right * right} is divisible by {right}",
        )
    return left // right


def _in_range(value: int | float, span: Span) -> int | float:
    if abs(value) > MAX_INTEGER:
        raise Refusal("too-large", "the value is beyond 2^63-1", span)
    return value


def describe(value: Value) -> str:
    """A value as messages say it."""
    return "a table" if isinstance(value, TableValue) else written(value)
