"""What the pages share: HTML, CSS, JavaScript, and the policy under which they work."""

from __future__ import annotations

import html
from pathlib import Path
from string import Template

from netspec.explain.pictures.overlay import MIDDLE
from netspec.pages.head import head
from netspec.pages.policy import policy
from netspec.pages.theme import theme
from netspec.text.printable import printable

_WEB = Path(__file__).parent / "web"


def text(words: str) -> str:
    """Words of a file or of ours as HTML, in which nothing is markup."""
    return html.escape(printable(words))


def heading(title: str, doc: str, note: str) -> str:
    """What a page is of, and in small letters what is said and to be noted of the net."""
    small = "".join(f'<p class="muted">{text(words)}</p>' for words in (note, doc) if words)
    return f"<h1>{text(title)}</h1>{small}"


def document(title: str, body: str, *, alpha: float = 1.0, picture: str | None = None) -> bytes:
    """A page, which asks the network for nothing.

    Maps over the picture have an opacity of `alpha` at most; the address of a `picture` is what
    lies under them.
    """
    style = theme() + Template(_asset("page.css")).substitute(
        alpha=f"{alpha:g}", middle=f"rgb({MIDDLE} {MIDDLE} {MIDDLE})"
    )
    if picture is not None:
        style += f'.under{{background-image:url("{picture}")}}\n'
    script = _asset("page.js")
    filled = Template(_asset("page.html")).substitute(
        head=head(title, style, policy(script, style, "img-src data:")),
        body=body,
        script=script,
    )
    return filled.encode()


def _asset(name: str) -> str:
    return (_WEB / name).read_text("utf-8")
