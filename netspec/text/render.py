"""Diagnostics as text, with the line, a caret under the place, notes and help."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Iterator

from netspec.text.diagnostics import Diagnostic, Note
from netspec.text.printable import printable
from netspec.text.source import Span

#: Paints a text in a style: "error", "warning", "note", "place" or "code".
Paint = Callable[[str, str], str]

#: Characters of a source line that are shown around a place.
_SHOWN = 110


def plain(style: str, text: str) -> str:
    """No paint."""
    return text


def concise(diagnostic: Diagnostic) -> str:
    """`FILE:LINE:COLUMN: CODE message`."""
    return f"{_place(diagnostic.span)}: {diagnostic.code} {printable(diagnostic.message)}"


def render(diagnostic: Diagnostic, paint: Paint = plain) -> str:
    """A diagnostic as people read it."""
    span = diagnostic.span
    head = paint(diagnostic.severity, f"{diagnostic.severity}[{diagnostic.code}]")
    gutter = " " * len(str(span.line))
    lines = [
        f"{head}: {printable(diagnostic.message)}",
        f"{gutter}{paint('place', '-->')} {_place(span)}",
        *_excerpt(span, gutter, diagnostic.severity, paint),
        *(f"{gutter} = note: {_note(note, span)}" for note in diagnostic.notes),
    ]
    if diagnostic.help:
        lines.append(f"{gutter} = help: {printable(diagnostic.help)}")
    return "\n".join(lines)


def render_all(diagnostics: Iterable[Diagnostic], paint: Paint = plain) -> str:
    """Diagnostics with an empty line between."""
    return "\n\n".join(render(diagnostic, paint) for diagnostic in diagnostics)


def _place(span: Span) -> str:
    return f"{printable(span.source.name)}:{span.line}:{span.column}"


def _note(note: Note, main: Span) -> str:
    text = printable(note.message)
    if note.span is None:
        return text
    same = note.span.source is main.source
    place = f"line {note.span.line}, column {note.span.column}" if same else _place(note.span)
    return f"{text} ({place})"


def _excerpt(span: Span, gutter: str, style: str, paint: Paint) -> Iterator[str]:
    """The line of a place with carets under it; a long line is cut to what surrounds the place."""
    source = span.source
    line = source.line(span.line)
    if not line.strip():
        return
    start = span.column - 1
    end_line, end_column = span.end_position
    end = end_column - 1 if end_line == span.line else len(line)
    left = max(0, min(start - 20, len(line) - _SHOWN)) if len(line) > _SHOWN else 0
    shown = line[left : left + _SHOWN]
    before = printable(line[left:start].replace("\t", " "))
    marked = printable(line[start : max(end, start + 1)][: _SHOWN - len(before)].replace("\t", " "))
    text = printable(shown.replace("\t", " "))
    dots = ("..." if left else "", "..." if left + _SHOWN < len(line) else "")
    carets = "^" * max(1, _columns(marked))
    bar = paint("place", "|")
    yield f"{gutter} {bar}"
    yield f"{paint('place', str(span.line))} {bar} {dots[0]}{text.rstrip()}{dots[1]}"
    yield f"{gutter} {bar} {' ' * (len(dots[0]) + _columns(before))}{paint(style, carets)}"


def _columns(text: str) -> int:
    """Columns of a terminal that a text fills."""
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    return len(text) + wide - sum(unicodedata.combining(c) > 0 for c in text)
