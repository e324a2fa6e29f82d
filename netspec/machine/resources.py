"""What this machine can hold."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from netspec.machine.errors import UnusableError
from netspec.text.printable import printable


def refuse_on_disk(nbytes: int, folder: Path, what: str = "the weights take") -> None:
    """UnusableError where the disk of a folder has no room for so many bytes."""
    free = shutil.disk_usage(folder).free
    if nbytes > free:
        raise UnusableError(
            f"{what} {size(nbytes)}; {printable(str(folder))} has {size(free)} free"
        )


def refuse_in_memory(nbytes: int, what: str = "the weights take") -> None:
    """UnusableError where so many bytes are more than the machine's memory."""
    try:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # a system that does not say
        return
    if nbytes > memory:
        raise UnusableError(f"{what} {size(nbytes)} of memory; this machine has {size(memory)}")


def size(nbytes: float) -> str:
    """`1.5 GB`: bytes for a message, in powers of 1000."""
    units = ["bytes", "kB", "MB", "GB", "TB", "PB"]
    while nbytes >= 1000 and len(units) > 1:
        nbytes /= 1000
        units.pop(0)
    return f"{nbytes:.3g} {units[0]}"
