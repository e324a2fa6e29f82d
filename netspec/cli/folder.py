"""Folders that a command writes: there with all that is in them, or not at all."""

from __future__ import annotations

import atexit
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from netspec.cli.failure import Failure
from netspec.text.printable import printable


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """Where to write what should lie in a folder: in itself where it is there; else in a hidden one
    beside it, which becomes `path` when the block ends well and vanishes when it does not.

    Failure (exit 2) where the place cannot be written.
    """
    if path.is_dir():
        yield path
        return
    hidden = path.with_name(f".{path.name[:40]}.{os.urandom(8).hex()}.part")
    # known before it is there, and taken away at the latest when the process ends
    clear = partial(shutil.rmtree, hidden, ignore_errors=True)
    atexit.register(clear)
    try:
        hidden.mkdir()
        yield hidden
        hidden.replace(path)
    except BrokenPipeError:  # of standard output, not of the folder
        raise
    except OSError as error:
        reason = error.strerror or error
        raise Failure(f"cannot write {printable(str(path))}: {reason}") from error
    finally:
        clear()
        atexit.unregister(clear)
