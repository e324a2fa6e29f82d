"""Colour on terminals, as --color, NO_COLOR and FORCE_COLOR have it."""

from __future__ import annotations

import sys

import click

from netspec.text.render import Paint, plain

_STYLES = {
    "error": {"fg": "red", "bold": True},
    "warning": {"fg": "yellow", "bold": True},
    "note": {"fg": "cyan", "bold": True},
    "place": {"fg": "blue"},
    "code": {"bold": True},
}


def paint(*, err: bool = False) -> Paint:
    """The paint for standard output, or for standard error."""
    context = click.get_current_context(silent=True)
    wanted = context.color if context else None
    stream = sys.stderr if err else sys.stdout
    if wanted is None:
        wanted = stream is not None and stream.isatty()
    return _coloured if wanted else plain


def _coloured(style: str, text: str) -> str:
    options = _STYLES[style]
    return click.style(text, fg=options.get("fg"), bold=options.get("bold"))  # type: ignore[arg-type]
