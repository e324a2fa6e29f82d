"""What the pages share: HTML, CSS, JavaScript, and the policy under which they work."""

from __future__ import annotations

import html
from base64 import b64encode
from hashlib import sha256
from pathlib import Path
from string import Template

from netspec import __version__
from netspec.text.printable import printable

_WEB = Path(__file__).parent / "web"


def text(words: str) -> str:
    """Words of a file or of ours as HTML, in which nothing is markup."""
    return html.escape(printable(words))


def document(title: str, body: str, *, alpha: float = 0.5, picture: str | None = None) -> bytes:
    """A page, which asks the network for nothing.

    Coarse maps have an opacity of `alpha`; the address of a `picture` is what lies under maps.
    """
    style = Template(_asset("page.css")).substitute(alpha=f"{alpha:g}")
    if picture is not None:
        style += f'.under{{background-image:url("{picture}")}}\n'
    script = _asset("page.js")
    filled = Template(_asset("page.html")).substitute(
        policy=_policy(script, style),
        version=html.escape(__version__),
        title=text(title),
        style=style,
        body=body,
        script=script,
    )
    return filled.encode()


def _asset(name: str) -> str:
    return (_WEB / name).read_text("utf-8")


def _policy(script: str, style: str) -> str:
    """A content security policy that lets this script and style work, and nothing be fetched."""
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src '{_hash(script)}'",
            f"style-src '{_hash(style)}'",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )


def _hash(words: str) -> str:
    return f"sha256-{b64encode(sha256(words.encode()).digest()).decode()}"
