"""A pass over the samples: while the net learns from a batch, the next ones are read by threads."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from netspec.machine.processors import cores
from netspec.runtime.decoding import Decoders, Work
from netspec.runtime.images import quiet
from netspec.train.data.dataset import Batch, Dataset
from netspec.train.data.draws import Draws

#: Batches that are read ahead of the one that is learned from.
_AHEAD = 2
#: Samples that a thread reads at a time, at least: what is done to many at once costs less each.
_PIECE = 8
#: The lane of the numbers that samples are sorted by.
_LANE = 0


def batches(
    dataset: Dataset, size: int, *, seed: int, epoch: int, shuffle: bool, augment: bool
) -> Iterator[Batch]:
    """All samples once, `size` at a time, the last time what is left.

    With `shuffle` in an order that the seed and the epoch decide, and with `augment` varied by
    them; the same two give the same bytes, whatever the number of threads. At most three batches
    are held, and the one that the caller has. When the iterator is closed its threads end.
    InputError, naming the file, where a sample cannot be read.
    """
    draws = Draws(seed, epoch)
    count = len(dataset)
    order = draws.order(count, _LANE) if shuffle else np.arange(count)
    chunks = (order[start : start + size] for start in range(0, count, size))
    waiting: deque[_Reading] = deque()
    workers = cores()
    with quiet(), Decoders(workers) as decoders:
        for chunk in chunks:
            waiting.append(_Reading(dataset, chunk, draws if augment else None, workers))
            decoders.begin(waiting[-1])
            if len(waiting) > _AHEAD:
                yield waiting.popleft().batch()
        while waiting:
            yield waiting.popleft().batch()


class _Reading(Work):
    """A batch on its way, in pieces that threads read."""

    def __init__(
        self, dataset: Dataset, indices: NDArray[np.int64], random: Draws | None, most: int
    ) -> None:
        count = min(most, -(-len(indices) // _PIECE))
        bounds = [len(indices) * at // count for at in range(count + 1)]
        self._batch = Batch(
            np.empty((len(indices), *dataset.shape), np.float32), dataset.targets[indices]
        )
        x = self._batch.x

        def read(at: int) -> None:
            piece = slice(bounds[at], bounds[at + 1])
            x[piece] = dataset.read(indices[piece], random)

        super().__init__(count, read)

    def batch(self) -> Batch:
        """All of it, once it is there.  What went wrong is raised."""
        self.wait()
        for fault in self.faults:
            if fault is not None:
                raise fault
        return self._batch
