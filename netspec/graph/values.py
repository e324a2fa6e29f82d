"""What the postfixes of an item stand for: flags, repeat counts, indices of labels."""

from __future__ import annotations

from collections.abc import Sequence

from netspec.graph.count import too_many_layers
from netspec.graph.evaluate import Refusal, describe, evaluate
from netspec.graph.scope import Bound, Scope, TableValue
from netspec.layers.hyperparameter import plain
from netspec.text.diagnostics import Note
from netspec.text.limits import MAX_LAYERS
from netspec.text.printable import printable
from netspec.text.syntax import Expr, Maybe, Name, Repeat, Tap


def flag_value(item: Maybe, scope: Scope) -> bool:
    """Whether an optional item is present; Refusal where its flag is unbound or no boolean."""
    flag = item.flag
    bound = scope.find(flag.text)
    shown = printable(flag.text)[:60]
    if bound is None:
        message = f"`{shown}` is not bound: is this item present?"
        help_text = f"bind `{shown}: yes` or `{shown}: no` in `where` or a row"
        raise Refusal("unbound-flag", message, flag.span, help_text)
    if isinstance(bound.value, bool):
        return bound.value
    message = f"the flag `{shown}` must be `yes` or `no`, found {describe(bound.value)}"
    advice = f"write `{shown}: yes` or `{shown}: no`"
    raise refused_value("flag", message, flag, scope, advice)


def iterations(item: Repeat, scope: Scope) -> Sequence[Scope]:
    """The scope of each iteration of a repeat; Refusal where its count is none."""
    count = evaluate(item.count, scope)
    match count:
        case bool():
            pass
        case int() if count > MAX_LAYERS:  # one that only shapes decide: counted before are others
            raise too_many_layers(item.count.span)
        case int() if count >= 0:
            return (scope,) * count
        case TableValue():
            return [row.inside(scope) for row in count.rows]
        case tuple() if isinstance(item.count, Name):
            places = written_at(item.count, scope).items or (item.count.span,) * len(count)
            return [
                Scope(scope, {item.count.text: Bound(value, place)})
                for value, place in zip(count, places, strict=True)
            ]
    message = f"a repeat count is an integer from 0, a table or a list, found {describe(count)}"
    advice = "write `*3`, or bind a list of rows: `[{f: 8}, {f: 16}]`"
    raise refused_value("repeat-count", message, item.count, scope, advice)


def bound_values(scope: Scope) -> tuple[tuple[str, str], ...]:
    """What a scope itself binds, as it would be written, with the defaults of layer kinds (`CONV
    pad`); tables and mistakes are left out.
    """
    values = tuple(
        (name, plain(bound.value))
        for name, bound in scope.values.items()
        if bound.value is not None and not isinstance(bound.value, TableValue)
    )
    return values + tuple(
        (f"{keyword} {name.text}", _as_it_stands(expr))
        for keyword, (defaults, _) in scope.defaults.items()
        for name, expr in defaults.settings
    )


def _as_it_stands(expr: Expr) -> str:
    span = expr.span
    return " ".join(span.source.text[span.start : span.end].split())


def written_at(expr: Expr, scope: Scope) -> Bound:
    """Where the value of an expression was written: of a name that is bound, its binding."""
    bound = scope.find(expr.text) if isinstance(expr, Name) else None
    return bound or Bound(None, expr.span)


def refused_value(
    code: str, message: str, expr: Expr, scope: Scope, advice: str | None, *more: Note
) -> Refusal:
    """The refusal of a value; its place is where it was written, with a note on its reader."""
    place = written_at(expr, scope).span
    notes = more if place == expr.span else (Note("it is read here", expr.span), *more)
    return Refusal(code, message, place, advice, *notes)


def tap_index(tap: Tap, scope: Scope) -> int | None:
    """Which iteration's tensor a tap means, None for the latest; Refusal where it is no integer."""
    if tap.index is None:
        return None
    index = evaluate(tap.index, scope)
    if isinstance(index, bool) or not isinstance(index, int):
        message = f"a label's index is an integer, found {describe(index)}"
        raise Refusal("label-index", message, tap.index.span)
    return index
