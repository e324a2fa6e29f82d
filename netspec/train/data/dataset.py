"""What training asks of data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from netspec.train.data.augmenting import Augmentation
from netspec.train.data.draws import Draws

#: Class numbers (N) or (N, *spatial), or values (N, *output shape).
Targets: TypeAlias = NDArray[np.int64] | NDArray[np.float32]


class Dataset(Protocol):
    """Samples, each with its target."""

    def __len__(self) -> int: ...

    @property
    def shape(self) -> tuple[int, ...]:
        """That of a sample as the net takes it."""

    @property
    def targets(self) -> Targets:
        """int64 class numbers, or float32 values of the output's shape."""

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes, by number; () where targets are values."""

    def read(self, indices: NDArray[np.int64], random: Draws | None) -> NDArray[np.float32]:
        """The samples, (n, *input shape), varied at random unless that is None.

        InputError, naming the file, where one cannot be read.
        """


class Batch(NamedTuple):
    """Samples (n, *input shape) and their targets (n, ...)."""

    x: NDArray[np.float32]
    y: Targets


class Loader(Protocol):
    """Where samples lie."""

    @property
    def top(self) -> float | None:
        """The largest number that a sample may hold; None where any may."""

    def load(self, indices: NDArray[np.int64]) -> NDArray[np.float32]:
        """The samples as they lie there, (n, *input shape), in an array of its own; channels are
        in the order RGB.
        """

    def finish(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """What the net takes; the array that is given may be changed."""


@dataclass(frozen=True, eq=False)
class Samples:
    """A Dataset: samples that lie somewhere, their targets, and how they are varied."""

    source: Loader
    shape: tuple[int, ...]
    targets: Targets
    classes: tuple[str, ...]
    augmentation: Augmentation

    def __len__(self) -> int:
        return len(self.targets)

    def read(self, indices: NDArray[np.int64], random: Draws | None) -> NDArray[np.float32]:
        """The samples, as `Dataset` has it."""
        samples = self.source.load(indices)
        if random is not None:
            samples = self.augmentation.apply(samples, indices, random, self.source.top)
        return self.source.finish(samples)


@dataclass(frozen=True, eq=False)
class Part:
    """A Dataset: some samples of another one.  They vary as they do there."""

    whole: Dataset
    indices: NDArray[np.int64]
    targets: Targets

    def __len__(self) -> int:
        return len(self.indices)

    @property
    def shape(self) -> tuple[int, ...]:
        """That of a sample as the net takes it."""
        return self.whole.shape

    @property
    def classes(self) -> tuple[str, ...]:
        """Those of the whole, whether or not a sample is of each."""
        return self.whole.classes

    def read(self, indices: NDArray[np.int64], random: Draws | None) -> NDArray[np.float32]:
        """The samples, as `Dataset` has it."""
        return self.whole.read(self.indices[indices], random)
