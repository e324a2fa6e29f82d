"""Warnings about what is never read, less those that another finding explains."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from netspec.graph.mentions import (
    binding_mentions,
    block_mentions,
    net_mentions,
    words_beside_definitions,
)
from netspec.graph.unused import Unread, Usage
from netspec.text.diagnostics import Diagnostic
from netspec.text.limits import MAX_DIAGNOSTICS
from netspec.text.nearest import nearest
from netspec.text.spec import Spec

#: Errors about a name that stands for nothing.
_MISNAMED = frozenset(
    (
        "unknown-kind",
        "unknown-label",
        "unknown-hyperparameter",
        "unbound-name",
        "unbound-flag",
        "missing-argument",
        "missing-hyperparameter",
        "block-arguments",
        "unknown-key",
        "bad-name",
        "reserved-name",
    )
)
#: Characters of a name that are looked at.
_SHOWN = 60


def unused(spec: Spec, usage: Usage, errors: Iterable[Diagnostic], whole: bool) -> list[Diagnostic]:
    """A warning for each name that is bound, defined or set, and never read.

    Not where another finding explains it: what only an unused thing reads, and beside `errors`
    what one of them may have kept from being read.  `whole` says that all of the text was read.
    """
    unread = usage.unread(spec)
    if not unread:
        return []
    names = {item.name for item in unread}
    excused = _inside_unread(spec, names)
    wrong = [error for error in errors if error.severity == "error"]
    if wrong:
        excused |= _mentioned(spec) if whole else words_beside_definitions(spec)
    unread = [item for item in unread if item.name not in excused]
    if wrong:  # errors come first where there are too many to report
        explained = (item for item in unread if not _explained(item, wrong))
        unread = list(islice(explained, max(0, MAX_DIAGNOSTICS - len(wrong))))
    return [item.warning for item in unread]


def _inside_unread(spec: Spec, unread: set[str]) -> set[str]:
    """The names that something unused mentions, whose own warning covers them."""
    mentions = [(name, block_mentions(block)) for name, block in spec.blocks.items()]
    mentions += [(binding.name.text, binding_mentions(binding)) for binding in spec.where]
    excused: set[str] = set()
    for name, words in mentions:
        if name in unread and name not in excused:
            excused.update(word for word in words if word != name)
    return excused


def _mentioned(spec: Spec) -> set[str]:
    """The names that stand anywhere, though the expansion may not have come to them."""
    found = set(net_mentions(spec))
    for block in spec.blocks.values():
        found.update(block_mentions(block))
    for binding in spec.where:
        found.update(binding_mentions(binding))
    return found


def _explained(item: Unread, errors: Iterable[Diagnostic]) -> bool:
    """Whether an error is about the thing itself, or about a name that may be its misspelling."""
    place, name = item.whole, item.name.removeprefix("@")
    for error in errors:
        span = error.span
        if span.source is place.source and span.start < place.end and place.start < span.end:
            return True
        typed = span.source.text[span.start : span.end][:_SHOWN]
        if error.code in _MISNAMED and nearest(typed.removeprefix("@"), [name]) is not None:
            return True
    return False
