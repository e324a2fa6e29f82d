"""Tokens of patterns and expressions, from the slice of the file that a YAML scalar occupies.

Reading the slice and not the decoded scalar keeps every token's place exact in plain, quoted, `>`
and `|` scalars alike: line breaks and indentation are white space to the language.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from netspec.text.source import Source, Span
from netspec.text.tree import Scalar

_TOKEN = re.compile(
    r"(?P<arrow>->|→)"
    r"|(?P<badarrow>=>|[-–—]\s*>|–|—|>)"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<number>[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?(?![A-Za-z0-9_.])|[0-9]+)"
    r"|(?P<mark>[\[\](){}|,*?@=+\-/%])"
    r"|(?P<comment>#[^\n]*)"
    r"|(?P<other>\S)"
)
_MARKS = {"->": "->", "→": "->", **{mark: mark for mark in "[](){}|,*?@=+-/%"}}
_ESCAPE = re.compile(r"\\(?:\r?\n[ \t]*|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)", re.S)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "_": "\xa0", "/": "/", '"': '"', "\\": "\\", " ": " "}


class Token(NamedTuple):
    """`kind` is "name", "number", "->", "badarrow", "comment", "other", a mark itself, or "end"."""

    kind: str
    text: str
    start: int  # offsets in the fragment
    end: int


@dataclass(frozen=True)
class Fragment:
    """A piece of a source that is read as a pattern or an expression.

    `offsets[i]` is where character i of `text` stands in the source; None where it is `start + i`.
    """

    source: Source
    text: str
    start: int
    offsets: Sequence[int] | None = None

    def span(self, start: int, end: int) -> Span:
        """The place in the source of characters `start` to `end` of the fragment."""
        if self.offsets is None:
            return Span(self.source, self.start + start, self.start + end)
        last = self.offsets[end - 1] + 1 if end > start else self.offsets[start]
        return Span(self.source, self.offsets[start], last)


def fragment_of(scalar: Scalar) -> Fragment:
    """The fragment that a scalar's slice of its source holds."""
    span = scalar.span
    text = span.source.text[span.start : span.end]
    if scalar.style in (">", "|"):
        header = text.find("\n") + 1 or len(text)
        return Fragment(span.source, text[header:], span.start + header)
    if scalar.style in ("'", '"'):
        return _unquoted(span.source, text[1:-1], span.start + 1, scalar.style)
    return Fragment(span.source, text, span.start)


def _unquoted(source: Source, text: str, start: int, quote: str) -> Fragment:
    if (quote == "'" and "''" not in text) or (quote == '"' and "\\" not in text):
        return Fragment(source, text, start)
    decoded: list[str] = []
    offsets: list[int] = []
    at = 0
    pattern = re.compile("''") if quote == "'" else _ESCAPE
    for match in pattern.finditer(text):
        _append(decoded, offsets, text[at : match.start()], start + at)
        for character in _decode(match[0]):
            decoded.append(character)
            offsets.append(start + match.start())
        at = match.end()
    _append(decoded, offsets, text[at:], start + at)
    offsets.append(start + len(text))
    return Fragment(source, "".join(decoded), start, offsets)


def _append(decoded: list[str], offsets: list[int], text: str, start: int) -> None:
    decoded.extend(text)
    offsets.extend(range(start, start + len(text)))


def _decode(escape: str) -> str:
    if escape == "''":
        return "'"
    if escape[1] in "xuU" and len(escape) > 2:
        code = int(escape[2:], 16)
        return chr(code) if code < 0x110000 else "\ufffd"
    return "" if escape[1] in "\r\n" else _ESCAPED.get(escape[1], "\ufffd")


def tokens(fragment: Fragment) -> list[Token]:
    """The tokens of a fragment, an "end" last; comments are tokens too: mistakes, here."""
    found = []
    for match in _TOKEN.finditer(fragment.text):
        text = match[0]
        kind = _MARKS.get(text) or match.lastgroup or "other"
        found.append(Token(kind, text, *match.span()))
    end = len(fragment.text.rstrip())
    found.append(Token("end", "", end, end))
    return found
