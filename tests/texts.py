"""Specs as texts, and what the front end makes of them."""

from __future__ import annotations

from netspec.analysis.check import Checked, check_source
from netspec.text.diagnostics import Diagnostic
from netspec.text.source import Source

#: Marks in a text the place where a finding is expected; not a character of the language.
MARK = "^"


def spec(net: str, rest: str = "", *, size: str = "3x8x8") -> str:
    """A spec around a net; `rest` are further keys."""
    return f"netspec: 1\nname: test\ninput: {size}\nnet: {net}\n{rest}"


def checked(text: str) -> Checked:
    """What a text turns out to be."""
    return check_source(Source("test.yaml", text))


def layers(text: str) -> list[str]:
    """`name shape` of each layer of a text that is accepted."""
    result = checked(text)
    assert result.ok, result.diagnostics
    return [f"{node.name} {node.type}" for node in result.nodes]


def last(text: str) -> str:
    """The shape of the last layer of a text that is accepted."""
    return layers(text)[-1].split(" ")[1]


def findings(text: str, severity: str = "error") -> list[Diagnostic]:
    """The findings of one severity."""
    return [d for d in checked(text).diagnostics if d.severity == severity]


def finding(marked: str, severity: str = "error") -> Diagnostic:
    """The one finding of a text, which stands at its `^`; none of another severity is an error."""
    assert marked.count(MARK) == 1
    text, offset = marked.replace(MARK, ""), marked.index(MARK)
    found = checked(text).diagnostics
    assert len([d for d in found if d.severity in (severity, "error")]) == 1, found
    (only,) = (d for d in found if d.severity == severity)
    before = text[:offset]
    assert (only.span.line, only.span.column) == (
        before.count("\n") + 1,
        offset - (before.rfind("\n") + 1) + 1,
    ), only
    return only


def code(marked: str, severity: str = "error") -> str:
    """The code of the one finding of a text, which stands at its `^`."""
    return finding(marked, severity).code
