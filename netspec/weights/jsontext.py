"""JSON from strangers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def mapping(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object of its pairs; ValueError where a key stands twice, of which `json` would drop
    all but the last.
    """
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise ValueError(f"{key!r:.80} stands there twice")
            seen.add(key)
    return found
