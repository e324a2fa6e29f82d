"""How far a model that computes in fewer bits is from the one that it was made of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from netspec.runtime.batch import Batch
from netspec.runtime.content import Content
from netspec.runtime.device import Device
from netspec.runtime.errors import RunError
from netspec.runtime.inputs import filled
from netspec.runtime.providers import GpuOptions
from netspec.runtime.start import first_line, start
from netspec.text.printable import printable

if TYPE_CHECKING:
    from onnx import ModelProto


@dataclass(frozen=True)
class Agreement:
    """How the first output in int8 compares with that in float32.

    `same` of `choices` highest classes are the same (of a map, each pixel is a choice; None where
    there is one number alone); `mean` and `largest` are of the absolute differences, `scale` is the
    largest value in float32.
    """

    samples: int
    choices: int
    same: int | None
    mean: float
    largest: float
    scale: float


@dataclass(frozen=True)
class Runner:
    """A model from memory on the CPU; `size` is the one that its batches have, None for any."""

    session: Any
    size: int | None
    kept: object

    @classmethod
    def of(cls, model: ModelProto, arrays: Mapping[str, NDArray[Any]], size: int | None) -> Runner:
        """A model with its weights inside, or in `arrays`."""
        content = Content(model.SerializeToString(), arrays)
        started = start(content, Device("cpu"), printable(model.graph.name), GpuOptions())
        return cls(started.session, size, started.kept)

    def run(self, batch: Batch) -> dict[str, NDArray[Any]]:
        """All outputs for a batch, filled up to `size`; RunError where the runtime fails."""
        size = self.size or len(batch)
        names = [at.name for at in self.session.get_outputs()]
        try:
            feeds = {name: filled(array, size) for name, array in batch.arrays.items()}
            return dict(zip(names, self.session.run(names, feeds), strict=True))
        except Exception as error:  # the runtime's errors have no common base
            raise RunError(f"the run failed: {first_line(error)}") from error


def compare(whole: Runner, narrow: Runner, batches: Iterable[Batch]) -> Agreement:
    """How `narrow` answers what `whole` does, on at least one batch."""
    samples = choices = same = elements = 0
    total = largest = scale = 0.0
    ranked = False
    for batch in batches:
        count = len(batch)
        a, b = (next(iter(runner.run(batch).values()))[:count] for runner in (whole, narrow))
        difference = np.abs(a - b)
        samples, elements = samples + count, elements + a.size
        total, largest = total + float(difference.sum()), max(largest, float(difference.max()))
        scale = max(scale, float(np.abs(a).max()))
        ranked = a.shape[1] > 1
        equal = a.argmax(axis=1) == b.argmax(axis=1)
        choices, same = choices + equal.size, same + int(equal.sum())
    return Agreement(samples, choices, same if ranked else None, total / elements, largest, scale)
