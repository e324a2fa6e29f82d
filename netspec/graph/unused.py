"""Warnings about what is never read, less those that another finding explains."""

from __future__ import annotations

import re
from collections.abc import Iterable

from netspec.graph.mentions import (
    binding_mentions,
    block_mentions,
    net_mentions,
    words_beside_definitions,
)
from netspec.graph.usage import Unread, Usage
from netspec.text.diagnostics import Diagnostic
from netspec.text.limits import MAX_DIAGNOSTICS
from netspec.text.nearest import nearest
from netspec.text.source import Span
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
#: Errors beside which nothing is said of what is unused: the text is not yet what is meant.
_MANY = 50
#: What messages quote.
_QUOTED = re.compile(r"`@?(\w+)`")


def unused(spec: Spec, usage: Usage, errors: Iterable[Diagnostic], whole: bool) -> list[Diagnostic]:
    """A warning for each name that is bound, defined or set, and never read.

    Not where another finding explains it: what only an unused thing reads, and beside `errors`
    what one of them may have kept from being read.  `whole` says that all of the text was read.
    """
    wrong = [error for error in errors if error.severity == "error"]
    unread = usage.unread(spec) if len(wrong) <= _MANY else []
    if not unread:
        return []
    names = {item.name for item in unread}
    excused = _inside_unread(spec, names)
    excused.update(name.removeprefix("@") for name in names if name.startswith("@"))
    if wrong:
        excused |= _mentioned(spec) if whole else words_beside_definitions(spec)
    left = [item for item in unread if item.name not in excused][:MAX_DIAGNOSTICS]
    return [i.warning for i in left if not any(_explains(error, i) for error in wrong)]


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


def _explains(error: Diagnostic, item: Unread) -> bool:
    """Whether an error is about the thing itself, or about a name that may be its misspelling."""
    place, span = item.whole, error.span
    if span.source is not place.source:
        return False
    if span.start < place.end and place.start - 1 <= span.end:  # `@` may stand between
        return True
    name = item.name.removeprefix("@")
    bound = place != item.warning.span
    return (
        (error.code in _MISNAMED and _is_misspelling(error, name))
        or (error.code == "repeat-count" and bound)
        or _stands_garbled(span, name)
    )


def _is_misspelling(error: Diagnostic, name: str) -> bool:
    """Whether an error quotes or marks a word near a name."""
    span = error.span
    typed = span.source.text[span.start : span.end][:_SHOWN].removeprefix("@")
    words = [typed, *_QUOTED.findall(error.message)[:4]]
    return any(nearest(word, [name]) is not None for word in words)


def _stands_garbled(span: Span, name: str) -> bool:
    """Whether a name with one wrong character, such as `sta(e`, stands around a place."""
    size = len(name)
    if not 3 <= size <= _SHOWN:
        return False
    near = span.source.text[max(0, span.start - size - 4) : span.start + size + 1]
    pieces = (near[at : at + size] for at in range(len(near) - size + 1))
    return any(sum(a != b for a, b in zip(piece, name, strict=True)) == 1 for piece in pieces)
