"""`netspec rule`: what a diagnostic means, a spec that has it, and the same spec mended."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from pathlib import Path

import click

from netspec.analysis.check import check_bytes
from netspec.cli.failure import Failure
from netspec.cli.paint import paint
from netspec.text.printable import printable
from netspec.text.render import render_all
from netspec.text.rules import CODES, Rule, advice_for

_HEADINGS = {"error": "Errors", "warning": "Warnings", "note": "Notes"}
#: Characters of a line of text, and of an example's line that are shown.
_WIDTH = 88
#: What an example is called in its diagnostic.
_NAME = "example.yaml"
#: The folder of an example, which does not exist: no file lies beside it.
_FOLDER = Path(__file__).with_suffix("")


@click.command("rule")
@click.argument("code", required=False)
def command(code: str | None) -> None:
    """All codes of diagnostics, or one CODE: what it means, a failing example and its fix."""
    if code is None:
        click.echo("\n".join(_index()))
        return
    rule = CODES.get(code)
    if rule is None:
        raise Failure(f"there is no diagnostic {printable(code)[:60]}", help=advice_for(code))
    click.echo(_page(rule))


def _index() -> Iterator[str]:
    """A line for each code, by severity."""
    width = max(map(len, CODES))
    for severity, heading in _HEADINGS.items():
        rules = [rule for rule in CODES.values() if rule.severity == severity]
        if rules:
            yield f"{heading}:"
            yield from (f"  {rule.code:<{width}}  {rule.summary}" for rule in rules)
            yield ""
    yield "`netspec rule CODE` shows an example of one, and how it is mended."


def _page(rule: Rule) -> str:
    """What a code means, an example that fails with what `check` says of it, and the fix."""
    parts = (
        paint()(rule.severity, f"{rule.severity}[{rule.code}]"),
        textwrap.fill(rule.meaning, _WIDTH, break_on_hyphens=False),
        "This spec has it:",
        _listing(rule.failing),
        render_all(check_bytes(rule.failing, _NAME, _FOLDER).diagnostics, paint()),
        "This one has not:",
        _listing(rule.fixed),
    )
    return "\n\n".join(parts)


def _listing(file: bytes) -> str:
    """An example, indented; what cannot be printed is escaped, and long lines are cut."""
    lines = file.decode("utf-8", "backslashreplace").splitlines()
    shown = (printable(line[:_WIDTH]) + "..." * (len(line) > _WIDTH) for line in lines)
    return textwrap.indent("\n".join(shown), "    ")
