"""What stands before the body of each page."""

from __future__ import annotations

import html
from pathlib import Path
from string import Template

from netspec import __version__
from netspec.text.printable import printable


def head(title: str, style: str, policy: str) -> str:
    """The head: a title, in which nothing is markup, the page's style and what it may do."""
    filled = Template((Path(__file__).parent / "head.html").read_text("utf-8")).substitute(
        policy=policy,
        version=html.escape(__version__),
        title=html.escape(printable(title)),
        style=style,
    )
    return filled.rstrip("\n")
