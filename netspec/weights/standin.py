"""Files that stand where the weights should."""

from __future__ import annotations

from pathlib import Path

from netspec.machine.errors import UnusableError
from netspec.text.printable import printable


def refuse_stand_in(path: Path) -> None:
    """UnusableError for a file that is empty, a Git LFS pointer, or a web page."""
    with path.open("rb") as file:
        start = file.read(256).lstrip().lower()
    shown = printable(str(path))
    if not start:
        raise UnusableError(f"{shown} is empty")
    if start.startswith(b"version https://git-lfs"):
        raise UnusableError(
            f"{shown} is a Git LFS pointer, not the file it stands for", help="run `git lfs pull`"
        )
    if start.startswith((b"<!doctype", b"<html", b"<?xml")):
        raise UnusableError(
            f"{shown} is a web page, not weights", help="download the file itself again"
        )
