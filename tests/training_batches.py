"""What nets are trained on where it is the steps that matter."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec.graph import Graph


def random_batches(graph: Graph, size: int, count: int) -> list[tuple[NDArray[Any], NDArray[Any]]]:
    """Random samples of a net with one input, and random labels of ten classes."""
    random = np.random.default_rng(3)
    (kind,) = graph.inputs.values()
    return [
        (random.standard_normal((size, *kind.shape), np.float32), random.integers(0, 10, size))
        for _ in range(count)
    ]
