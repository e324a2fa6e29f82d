"""Samples in arrays: numbers as they are, and pixels that a spec's `image:` section makes input."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec.layers import TensorType
from netspec.machine.errors import UnusableError
from netspec.runtime.errors import InputError
from netspec.runtime.images import fit_pixels, keeps_pixels, to_input
from netspec.runtime.pixels import as_pictures
from netspec.text.image import Image
from netspec.text.printable import printable
from netspec.train.data.archive import read_arrays
from netspec.train.data.augmenting import Augmentation
from netspec.train.data.dataset import Loader, Samples
from netspec.train.data.takes import Takes
from netspec.train.data.targets import Answer, read_targets, refuse_not_finite


@dataclass(frozen=True, eq=False)
class Numbers:
    """A Loader of samples that the net takes as they are."""

    x: NDArray[Any]
    top: float | None = None

    def load(self, indices: NDArray[np.int64]) -> NDArray[np.float32]:
        """The samples."""
        return self.x[indices].astype(np.float32, copy=False)

    def finish(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """The samples."""
        return samples


@dataclass(frozen=True, eq=False)
class Pixels:
    """A Loader of pictures (N, H, W, C) of 0 to 255."""

    x: NDArray[np.uint8]
    image: Image
    size: tuple[int, ...]
    top: float | None = 255.0

    def load(self, indices: NDArray[np.int64]) -> NDArray[np.float32]:
        """The pixels, resized and cropped, 0 to 255."""
        pixels = self.x[indices]
        if keeps_pixels(pixels.shape[1:], self.image):
            return np.ascontiguousarray(pixels.transpose(0, 3, 1, 2), np.float32)
        fitted = [fit_pixels(one, self.image, self.size) for one in pixels]
        return np.stack(fitted).astype(np.float32)

    def finish(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """(pixel * scale - mean) / std"""
        to_input(samples, self.image, samples)
        return samples


def open_archive(path: Path, takes: Takes, answer: Answer, augmentation: Augmentation) -> Samples:
    """The samples in an .npz file, arrays `x` and `y`.

    `x` is (N, *input shape), or pictures of uint8 (N, H, W), (N, H, W, C) or (N, C, H, W).
    UnusableError, naming the array, where the two do not fit the net or each other.
    """
    shown = printable(str(path))
    x, y = read_arrays(path, ("x", "y"))
    for name, array in (("x", x), ("y", y)):
        if not array.ndim or not len(array):
            raise UnusableError(f"{shown}: `{name}` holds no samples")
    if len(x) != len(y):
        raise UnusableError(f"{shown}: `x` holds {len(x)} samples and `y` {len(y)} targets")
    source = _pictures(x, takes, shown) if x.dtype == np.uint8 and len(takes.shape) == 3 else None
    source = source or _numbers(x, takes, shown)
    targets, classes = read_targets(y, answer, f"{shown}: y")
    return Samples(source, takes.shape, targets, classes, augmentation)


def _numbers(x: NDArray[Any], takes: Takes, shown: str) -> Loader:
    if x.shape[1:] != takes.shape:
        found, kind = "x".join(map(str, x.shape)), TensorType(takes.shape)
        raise UnusableError(
            f"{shown}: `x` is {found} of {x.dtype.name}; the net takes Nx{kind}",
            help=f"save `x` as Nx{kind}, or pictures as NxHxWxC of uint8",
        )
    refuse_not_finite(x, f"{shown}: x")
    return Numbers(x)


def _pictures(x: NDArray[np.uint8], takes: Takes, shown: str) -> Loader | None:
    """None where the array is no pictures."""
    pixels = as_pictures(x, takes.shape)
    if pixels is None:
        return None
    image = takes.image_for(shown)
    source = Pixels(pixels, image, takes.shape[1:])
    try:
        source.load(np.zeros(1, np.int64))  # one stands for all: they are of one size
    except InputError as fault:
        raise UnusableError(f"{shown}: `x`: {fault}") from fault
    return source
