"""What a page may do: run its own script, look as its own style says, and fetch nothing."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256


def policy(script: str, style: str, *more: str, scripts: str = "") -> str:
    """A content security policy under which this script and style work, and nothing is fetched.

    `more` are directives for what else the page holds in itself; `scripts` are further sources of
    code.  Source: W3C, "Content Security Policy Level 3".
    """
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src '{_hash(script)}'{scripts and ' '}{scripts}",
            f"style-src '{_hash(style)}'",
            *more,
            "base-uri 'none'",
            "form-action 'none'",
        )
    )


def _hash(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"
