"""`# netspec: ignore[code]` comments, found in the text of a spec."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from netspec.text.document import scalar_spans
from netspec.text.source import Source, Span

#: The comment, and its codes where it has brackets.
_COMMENT = re.compile(r"#[ \t]*netspec:[ \t]*ignore(?![\w-])(?:[ \t]*\[([^\]\n#]*)\])?")
_CODE = re.compile(r"[^\s,]+")


@dataclass(frozen=True, slots=True)
class Ignore:
    """A comment that asks to hide findings with these codes on these lines.

    It is for its own line, and for all lines of a value that ends there before it, or whose block
    (`|`, `>`) begins there: YAML allows no comment inside such a value.
    """

    span: Span
    codes: tuple[Span, ...]
    lines: range

    @property
    def alone(self) -> bool:
        """Whether nothing but comments stands on its line."""
        return self.span.source.line(self.span.line).lstrip().startswith("#")


def find_ignores(source: Source) -> Iterator[Ignore]:
    """The comments of a source that is valid YAML.  A `#` in a quoted or block value is no
    comment.
    """
    found = list(_COMMENT.finditer(source.text))
    if not found:
        return
    values = list(scalar_spans(source))
    at = 0
    for match in found:
        while at < len(values) and values[at].end <= match.start():
            at += 1
        line = source.position(match.start())[0]
        if at < len(values) and _holds(values[at], match.start(), line):
            continue
        yield Ignore(
            Span(source, *match.span()),
            tuple(Span(source, *code.span()) for code in _codes(match)),
            _lines(values[max(0, at - 1) : at + 1], line),
        )


def _codes(match: re.Match[str]) -> Iterator[re.Match[str]]:
    start, end = match.span(1)
    return _CODE.finditer(match.string, start, end) if start >= 0 else iter(())


def _holds(value: Span, offset: int, line: int) -> bool:
    """Whether a place is inside a value: a comment may follow the `|` or `>` of a block."""
    if not value.start <= offset < value.end:
        return False
    return not (_is_block(value) and value.line == line)


def _is_block(value: Span) -> bool:
    return value.source.text[value.start : value.start + 1] in ("|", ">")


def _lines(near: list[Span], line: int) -> range:
    """The lines of a comment on this line, among the values before and around it."""
    first = last = line
    for value in near:
        end = value.source.position(max(value.start, value.end - 1))[0]
        if end == line:
            first = min(first, value.line)
        if value.line == line and _is_block(value):
            last = max(last, end)
    return range(first, last + 1)
