"""Pictures decoded by threads, each straight into its row of a batch; and other such work.

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

#: Seconds that a thread may still be busy with a thing when the others have ended.
_PATIENCE = 2.0


class Work:
    """So many things to do, in any order; `faults` says by number what went wrong."""

    def __init__(self, count: int, do: Callable[[int], object]) -> None:
        self.count, self._do = count, do
        self.faults: list[BaseException | None] = [None] * count
        self._left, self._lock, self._whole = count, Lock(), Event()

    def do(self, at: int) -> None:
        """Do one of them.  Nothing is raised, and the work becomes whole even then."""
        try:
            self._do(at)
        except BaseException as fault:
            self.faults[at] = fault
        with self._lock:
            self._left -= 1
            if not self._left:
                self._whole.set()

    def wait(self) -> None:
        """Until each is done, or has its fault."""
        self._whole.wait()


class Rows(Work):
    """Files on their way into the rows of `pixels`."""

    def __init__(self, paths: Sequence[str], pixels: NDArray[np.float32], read: Reader) -> None:
        super().__init__(len(paths), lambda at: read(paths[at], pixels[at]))
        self.paths, self.pixels = paths, pixels


class Decoders:
    """Threads that do work, in the order in which it comes.

    They begin when there is work. When the block ends, what waits is dropped and they end with the
    thing at which they are, so that an error or an interrupt is not held up.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._work: SimpleQueue[tuple[Work, int] | None] = SimpleQueue()
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

    def begin(self, work: Work) -> None:
        """Have it done, after what waits."""
        for at in range(work.count):
            if len(self._threads) < self._count:
                self._hire()
            if self._threads:
                self._work.put((work, at))
            else:  # the system has no thread for us
                work.do(at)

    def _hire(self) -> None:
        # as a daemon: a file system that hangs does not keep the process
        thread = Thread(target=self._decode, name="decoder", daemon=True)
        with suppress(RuntimeError):
            thread.start()
            self._threads.append(thread)

    def _decode(self) -> None:
        while (one := self._work.get()) is not None and not self._ended:
            work, at = one
            work.do(at)
