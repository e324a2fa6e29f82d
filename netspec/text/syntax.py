"""The syntax of patterns and expressions.  Every piece keeps its place."""

from __future__ import annotations

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
