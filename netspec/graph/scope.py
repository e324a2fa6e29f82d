"""Scopes: what names stand for, from the rows of the innermost repeat out to `where`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from netspec.text.bindings import Defaults, Row
from netspec.text.source import Span
from netspec.text.syntax import Expr, Name


class Unknown(Exception):
    """A value depends on something that is not known because of an earlier mistake: say nothing
    more.
    """


@dataclass(frozen=True, eq=False)
class TableValue:
    """A table with its rows evaluated where it is written."""

    rows: tuple[RowValue, ...]
    span: Span


#: What a name or an expression may stand for; a tuple is a list. None is a binding without a value.
Value: TypeAlias = "int | float | bool | str | tuple[Value, ...] | TableValue | None"


@dataclass(frozen=True, slots=True)
class Bound:
    """A value and where it was written; `broken` where its expression was a mistake, reported
    already.
    """

    value: Value
    span: Span
    broken: bool = False
    items: tuple[Span, ...] = ()  # of a list, where each item was written


@dataclass(frozen=True, slots=True)
class Setting:
    """A default of a hyperparameter: an expression, the scope that it is written in, and its name's
    place.
    """

    name: Name
    expr: Expr
    scope: Scope


@dataclass(eq=False)
class Scope:
    """One level of names.  `parent` is the next outer level; None for `where`.

    `read` gathers what was looked up, so that what never was can be warned of. `doubtful` are kinds
    whose defaults here could not be read, and an `opaque` level may bind any name: a mistake that
    is reported already must not be reported again as what it leaves out.
    """

    parent: Scope | None
    values: dict[str, Bound] = field(default_factory=dict)
    defaults: dict[str, tuple[Defaults, Scope]] = field(default_factory=dict)
    later: set[str] = field(default_factory=set)  # names bound further down, for the message
    read: set[str] = field(default_factory=set)
    doubtful: set[str] = field(default_factory=set)
    opaque: bool = False
    _settings: dict[str, dict[str, Setting]] = field(default_factory=dict)

    def levels(self) -> Iterator[Scope]:
        """This scope, then the outer ones."""
        scope: Scope | None = self
        while scope is not None:
            yield scope
            scope = scope.parent

    def find(self, name: str) -> Bound | None:
        """What a name stands for; the nearest wins. Unknown where that was a mistake."""
        for scope in self.levels():
            bound = scope.values.get(name)
            if bound is not None:
                scope.read.add(name)
                if bound.broken:
                    raise Unknown
                return bound
        if any(scope.opaque for scope in self.levels()):
            raise Unknown
        return None

    def hides(self, keyword: str) -> bool:
        """Whether a mistake may hide defaults of a layer kind."""
        return any(scope.opaque or keyword in scope.doubtful for scope in self.levels())

    def names(self) -> list[str]:
        """All names that can be read here."""
        return list(dict.fromkeys(name for scope in self.levels() for name in scope.values))

    def all_reads(self) -> list[set[str]]:
        """The sets of what was read in this scope and in the rows of its tables, to any depth."""
        return [self.read, *(row.read for table in self.tables() for row in table.rows)]

    def tables(self) -> list[TableValue]:
        """The tables that are bound in this scope and in their rows, to any depth, each once."""
        found: dict[int, TableValue] = {}
        pending = list(self.values.values())
        while pending:
            value = pending.pop().value
            if isinstance(value, TableValue) and id(value) not in found:
                found[id(value)] = value
                pending.extend(bound for row in value.rows for bound in row.values.values())
        return list(found.values())

    def settings(self, keyword: str) -> dict[str, Setting]:
        """The defaults of a layer kind here; the nearest scope wins, key by key."""
        known = self._settings.get(keyword)
        if known is None:
            known = dict(self.parent.settings(keyword)) if self.parent else {}
            own = self.defaults.get(keyword)
            if own is not None:
                defaults, scope = own
                known |= {name.text: Setting(name, expr, scope) for name, expr in defaults.settings}
            self._settings[keyword] = known
        if keyword in self.defaults:
            self.read.add(keyword)
        return known


@dataclass(frozen=True, eq=False, slots=True)
class RowValue:
    """A row of a table, evaluated; `read` is shared by all iterations over it."""

    row: Row
    values: dict[str, Bound]
    defaults: dict[str, tuple[Defaults, Scope]]
    read: set[str]
    doubtful: set[str]

    def inside(self, parent: Scope) -> Scope:
        """The scope of one iteration over this row."""
        return Scope(parent, self.values, self.defaults, read=self.read, doubtful=self.doubtful)
