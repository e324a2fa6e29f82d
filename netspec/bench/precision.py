"""How far a net's answers are from those in float32."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec.runtime.inputs import InputType
from netspec.runtime.session import Session

#: Random samples that are compared.
SAMPLES = 32


@dataclass(frozen=True)
class Deviation:
    """Over so many random samples, the largest difference of the main output, as a part of its
    largest value; and how many samples have the same best class, None where there are no classes.
    """

    samples: int
    largest: float
    same_best: int | None


def random_feeds(
    inputs: Mapping[str, InputType], count: int, seed: int = 0
) -> dict[str, NDArray[Any]]:
    """Normally distributed samples for each input, of size 1 along an axis of any size."""
    random = np.random.default_rng(seed)
    return {
        name: random.standard_normal(
            (count, *[size or 1 for size in kind.shape]), dtype=np.float32
        ).astype(kind.dtype, copy=False)
        for name, kind in inputs.items()
    }


def deviation(session: Session, exact: Session, batch: int) -> Deviation:
    """How far the session's answers are from those of an exact one."""
    feeds = random_feeds(exact.inputs, SAMPLES)
    main = exact.outputs[0]
    found, expected = (
        np.concatenate(
            [
                each.run({name: array[at : at + batch] for name, array in feeds.items()})[main]
                for at in range(0, SAMPLES, batch)
            ]
        )
        for each in (session, exact)
    )
    classes = expected.ndim == 2 and expected.shape[1] > 1
    same = int((found.argmax(1) == expected.argmax(1)).sum()) if classes else None
    return Deviation(SAMPLES, largest_difference(found, expected), same)


def largest_difference(found: NDArray[Any], expected: NDArray[Any]) -> float:
    """The largest difference as a part of the largest value that is expected."""
    scale = float(np.abs(expected).max(initial=0.0)) or 1.0
    return float(np.abs(found.astype(np.float64) - expected).max(initial=0.0)) / scale
