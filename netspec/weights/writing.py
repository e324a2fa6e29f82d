"""The weights of a graph as a file of tensors."""

from __future__ import annotations

from typing import IO

from netspec.graph.graph import Graph
from netspec.weights.npz import write_npz
from netspec.weights.safetensor import write_safetensors
from netspec.weights.values import Values

#: What writes a file whose name ends so.
WRITERS = {".safetensors": write_safetensors, ".npz": write_npz}


def write_weights(graph: Graph, values: Values, suffix: str, file: IO[bytes]) -> None:
    """Write all weights by their names, in float32, no more than one in memory at a time.

    The same weights give the same bytes. UnusableError where the format holds no so many.
    """
    shapes = ((name, weight.shape) for name, weight in graph.all_weights())
    WRITERS[suffix](shapes, values.read, file)
