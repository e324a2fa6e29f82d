"""What a YAML parser's complaint means to someone who writes specs."""

from __future__ import annotations

from typing import Any

from netspec.text.diagnostics import Diagnostic, Note
from netspec.text.source import Source, Span

_QUOTE = 'quote the pattern: "[CONV -> RELU]*2"'


def syntax_error(error: Any, source: Source) -> Diagnostic:
    """The diagnostic of a `yaml.MarkedYAMLError`."""
    mark = error.problem_mark or error.context_mark
    offset = min(mark.index, len(source.text)) if mark else 0
    span = Span(source, offset, min(offset + 1, len(source.text)))
    message, help_text = _explain(str(error.problem), source, offset)
    notes: tuple[Note, ...] = ()
    if error.context and error.context_mark and error.context_mark.index != offset:
        opened = error.context_mark.index
        notes = (Note(str(error.context), Span(source, opened, min(opened + 1, len(source.text)))),)
    return Diagnostic("yaml-syntax", message, span, notes, help_text)


def _explain(problem: str, source: Source, offset: int) -> tuple[str, str | None]:
    line = source.line(source.position(offset)[0]).strip()
    found = source.text[offset : offset + 1]
    if "cannot start any token" in problem:
        if found == "\t":
            return "a tab is used as indentation, which YAML forbids", "indent with spaces"
        return f"YAML reserves `{found}` at the start of a value", f'quote the value: "{found}..."'
    if "expected key" in problem or "block end" in problem or "expected '-'" in problem:
        if "]" in line and ("->" in line or "*" in line or "?" in line):
            return "YAML reads a list where a pattern starts with `[`", _QUOTE
        return "YAML expects a key here, as deeply indented as the keys above it", (
            "check the indentation; quote a value that starts with `[`, `{`, `@` or `*`"
        )
    if "mapping values are not allowed" in problem:
        return "YAML finds a second `:` here, or a key more deeply indented than its neighbours", (
            "check the indentation; quote a value that holds `: `"
        )
    if "expected ',' or" in problem:
        return f"YAML expects {problem.removeprefix('did not find expected ')} here", (
            "close the bracket, or quote a pattern that starts with `[` or `{`"
        )
    return f"YAML: {problem}", None
