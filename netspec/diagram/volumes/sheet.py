"""A whole picture: its marks on a ground of some size."""

from __future__ import annotations

from dataclasses import dataclass

from netspec.diagram.volumes.marks import Mark


@dataclass(frozen=True)
class Sheet:
    """Marks from (0, 0) to (width, height), pixels."""

    name: str
    marks: tuple[Mark, ...]
    width: float
    height: float
    background: str
