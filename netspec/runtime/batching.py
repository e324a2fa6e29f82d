"""Files -> batches for a net: while one runs, the pictures of the next are decoded."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import groupby, islice
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from netspec.machine.processors import cores
from netspec.runtime.arrays import read_samples
from netspec.runtime.batch import Batch, regrouped
from netspec.runtime.decoding import Decoders, Reader, Rows
from netspec.runtime.errors import InputError
from netspec.runtime.finding import ARRAYS, suffix
from netspec.runtime.images import decode_picture, is_picture, quiet
from netspec.runtime.inputs import InputType
from netspec.text.image import image_advice
from netspec.text.printable import printable

if TYPE_CHECKING:
    from netspec.onnxgen.card import Card

#: Batches of pictures that are decoded ahead of the one that runs.
_AHEAD = 2


class Takes(Protocol):
    """What samples are read for: a session, or what will be one."""

    @property
    def inputs(self) -> Mapping[str, InputType]:
        """What it takes, by name."""

    @property
    def card(self) -> Card:
        """What the model says about itself."""


@dataclass(frozen=True)
class Batcher:
    """Makes batches of at most `size` samples that have equal shapes, in the order of the files.

    `fail` is told of each file that cannot be read, by name; samples for whose name `skip` is true
    are left out. At most three batches of pictures, and one file of arrays, are held at a time: the
    arrays of a batch are used again for later ones.
    """

    session: Takes
    size: int
    fail: Callable[[str], object]
    skip: Callable[[str], bool]

    def batches(self, inputs: Collection[str]) -> Iterator[Batch]:
        """The batches of files."""
        with quiet(), Decoders(cores()) as decoders:
            for in_arrays, paths in groupby(inputs, lambda path: suffix(path) in ARRAYS):
                if in_arrays:
                    yield from regrouped(self._of_arrays(paths), self.size)
                else:
                    yield from self._of_pictures(paths, min(self.size, len(inputs)), decoders)

    def _of_pictures(self, paths: Iterable[str], size: int, decoders: Decoders) -> Iterator[Batch]:
        name, shape, read = _reader(self.session)
        asked = (path for path in paths if not self.skip(printable(path)))
        waiting: deque[Rows] = deque()
        free: list[NDArray[np.float32]] = []
        while chunk := list(islice(asked, size)):
            pixels = free.pop() if free else np.empty((size, *shape), np.float32)
            waiting.append(Rows(chunk, pixels, read))
            decoders.begin(waiting[-1])
            if len(waiting) > _AHEAD:
                yield from self._whole(waiting[0], name)
                free.append(waiting.popleft().pixels)
        for rows in waiting:
            yield from self._whole(rows, name)

    def _whole(self, rows: Rows, name: str) -> Iterator[Batch]:
        """The rows that could be read, once they all are filled; nothing where there is none."""
        rows.wait()
        good = []
        for at, (path, fault) in enumerate(zip(rows.paths, rows.faults, strict=True)):
            if fault is None:
                good.append(at)
            else:
                self._report(path, fault)
        if good:
            names = [printable(rows.paths[at]) for at in good]
            all_good = len(good) == len(rows.paths)
            pixels = rows.pixels[: len(good)] if all_good else rows.pixels[good]
            yield Batch(names, {name: pixels})

    def _of_arrays(self, paths: Iterable[str]) -> Iterator[Batch]:
        """The samples of each file that are asked for."""
        for path in paths:
            try:
                arrays = read_samples(Path(path), self.session.inputs, self.session.card.images)
            except (InputError, OSError) as fault:
                self._report(path, fault)
                continue
            shown, count = printable(path), len(next(iter(arrays.values())))
            names = [f"{shown}[{at}]" for at in range(count)] if count > 1 else [shown]
            asked = [at for at, name in enumerate(names) if not self.skip(name)]
            if len(asked) < count:
                names = [names[at] for at in asked]
                arrays = {name: array[asked] for name, array in arrays.items()}
            yield Batch(names, arrays)

    def _report(self, path: str, fault: BaseException) -> None:
        """Tell of a file that cannot be read; what is no fault of the file is raised."""
        match fault:
            case InputError():
                self.fail(f"{printable(path)}: {fault}")
            case OSError():
                self.fail(f"{printable(path)}: {fault.strerror or fault}")
            case _:
                raise fault


def _reader(session: Takes) -> tuple[str, tuple[int, ...], Reader]:
    """The input that pictures are for, the shape of a sample, and what reads one."""
    ((name, kind), *others) = session.inputs.items()
    image = session.card.images.get(name)
    if image is not None and not others:
        shape = tuple(size or 0 for size in kind.shape)
        return name, shape, lambda path, into: decode_picture(path, image, into)
    if others:
        why = f"the net takes {', '.join(session.inputs)}; give an .npz with an array for each"
    else:
        why = (
            "a picture needs an `image:` section in the spec's `input:`, which says how to read it:"
            f" {image_advice(kind.shape)}"
        )
    return name, (), partial(_refuse, why)


def _refuse(why: str, path: str, into: object) -> None:
    raise InputError(why if is_picture(path) else "neither a picture nor .npy or .npz")
