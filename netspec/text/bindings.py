"""`where` and the rows of tables: located YAML -> bindings."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeAlias

from netspec.text.diagnostics import Diagnostic
from netspec.text.expression import WORDS, parse_expression
from netspec.text.lexer import fragment_of
from netspec.text.limits import MAX_NAME
from netspec.text.printable import printable
from netspec.text.source import Span
from netspec.text.syntax import Expr, Hole, ListOf, Literal, Name
from netspec.text.tree import Mapping, Scalar, Sequence, Tree

#: Names that the language itself binds: the size of the tensor that enters a call.
BUILT_IN = ("C", "H", "W")

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A list of rows; a repeat over it binds each row's keys in turn."""

    rows: tuple[Row, ...]
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """One row of a table."""

    bindings: tuple[Binding, ...]
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Defaults:
    """Hyperparameters that a layer kind has where a call does not say otherwise."""

    settings: tuple[tuple[Name, Expr], ...]
    span: Span


BindingValue: TypeAlias = Expr | Table | Defaults


@dataclass(frozen=True, slots=True, eq=False)
class Binding:
    """A name and what it stands for."""

    name: Name
    value: BindingValue


def read_bindings(tree: Mapping, diagnostics: list[Diagnostic]) -> tuple[Binding, ...]:
    """The bindings of `where` or of a row; what is wrong with them goes to `diagnostics`."""
    found = []
    for key, value in tree.entries:
        if check_name(key, diagnostics):
            found.append(Binding(Name(key.text, key.span), _binding_value(value, diagnostics)))
    return tuple(found)


def check_name(key: Scalar, diagnostics: list[Diagnostic]) -> bool:
    """Whether a key may be bound: an identifier that is neither a word of the language nor built
    in.
    """
    shown = printable(key.text)[:40]
    if not _IDENTIFIER.fullmatch(key.text) or len(key.text) > MAX_NAME:
        code, message = (
            "bad-name",
            f"`{shown}` is not a name: letters, digits and _, at most {MAX_NAME}",
        )
    elif key.text in WORDS:
        code, message = "reserved-name", f"`{shown}` is a word of the language and cannot be bound"
    elif key.text in BUILT_IN:
        code, message = (
            "reserved-name",
            f"`{shown}` is built in: the size of the tensor that enters a call",
        )
    else:
        return True
    diagnostics.append(Diagnostic(code, message, key.span))
    return False


def _binding_value(tree: Tree, diagnostics: list[Diagnostic]) -> BindingValue:
    match tree:
        case Scalar():
            return read_value(tree, diagnostics)
        case Mapping():
            settings = [
                (Name(key.text, key.span), _value_or_list(value, diagnostics))
                for key, value in tree.entries
            ]
            return Defaults(tuple(settings), tree.span)
        case Sequence() if any(isinstance(item, Mapping) for item in tree.items):
            return _table(tree, diagnostics)
    return _value_or_list(tree, diagnostics)


def _table(tree: Sequence, diagnostics: list[Diagnostic]) -> Table:
    rows = []
    for item in tree.items:
        if isinstance(item, Mapping):
            rows.append(Row(read_bindings(item, diagnostics), item.span))
        else:
            message = "a table's rows are all mappings"
            diagnostics.append(Diagnostic("table", message, item.span, help="write `- {f: 64}`"))
    return Table(tuple(rows), tree.span)


def _value_or_list(tree: Tree, diagnostics: list[Diagnostic]) -> Expr:
    match tree:
        case Scalar():
            return read_value(tree, diagnostics)
        case Sequence():
            items = [_value_or_list(item, diagnostics) for item in tree.items]
            return ListOf(tuple(items), tree.span)
    message = "a value or a list is expected, found a mapping"
    diagnostics.append(Diagnostic("wrong-type", message, tree.span))
    return Hole(tree.span)


def read_value(scalar: Scalar, diagnostics: list[Diagnostic]) -> Expr:
    """The expression that a scalar is: a literal, or text in the language of expressions."""
    if not isinstance(scalar.value, str):
        return Literal(scalar.value, scalar.span)  # type: ignore[arg-type]  # `resolve` gives no others
    if re.fullmatch(r"\s*[-+]?[0-9.]+([eE][-+]?[0-9]+)?\s*", scalar.value):
        message = f"the number {printable(scalar.text)[:40]} is quoted, which makes it text"
        diagnostics.append(
            Diagnostic("quoted-number", message, scalar.span, help="remove the quotes")
        )
        return Hole(scalar.span)
    expr, faults = parse_expression(fragment_of(scalar))
    if expr is None and (not scalar.text or scalar.text[:1].isdigit()):
        message = f"a value is expected, found `{printable(scalar.text)[:40]}`"
        help_text = "YAML 1.2 reads this as text; write a plain integer, or `yes` and `no`"
        faults = [Diagnostic("expression", message, scalar.span, help=help_text)]
    diagnostics.extend(faults)
    return expr or Hole(scalar.span)
