"""What a page of a diagnostic holds."""

from __future__ import annotations

from dataclasses import dataclass

from netspec.text.diagnostics import Severity


@dataclass(frozen=True, slots=True)
class Rule:
    """A code's page.  `failing` yields the code and no other error, `fixed` is that spec mended.

    Both are the bytes of whole files, with no other file beside them.
    """

    code: str
    severity: Severity
    meaning: str
    failing: bytes
    fixed: bytes

    @property
    def summary(self) -> str:
        """The first sentence of the meaning."""
        return self.meaning.split(". ")[0].removesuffix(".") + "."


def spec(net: str, *more: str, input: str = "3x32x32") -> bytes:
    """A whole spec around a `net`; `more` are further lines."""
    head = ("netspec: 1", "name: example", f"input: {input}", f"net: {net}".rstrip())
    return "\n".join((*head, *more, "")).encode()
