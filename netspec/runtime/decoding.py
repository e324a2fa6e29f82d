"""Pictures decoded by threads, each straight into its row of a batch.

Pillow and NumPy let go of the interpreter's lock while they decode, resize and scale, so that
threads do what processes would, and nothing need be sent between them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from queue import SimpleQueue
from threading import Event, Lock, Thread
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

#: Reads the file at a path into an array.
Reader: TypeAlias = Callable[[str, NDArray[np.float32]], object]

#: Seconds that a decoder may still be busy with a picture when the others have ended.
_PATIENCE = 2.0


class Rows:
    """Files on their way into the rows of `pixels`; `faults` says by row what went wrong."""

    def __init__(self, paths: Sequence[str], pixels: NDArray[np.float32], read: Reader) -> None:
        self.paths, self.pixels, self._read = paths, pixels, read
        self.faults: list[BaseException | None] = [None] * len(paths)
        self._left, self._lock, self._whole = len(paths), Lock(), Event()

    def fill(self, at: int) -> None:
        """Read one file.  Nothing is raised, and the rows become whole even then."""
        try:
            self._read(self.paths[at], self.pixels[at])
        except BaseException as fault:
            self.faults[at] = fault
        with self._lock:
            self._left -= 1
            if not self._left:
                self._whole.set()

    def wait(self) -> None:
        """Until each row is filled, or has its fault."""
        self._whole.wait()


class Decoders:
    """Threads that fill rows, in the order in which they come.

    They begin when there is work. When the block ends, what waits is dropped and they end with the
    picture at which they are, so that an error or an interrupt is not held up.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._work: SimpleQueue[tuple[Rows, int] | None] = SimpleQueue()
        self._threads: list[Thread] = []
        self._ended = False

    def __enter__(self) -> Decoders:
        return self

    def __exit__(self, *exception: object) -> None:
        self._ended = True
        for _ in self._threads:
            self._work.put(None)
        for thread in self._threads:
            thread.join(_PATIENCE)

    def begin(self, rows: Rows) -> None:
        """Have the rows filled, after those that wait."""
        for at in range(len(rows.paths)):
            if len(self._threads) < self._count:
                self._hire()
            if self._threads:
                self._work.put((rows, at))
            else:  # the system has no thread for us
                rows.fill(at)

    def _hire(self) -> None:
        # as a daemon: a file system that hangs does not keep the process
        thread = Thread(target=self._decode, name="decoder", daemon=True)
        with suppress(RuntimeError):
            thread.start()
            self._threads.append(thread)

    def _decode(self) -> None:
        while (work := self._work.get()) is not None and not self._ended:
            rows, at = work
            rows.fill(at)
