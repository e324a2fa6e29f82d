"""Paths as services know the files of a repository."""

from __future__ import annotations

import os
from pathlib import Path


def from_here(name: str) -> str | None:
    """A path from the working directory, with forward slashes; None where there is none, on another
    drive.
    """
    try:
        path = os.path.relpath(name) if Path(name).is_absolute() else os.path.normpath(name)
    except ValueError:
        return None
    return Path(path).as_posix()
