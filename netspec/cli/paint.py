"""Colour on terminals, as --color, NO_COLOR and FORCE_COLOR have it."""

from __future__ import annotations

import sys

import click

from netspec.text.render import Paint, plain

#: Colour and weight of each style.
_STYLES = {
    "error": ("red", True),
    "warning": ("yellow", True),
    "note": ("cyan", True),
    "place": ("blue", False),
    "code": (None, True),
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
    colour, bold = _STYLES[style]
    return click.style(text, fg=colour, bold=bold)
