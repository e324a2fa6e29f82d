"""Findings as workflow commands, which GitHub Actions shows beside the lines of a change.

https://docs.github.com/actions/reference/workflow-commands-for-github-actions
"""

from __future__ import annotations

from collections.abc import Mapping

from netspec.text.diagnostics import Diagnostic, Severity
from netspec.text.printable import printable
from netspec.text.relative import from_here

#: The command that shows each severity.
_COMMANDS: Mapping[Severity, str] = {"error": "error", "warning": "warning", "note": "notice"}


def annotation(diagnostic: Diagnostic) -> str:
    """The command for a finding: one line, whatever the spec holds."""
    span = diagnostic.span
    end_line, end_column = span.end_position
    place: dict[str, str | int] = {
        "file": from_here(span.source.name) or span.source.name,
        "line": span.line,
    }
    place["endLine"] = end_line
    if end_line == span.line:  # the service takes columns of one line alone
        place |= {"col": span.column, "endColumn": end_column}
    place["title"] = f"netspec {diagnostic.code}"
    lines = [diagnostic.message, *(f"note: {note.message}" for note in diagnostic.notes)]
    if diagnostic.help:
        lines.append(f"help: {diagnostic.help}")
    return command(_COMMANDS[diagnostic.severity], place, lines)


def file_annotation(file: str, message: str) -> str:
    """The command for an error that concerns a file as a whole."""
    return command(
        "error", {"file": from_here(file) or file, "title": "netspec"}, [f"{file}: {message}"]
    )


def command(name: str, properties: Mapping[str, str | int], lines: list[str]) -> str:
    """`::name key=value,...::lines`, escaped so that no value ends where it should not."""
    shown = ",".join(f"{key}={_property(str(value))}" for key, value in properties.items())
    return f"::{name} {shown}::{'%0A'.join(_data(printable(line)) for line in lines)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(printable(text)).replace(":", "%3A").replace(",", "%2C")
