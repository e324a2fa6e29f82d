"""The largest batch that fits, against the bytes that each batch needs."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import netspec
from netspec.analysis.fits import largest_batch, needed_bytes
from netspec.analysis.report import graph_report
from netspec.analysis.training import training_memory
from netspec.graph import Graph
from tests.graphs import SMALL, graph_of

SPECS = Path(__file__).parent.parent / "specs"
GIB = 2**30


@cache
def graph(net: str) -> Graph:
    """A net of the zoo."""
    return netspec.load(SPECS / f"{net}.yaml").elaborate()


@pytest.mark.parametrize("optimizer", [None, "sgd", "momentum", "adam"])
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize("net", ["lenet5", "resnet18", "googlenet", "unet"])
def test_one_more_does_not_fit(net: str, dtype: str, optimizer: str | None) -> None:
    for budget in (2**20, 512 * 2**20, 8 * GIB, 80 * GIB):
        most = largest_batch(graph(net), budget, dtype, optimizer)
        assert needed_bytes(graph(net), most + 1, dtype, optimizer) > budget
        if most:
            assert needed_bytes(graph(net), most, dtype, optimizer) <= budget


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 300), st.sampled_from([None, "sgd", "adam"]), st.integers(-1, 1))
def test_exact_to_the_byte(batch: int, optimizer: str | None, spare: int) -> None:
    small = graph_of(SMALL)
    budget = needed_bytes(small, batch, "float32", optimizer) + spare
    assert largest_batch(small, budget, "float32", optimizer) == batch - (spare < 0)


def test_not_even_one() -> None:
    assert largest_batch(graph("vgg16"), GIB // 2, "float32", None) == 0
    assert largest_batch(graph("vgg16"), GIB, "float32", None) > 0
    assert largest_batch(graph("vgg16"), GIB, "float32", "sgd") == 0
    assert largest_batch(graph("vgg16"), 0, "float32", None) == 0


def test_inference_needs_weights_and_the_peak() -> None:
    totals = graph_report(graph("resnet18"), 7).totals
    needed = needed_bytes(graph("resnet18"), 7)
    assert needed == totals.weight_bytes + totals.inference_peak_bytes


def test_training_needs_what_its_steps_do() -> None:
    training = training_memory(graph("resnet18"), 7, "float16", "adam")
    assert needed_bytes(graph("resnet18"), 7, "float16", "adam") == training.run_bytes


def test_half_precision_fits_more() -> None:
    single, half = (
        largest_batch(graph("resnet50"), 8 * GIB, dtype, None) for dtype in ("float32", "float16")
    )
    assert half > 2 * single


@pytest.mark.parametrize(("dtype", "optimizer"), [("float8", None), ("float32", "lion")])
def test_wrong_questions(dtype: str, optimizer: str | None) -> None:
    with pytest.raises(ValueError, match="one of"):
        largest_batch(graph("lenet5"), GIB, dtype, optimizer)
