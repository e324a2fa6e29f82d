"""Findings that a spec asks to hide: `# netspec: ignore[code]` on their line.

An error cannot be hidden. A comment that hides nothing is a finding itself, so that none outlives
its reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from netspec.text.diagnostics import Diagnostic
from netspec.text.ignores import Ignore, find_ignores
from netspec.text.printable import printable
from netspec.text.source import Source, Span


def obey_ignores(source: Source, found: list[Diagnostic], *, exact: bool) -> list[Diagnostic]:
    """The findings less the warnings and notes that comments of the source hide, and what is wrong
    with these comments.

    `exact` says that all warnings of the spec are there: without them no comment can be said to
    hide nothing.
    """
    ignores = list(find_ignores(source))
    on: dict[int, list[Diagnostic]] = {}
    for diagnostic in found if ignores else ():
        if diagnostic.span.source is source:
            on.setdefault(diagnostic.span.line, []).append(diagnostic)
    hidden: set[int] = set()
    wrong: list[Diagnostic] = []
    for ignore in ignores:
        wanted = [_text(code) for code in ignore.codes]
        on_line = [d for line in ignore.lines for d in on.get(line, ()) if d.code in wanted]
        hidden.update(id(d) for d in on_line if d.severity != "error")
        wrong.extend(_mistakes(ignore, on_line, exact))
    return [*(d for d in found if id(d) not in hidden), *wrong]


def _mistakes(ignore: Ignore, on_line: Iterable[Diagnostic], exact: bool) -> Iterator[Diagnostic]:
    """What is wrong with a comment, given the findings on its lines that it names."""
    severities = {d.code: d.severity for d in on_line}
    if not ignore.codes:
        message = "the comment names no code to ignore"
        help_text = "write `# netspec: ignore[code]`, with the codes of the findings"
        yield _unused(message, ignore.span, help_text)
    for span in ignore.codes:
        code = _text(span)
        if severities.get(code) == "error":
            message = f"`{code}` is an error here, and an error cannot be ignored"
            yield _unused(message, span, f"mend it; `netspec rule {code}` says how")
        elif code not in severities:
            yield from _hides_nothing(ignore, span, exact)


def _hides_nothing(ignore: Ignore, span: Span, exact: bool) -> Iterator[Diagnostic]:
    from netspec.text.rules import CODES, advice_for  # many pages, which most specs do not need

    code = printable(_text(span))[:60]
    if code not in CODES:
        message, advice = f"there is no diagnostic `{code}` to ignore", advice_for(code)
        yield Diagnostic("unknown-code", message, span, help=advice, severity="warning")
    elif exact:
        advice = "move it to the end of the line it is for" if ignore.alone else "remove it"
        yield _unused(f"there is no `{code}` on this line to ignore", span, advice)


def _unused(message: str, span: Span, advice: str) -> Diagnostic:
    return Diagnostic("unused-ignore", message, span, help=advice, severity="warning")


def _text(span: Span) -> str:
    return span.source.text[span.start : span.end]
