"""What a spec binds, defines or labels, and what of it is never read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from netspec.graph.labels import Labels
from netspec.graph.scope import Scope, TableValue, Unknown
from netspec.graph.work import Work
from netspec.layers import REGISTRY, hyperparameters
from netspec.text.bindings import Binding, Defaults
from netspec.text.blocks import Block
from netspec.text.diagnostics import Diagnostic
from netspec.text.source import Span
from netspec.text.spec import Spec
from netspec.text.syntax import Call, Expr, Item, Maybe, Repeat, Tap
from netspec.text.walk import names, walk

#: Characters of a value that a help line repeats.
_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Unread:
    """A name that nothing has read, a label's with its `@`, the warning of it, and all that is
    written there.
    """

    name: str
    warning: Diagnostic
    whole: Span


class Usage:
    """What has been read, beyond what scopes and labels note themselves."""

    def __init__(self, blocks: Mapping[str, Block], where: Scope, work: Work) -> None:
        self._blocks, self._where, self._work = blocks, where, work
        self.cut = False  # whether the expansion was not followed to its end
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
        for inner in walk(item):
            self._work.step(inner)
            match inner:
                case Maybe():
                    self._read(inner.flag, scope)
                case Repeat():
                    self._read(inner.count, scope)
                case Tap():
                    _read_label(inner, labels)
                case Call():
                    self._skip_call(inner, scope)

    def _skip_call(self, call: Call, scope: Scope) -> None:
        self._work.call(call)
        for argument in call.arguments:
            self._read(argument.value, scope)
        block = self._blocks.get(call.name)
        if block is None:
            kind = call.name.upper()
            if kind in REGISTRY:  # a misspelt one may stand here too
                self.kinds.add(kind)
                scope.settings(kind)
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

    @property
    def doubtful(self) -> bool:
        """Whether defaults of a layer kind could not be read: layers may not be as meant."""
        rows = (row for table in self._where.tables() for row in table.rows)
        return bool(self._where.doubtful) or any(row.doubtful for row in rows)

    def unread(self, spec: Spec) -> list[Unread]:
        """Each binding, row key, block and label that nothing has read."""
        if self.cut:
            return []
        return [
            *self._unread_labels(),
            *self._unread_blocks(spec),
            *self._unread_bindings(spec),
            *(key for table in self._where.tables() for key in self._unread_keys(table)),
        ]

    def _unread_labels(self) -> Iterator[Unread]:
        for span, (name, read) in self._labels.items():
            if not read:
                advice = f"start a branch with `@{name}`, or remove it"
                message = f"nothing reads the label `@{name}`"
                yield Unread(f"@{name}", _warning("unused-label", message, span, advice), span)

    def _unread_blocks(self, spec: Spec) -> Iterator[Unread]:
        for name, block in spec.blocks.items():
            if name not in self.called:
                message, place = f"nothing calls the block {name}", block.name.span
                advice = f"remove it, or call it: `-> {name}`"
                yield Unread(name, _warning("unused-block", message, place, advice), place)

    def _unread_bindings(self, spec: Spec) -> Iterator[Unread]:
        for binding in spec.where:
            name = binding.name.text
            read = name in self._where.read or name.upper() in self._where.read
            if not read and not (name.upper() in REGISTRY and name.upper() in self.kinds):
                message = f"nothing reads the binding `{name}`"
                place, advice = binding.name.span, self._advice(binding)
                warning = _warning("unused-binding", message, place, advice)
                yield Unread(name, warning, place.to(binding.value.span))

    def _unread_keys(self, table: TableValue) -> Iterator[Unread]:
        """The keys that no iteration over any row has read; none where none was run."""
        if not any(id(row.read) in self._iterated for row in table.rows[:1]):
            return
        read = {name for row in table.rows for name in row.read}
        keys = {b.name.text: b for row in reversed(table.rows) for b in row.row.bindings}
        for name, key in keys.items():
            if name not in read and name.upper() not in read:
                message = f"nothing reads the row key `{name}`"
                place, advice = key.name.span, self._advice(key)
                warning = _warning("unused-row-key", message, place, advice)
                yield Unread(name, warning, place.to(key.value.span))

    def _advice(self, binding: Binding) -> str:
        """What to write; a hyperparameter is bound for its kind."""
        name, span = binding.name.text, binding.value.span
        value = span.source.text[span.start : span.end]
        if isinstance(binding.value, Defaults):
            return f"remove it: nothing here is a {name.upper()}"
        for kind in sorted(self.kinds):
            if name in hyperparameters(REGISTRY[kind]) and len(value) <= _SHOWN:
                return f"write `{kind}: {{{name}: {value}}}` if it is meant for {kind}"
        return f"remove it, or write `{name}` where it should be read"


def _read_label(tap: Tap, labels: Labels | None) -> None:
    while labels is not None:
        if tap.label.text in labels.found:
            labels.found[tap.label.text].read = True
            return
        labels = labels.parent


def _warning(code: str, message: str, span: Span, advice: str) -> Diagnostic:
    return Diagnostic(code, message, span, severity="warning", help=advice)
