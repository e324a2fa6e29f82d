"""A model is written one tensor at a time: no more memory than the largest of them and a part.

Real figures for gigabytes: tests/benchmarks/memory.py.
"""

from __future__ import annotations

import io
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from netspec.onnxgen.build import build
from netspec.onnxgen.model import write_model
from netspec.onnxgen.target import Target
from netspec.weights.values import choose_values
from tests.benchmarks.memory import CASES, large_net, largest, write_weights

NBYTES = 10_000_000


class Sink(io.BytesIO):
    """A file that counts what is written to it and keeps none of it."""

    nbytes = 0

    def write(self, part: Any) -> int:
        self.nbytes += len(part)
        return len(part)

    def tell(self) -> int:
        return self.nbytes


@pytest.mark.parametrize("beside", [False, True], ids=["inside", "beside"])
@pytest.mark.parametrize(("source", "dtype"), CASES)
def test_writing_a_model_takes_no_more_than_its_largest_tensor(
    tmp_path: Path, source: str, dtype: str, beside: bool
) -> None:
    graph = large_net(NBYTES)
    if source != "seeded":
        write_weights(graph, tmp_path / "w.safetensors", source)
    values = choose_values(graph, None if source == "seeded" else tmp_path / "w.safetensors")
    program = build(graph, Target.choose(None, None, dtype))
    file, data = Sink(), Sink()

    tracemalloc.start()
    try:
        write_model(program, values, file, ("m.data", data) if beside else None)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 1.3 * largest(graph), f"{peak / largest(graph):.2f} times the largest tensor"
    assert program.nbytes <= file.nbytes + data.nbytes < program.nbytes + 100_000
