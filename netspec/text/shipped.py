"""Files that travel with netspec: `schemas/` and `specs/`."""

from __future__ import annotations

from functools import cache
from os import PathLike
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


def spec_file(spec: str | PathLike[str]) -> Path:
    """The file that a path means, or the name of a shipped net where no file has it."""
    path = Path(spec)
    if not path.exists() and str(spec) in zoo():
        return shipped("specs") / f"{spec}.yaml"
    return path
