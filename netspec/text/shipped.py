"""Files that travel with netspec: `schemas/` and `specs/`."""

from __future__ import annotations

from functools import cache
from pathlib import Path


@cache
def shipped(folder: str) -> Path:
    """The folder `schemas` or `specs`: inside an installed package, beside it in a checkout."""
    package = Path(__file__).parent.parent
    installed = package / folder
    return installed if installed.is_dir() else package.parent / folder


def zoo() -> list[str]:
    """The names of the shipped nets, which stand for their files."""
    return sorted(path.stem for path in shipped("specs").glob("*.yaml"))
