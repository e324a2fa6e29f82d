"""Files -> samples -> batches -> answers.  A bad input does not stop the others."""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec.runtime.batching import Batcher
from netspec.runtime.errors import InputError, RunError
from netspec.runtime.session import Session
from netspec.text.printable import printable


@dataclass(frozen=True)
class Answers:
    """For the samples called `names`, in order, the outputs of the net; the batch axis is first."""

    names: Sequence[str]
    outputs: Mapping[str, NDArray[Any]]

    @property
    def main(self) -> NDArray[Any]:
        """The net's first output."""
        return next(iter(self.outputs.values()))

    def not_finite(self) -> Iterator[str]:
        """A line for each sample whose outputs hold NaN or infinities, which are no answer."""
        wrong = {key: _rows_not_finite(array) for key, array in self.outputs.items()}
        if not any(rows.any() for rows in wrong.values()):
            return
        for at, name in enumerate(self.names):
            bad = [printable(key) for key, rows in wrong.items() if rows[at]]
            if bad:
                yield f"{name}: NaN or infinite values in {', '.join(bad)}"


def answers(
    session: Session,
    inputs: Collection[str],
    size: int,
    fail: Callable[[str], object],
    skip: Callable[[str], bool] = lambda name: False,
) -> Generator[Answers]:
    """The outputs for all samples of the files that can be read, in order, batch by batch.

    `size` samples run at a time, or as many as the model is made for. `fail` is told of each input
    that cannot be read or run, by name; samples for whose name `skip` is true are left out.
    RunError where the net does not answer each sample.
    """
    fixed = next((kind.batch for kind in session.inputs.values() if kind.batch), None)
    for batch in Batcher(session, fixed or size, fail, skip).batches(inputs):
        try:
            outputs = session.run(batch.arrays)
        except (RunError, InputError) as error:
            for name in batch.names:
                fail(f"{name}: {error}")
            continue
        for key, array in outputs.items():
            if array.shape[:1] != (len(batch),):
                raise RunError(f"output `{printable(key)}` does not hold one answer a sample")
        yield Answers(batch.names, outputs)


def joined(parts: Iterable[Answers]) -> Answers | None:
    """All answers as one; None where there are none."""
    found = list(parts)
    if not found:
        return None
    keys = found[0].outputs
    try:
        outputs = {key: np.concatenate([part.outputs[key] for part in found]) for key in keys}
    except ValueError as error:  # a model with free axes answers each size of input in its own
        raise RunError(
            "the answers are of different shapes; run inputs of one size at a time"
        ) from error
    return Answers([name for part in found for name in part.names], outputs)


def _rows_not_finite(array: NDArray[Any]) -> NDArray[np.bool_]:
    rows: NDArray[np.bool_] = ~np.isfinite(array.reshape(len(array), -1)).all(axis=1)
    return rows
