"""Strings from files, made safe to print."""

from __future__ import annotations

import re

#: C0 and C1 controls, DEL, bidi controls, line separators, lone surrogates, the byte order mark.
_UNSAFE = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]"
)


def printable(text: str) -> str:
    """The text with characters that a terminal or a viewer would obey written as `\\x1b` or
    `\\u202e`.
    """
    return _UNSAFE.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    return {9: "\\t", 10: "\\n", 13: "\\r"}.get(code) or (
        f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"
    )
