"""Bindings -> scopes: `where`, rows and parameters are evaluated where they are written, from the
top down.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from netspec.graph.evaluate import Refusal, evaluate
from netspec.graph.place import Findings, TooManyError
from netspec.graph.scope import Bound, RowValue, Scope, TableValue, Unknown
from netspec.layers import REGISTRY, hyperparameters
from netspec.layers.reference import meant_hyperparameter, meant_kind
from netspec.text.bindings import Binding, Defaults, Table
from netspec.text.diagnostics import Diagnostic, LayerError, Note
from netspec.text.nearest import nearest
from netspec.text.printable import printable
from netspec.text.syntax import Expr, ListOf, Literal, Name


def where_scope(bindings: tuple[Binding, ...], findings: Findings) -> Scope:
    """The outermost scope, with the mistakes of its values found whether or not they are used."""
    scope = Scope(None)
    with suppress(TooManyError):
        _bind(bindings, scope, scope.values, scope.defaults, findings)
    return scope


def _bind(
    bindings: tuple[Binding, ...],
    scope: Scope,
    values: dict[str, Bound],
    defaults: dict[str, tuple[Defaults, Scope]],
    findings: Findings,
) -> None:
    scope.later = {binding.name.text for binding in bindings}
    for binding in bindings:
        name, value = binding.name, binding.value
        if isinstance(value, Defaults):
            _bind_defaults(name, value, scope, defaults, findings)
        elif name.text.upper() in REGISTRY and name.text.isupper():
            message = (
                f"`{name.text}` is a layer kind: its defaults are a mapping of hyperparameters"
            )
            help_text = f"write `{name.text}: {{{_first_setting(name.text)}}}`"
            findings.append(Diagnostic("mapping-expected", message, value.span, help=help_text))
            scope.doubtful.add(name.text)
        else:
            scope.later.discard(name.text)
            values[name.text] = _bound(value, scope, findings)
    scope.later = set()


def _first_setting(keyword: str) -> str:
    first = next(iter(hyperparameters(REGISTRY[keyword])), "name")
    return f"{first}: ..."


def _bound(value: Expr | Table, scope: Scope, findings: Findings) -> Bound:
    if isinstance(value, Table):
        return Bound(_table(value, scope, findings), value.span)
    try:
        if isinstance(value, Literal) and value.value is None:
            raise Refusal(
                "empty-binding", "the binding has no value", value.span, "write a value after `:`"
            )
        items = tuple(item.span for item in value.items) if isinstance(value, ListOf) else ()
        return Bound(evaluate(value, scope), value.span, items=items)
    except Refusal as refusal:
        findings.keep(refusal)
    except Unknown:
        pass
    return Bound(None, value.span, broken=True)


def _table(table: Table, scope: Scope, findings: Findings) -> TableValue:
    rows = []
    for row in table.rows:
        inside = Scope(scope)
        _bind(row.bindings, inside, inside.values, inside.defaults, findings)
        rows.append(RowValue(row, inside.values, inside.defaults, inside.read, inside.doubtful))
    return TableValue(tuple(rows), table.span)


def _bind_defaults(
    name: Name,
    value: Defaults,
    scope: Scope,
    defaults: dict[str, tuple[Defaults, Scope]],
    findings: Findings,
) -> None:
    keyword = name.text.upper()
    if keyword in defaults:
        message = f"the defaults of {keyword} stand twice: kinds are read in any case"
        findings.append(Diagnostic("duplicate-key", message, name.span, help="write them as one"))
    elif keyword in REGISTRY:
        settings = tuple(_good_settings(keyword, value.settings, scope, findings))
        defaults[keyword] = (Defaults(settings, value.span), scope)
    else:
        findings.append(_no_kind(name, value))
        scope.doubtful.add(nearest(name.text, REGISTRY) or keyword)
        scope.values[name.text] = Bound(None, value.span, broken=True)


def _no_kind(name: Name, value: Defaults) -> Diagnostic:
    """Why a name may not be bound to a mapping: a layer kind that does not exist, or no kind at
    all.
    """
    shown = printable(name.text)[:60]
    near = nearest(name.text, REGISTRY)
    if name.text.isupper() or near is not None:
        message = f"there is no layer kind {shown}"
        help_text = meant_kind(name.text)
        return Diagnostic("unknown-kind", message, name.span, help=help_text)
    message = f"`{shown}` is bound to a mapping, which only a layer kind may be"
    help_text = f"a table is a list of rows: `{shown}: [{{f: 8}}]`"
    return Diagnostic("table", message, value.span, help=help_text)


def _good_settings(
    keyword: str,
    settings: Iterable[tuple[Name, Expr]],
    scope: Scope,
    findings: Findings,
) -> Iterable[tuple[Name, Expr]]:
    """The settings whose names are known and whose values, where they are literal, are allowed."""
    known = hyperparameters(REGISTRY[keyword])
    for name, expr in settings:
        if name.text not in known:
            findings.append(unknown_hyperparameter(keyword, name))
            scope.doubtful.add(keyword)
            continue
        try:
            if isinstance(expr, Literal):
                known[name.text].read(expr.value)
            yield name, expr
        except LayerError as error:
            note = Note(f"{name.text}: {known[name.text].meta.doc}")
            findings.append(
                Diagnostic(
                    error.code, f"{keyword}: {error.message}", expr.span, (note,), error.help
                )
            )
            yield name, Literal(None, expr.span)


def unknown_hyperparameter(keyword: str, name: Name) -> Diagnostic:
    """The diagnostic of a hyperparameter that a kind does not have."""
    known = hyperparameters(REGISTRY[keyword])
    shown = printable(name.text)[:60]
    message = f"{keyword} has no hyperparameter `{shown}`"
    near = meant_hyperparameter(name.text, known) if known else None
    help_text = near or f"see `netspec layers {keyword}`"
    return Diagnostic("unknown-hyperparameter", message, name.span, help=help_text)
