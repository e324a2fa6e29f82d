"""Warnings about what a spec binds, defines or labels and never reads."""

from __future__ import annotations

from collections.abc import Mapping

from netspec.graph.labels import Labels
from netspec.graph.scope import Scope, TableValue, Unknown
from netspec.layers import REGISTRY
from netspec.text.blocks import Block
from netspec.text.diagnostics import Diagnostic
from netspec.text.source import Span
from netspec.text.spec import Spec
from netspec.text.syntax import (
    Call,
    Chain,
    Expr,
    Hole,
    Item,
    Labelled,
    Maybe,
    Repeat,
    Tap,
    names,
)


class Usage:
    """What has been read, beyond what scopes and labels note themselves."""

    def __init__(self, blocks: Mapping[str, Block], where: Scope) -> None:
        self._blocks, self._where = blocks, where
        self.kinds: set[str] = set()
        self.called: set[str] = set()
        self._labels: dict[Span, tuple[str, bool]] = {}
        self._iterated: set[int] = set()
        self._bodies: list[Item] = []  # of blocks that only absent items call, still to be skipped

    def iterate(self, first: Scope) -> None:
        """A repeat runs; `first` is the scope of its first iteration, a row's if over a table."""
        self._iterated.add(id(first.read))

    def leave(self, labels: Labels) -> None:
        """Take down which labels of a block's call, or of the net, were read."""
        for name, label in labels.found.items():
            read = self._labels.get(label.span, ("", False))[1]
            self._labels[label.span] = (name, read or label.read)

    def skip(self, item: Item, scope: Scope, labels: Labels) -> None:
        """An item that is absent here reads its names all the same: they serve other values of its
        flag.
        """
        self._skip(item, scope, labels)
        while self._bodies:
            self._skip(self._bodies.pop(), self._where, labels)

    def _skip(self, item: Item, scope: Scope, labels: Labels) -> None:
        match item:
            case Chain():
                for inner in item.items:
                    self._skip(inner, scope, labels)
            case Labelled():
                self._skip(item.body, scope, labels)
            case Maybe():
                self._read(item.flag, scope)
                self._skip(item.body, scope, labels)
            case Repeat():
                self._read(item.count, scope)
                self._skip(item.body, scope, labels)
            case Tap():
                _read_label(item, labels)
            case Call():
                self._skip_call(item, scope, labels)
            case Hole():
                pass

    def _skip_call(self, call: Call, scope: Scope, labels: Labels) -> None:
        for argument in call.arguments:
            self._read(argument.value, scope)
        for branch in call.branches or ():
            self._skip(branch, scope, labels)
        block = self._blocks.get(call.name)
        if block is None:
            self.kinds.add(call.name.upper())
            if call.name.upper() in REGISTRY:
                scope.settings(call.name.upper())
        elif call.name not in self.called:
            self.called.add(call.name)
            for parameter in block.parameters:
                self._read(parameter.default or parameter.name, scope)
            self._bodies.append(block.body)

    def _read(self, expr: Expr, scope: Scope) -> None:
        for name in names(expr):
            try:
                scope.find(name.text)
            except Unknown:
                continue

    def warnings(self, spec: Spec) -> list[Diagnostic]:
        """A warning for each binding, row key, block and label that nothing reads."""
        found = []
        for span, (name, read) in self._labels.items():
            if not read:
                found.append(_unused("unused-label", f"nothing reads the label `@{name}`", span))
        for name, block in spec.blocks.items():
            if name not in self.called:
                found.append(
                    _unused("unused-block", f"nothing calls the block {name}", block.name.span)
                )
        for binding in spec.where:
            name = binding.name.text
            read = name in self._where.read or name.upper() in self._where.read
            if not read and not (name.upper() in REGISTRY and name.upper() in self.kinds):
                message = f"nothing reads the binding `{name}`"
                found.append(_unused("unused-binding", message, binding.name.span))
        for table in self._where.tables():
            if any(id(row.read) in self._iterated for row in table.rows[:1]):
                found += _unused_keys(table)
        return found


def _unused_keys(table: TableValue) -> list[Diagnostic]:
    """A warning for each key that no iteration over any row has read."""
    read = {name for row in table.rows for name in row.read}
    keys = {b.name.text: b.name for row in reversed(table.rows) for b in row.row.bindings}
    return [
        _unused("unused-row-key", f"nothing reads the row key `{name}`", key.span)
        for name, key in keys.items()
        if name not in read and name.upper() not in read
    ]


def _read_label(tap: Tap, labels: Labels | None) -> None:
    while labels is not None:
        if tap.label.text in labels.found:
            labels.found[tap.label.text].read = True
            return
        labels = labels.parent


def _unused(code: str, message: str, span: Span) -> Diagnostic:
    return Diagnostic(code, message, span, severity="warning", help="remove it, or use it")
