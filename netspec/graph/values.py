"""What the postfixes of an item stand for: flags, repeat counts, indices of labels."""

from __future__ import annotations

from collections.abc import Sequence

from netspec.graph.evaluate import Refusal, describe, evaluate
from netspec.graph.scope import Bound, Scope, TableValue
from netspec.text.diagnostics import Diagnostic, Note
from netspec.text.printable import printable
from netspec.text.syntax import Maybe, Name, Repeat, Tap


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
    refusal = Refusal("flag", message, bound.span)
    d = refusal.diagnostic
    refusal.diagnostic = Diagnostic(
        d.code, d.message, d.span, (Note("it is read here", flag.span),)
    )
    raise refusal


def iterations(item: Repeat, scope: Scope) -> Sequence[Scope]:
    """The scope of each iteration of a repeat; Refusal where its count is none."""
    count = evaluate(item.count, scope)
    match count:
        case bool():
            pass
        case int() if count >= 0:
            return (scope,) * count
        case TableValue():
            return [row.inside(scope) for row in count.rows]
        case tuple() if isinstance(item.count, Name):
            name, bound = item.count.text, scope.find(item.count.text)
            place = bound.span if bound else item.count.span
            return [Scope(scope, {name: Bound(value, place)}) for value in count]
    message = f"a repeat count is an integer from 0, a table or a list, found {describe(count)}"
    raise Refusal("repeat-count", message, item.count.span, "write `*3`, or bind a list of rows")


def tap_index(tap: Tap, scope: Scope) -> int | None:
    """Which iteration's tensor a tap means, None for the latest; Refusal where it is no integer."""
    if tap.index is None:
        return None
    index = evaluate(tap.index, scope)
    if isinstance(index, bool) or not isinstance(index, int):
        message = f"a label's index is an integer, found {describe(index)}"
        raise Refusal("label-index", message, tap.index.span)
    return index
