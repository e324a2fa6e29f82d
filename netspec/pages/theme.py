"""The look that pages have in common."""

from __future__ import annotations

from pathlib import Path


def theme() -> str:
    """The colours of both themes, the letters, and what browsers would do otherwise: CSS."""
    return (Path(__file__).parent / "theme.css").read_text("utf-8")
