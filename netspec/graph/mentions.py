"""Which names a text mentions, whether or not the expansion comes to them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from netspec.text.bindings import Binding, Defaults, Table
from netspec.text.blocks import Block
from netspec.text.source import Source
from netspec.text.spec import Spec
from netspec.text.syntax import Call, Expr, Item, Maybe, Repeat, Tap
from netspec.text.walk import labelled, names, walk

_COMMENT = re.compile(r"(?:^|(?<=\s))#.*")
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def net_mentions(spec: Spec) -> Iterator[str]:
    """The names that `net` and `output` read."""
    for stage in spec.net:
        yield from item_mentions(stage.chain)
    for output in spec.outputs:
        yield from item_mentions(output.tap)


def block_mentions(block: Block) -> Iterator[str]:
    """The names that a block's body reads and its parameters take from the call's surroundings."""
    for parameter in block.parameters:
        yield from _in(parameter.default or parameter.name)
    yield from item_mentions(block.body)


def binding_mentions(binding: Binding) -> Iterator[str]:
    """The names that a binding's value reads."""
    match binding.value:
        case Table(rows=rows):
            for row in rows:
                for inner in row.bindings:
                    yield from binding_mentions(inner)
        case Defaults(settings=settings):
            for _, value in settings:
                yield from _in(value)
        case value:
            yield from _in(value)


def item_mentions(item: Item) -> Iterator[str]:
    """The names that an item reads: of bindings, kinds, blocks and, as `@name`, of labels."""
    for inner in walk(item):
        match inner:
            case Maybe():
                yield inner.flag.text
            case Repeat():
                yield from _in(inner.count)
            case Tap():
                yield f"@{inner.label.text}"
                if inner.index is not None:
                    yield from _in(inner.index)
            case Call():
                yield from (inner.name, inner.name.upper())
                for argument in inner.arguments:
                    yield from _in(argument.value)


def _in(expr: Expr) -> Iterator[str]:
    return (name.text for name in names(expr))


def declared_labels(spec: Spec) -> Iterator[str]:
    """Every label that the text sets anywhere."""
    for stage in spec.net:
        if stage.label is not None:
            yield stage.label.text
        yield from labelled(stage.chain)
    for block in spec.blocks.values():
        yield from labelled(block.body)


def words_beside_definitions(spec: Spec) -> set[str]:
    """The words of a text of which parts could not be read, less those that only define a name; a
    word may be a label too.
    """
    words = Counter(_WORD.findall(_COMMENT.sub("", _text(spec.source))))
    words.subtract(_defined(spec))
    found = {word for word, count in words.items() if count > 0}
    return found | {f"@{word}" for word in found}


def _text(source: Source) -> str:
    return "\n".join(line for line in source.text.splitlines() if not line.startswith("doc:"))


def _defined(spec: Spec) -> Iterator[str]:
    yield from declared_labels(spec)
    for block in spec.blocks.values():
        yield block.name.text
        yield from (parameter.name.text for parameter in block.parameters)
    yield from _bound(spec.where)


def _bound(bindings: Iterable[Binding]) -> Iterator[str]:
    for binding in bindings:
        yield binding.name.text
        if isinstance(binding.value, Table):
            for row in binding.value.rows:
                yield from _bound(row.bindings)
