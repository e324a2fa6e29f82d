"""`--batch N`: the same numbers as with a free batch axis, and every size known beforehand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest

from netspec.graph.graph import Graph
from netspec.onnxgen.build import build
from netspec.onnxgen.model import compile_model
from netspec.onnxgen.target import Target
from netspec.runtime.session import Session
from netspec.weights.values import ArrayValues
from tests.graphs import SMALL, graph_around, graph_of
from tests.layer_models import run
from tests.layer_samples import SAMPLES, Sample
from tests.net_models import random_feeds, random_weights
from tests.test_random_nets import ZOO, zoo_graph

LAYERS = [sample for sample in SAMPLES if sample.layer.keyword != "INPUT"]
BATCH = 3


def model_of(graph: Graph, batch: int | None, optimised: bool = True) -> onnx.ModelProto:
    program = build(graph, Target(batch=batch), optimised=optimised)
    return compile_model(program, ArrayValues(graph, random_weights(graph)))


def all_sizes_are_known(model: onnx.ModelProto) -> None:
    """Strict inference gives a number for each axis of each tensor."""
    onnx.checker.check_model(model, full_check=True)
    typed = onnx.shape_inference.infer_shapes(model, strict_mode=True, data_prop=True).graph
    for value in (*typed.input, *typed.value_info, *typed.output):
        assert all(dim.dim_value for dim in value.type.tensor_type.shape.dim), value.name
    assert {dims.type.tensor_type.shape.dim[0].dim_value for dims in typed.output} == {BATCH}


@pytest.mark.parametrize("sample", LAYERS, ids=str)
def test_a_layer_computes_the_same(sample: Sample) -> None:
    graph = graph_around(sample)
    feeds = random_feeds(graph, BATCH)
    fixed = model_of(graph, BATCH)
    all_sizes_are_known(fixed)
    np.testing.assert_array_equal(run(fixed, feeds), run(model_of(graph, None), feeds))


@pytest.mark.parametrize("optimised", [True, False], ids=["optimised", "as written"])
@pytest.mark.parametrize("name", ["lenet5", "keras_mnist_cnn", "textbook", "resnet20", "mlp"])
def test_a_net_computes_the_same(name: str, optimised: bool) -> None:
    assert name in ZOO
    graph = zoo_graph(name)
    feeds = random_feeds(graph, BATCH)
    fixed = model_of(graph, BATCH, optimised)
    all_sizes_are_known(fixed)
    expected = run(model_of(graph, None, optimised), feeds)
    np.testing.assert_allclose(run(fixed, feeds), expected, rtol=1e-5, atol=1e-6)


def test_a_session_takes_any_number_of_samples(tmp_path: Path) -> None:
    graph, path = graph_of(SMALL), tmp_path / "m.onnx"
    path.write_bytes(model_of(graph, BATCH).SerializeToString())
    x = random_feeds(graph, 7)["input"]
    free = Session(graph, weights=random_weights(graph), device="cpu").run(x)["output"]
    found = Session(path, device="cpu").run(x)["output"]
    np.testing.assert_allclose(found, free, rtol=1e-5, atol=1e-6)
