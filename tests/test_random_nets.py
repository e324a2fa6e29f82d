"""Nets generated at random from the grammar, and the zoo, against the language reference (written
once more in random_language.py), ONNX's strict inference, ONNX Runtime and PyTorch.

With NETSPEC_EXHAUSTIVE set to a number, so many random nets are tried, and every net of the zoo is
run, not the light ones alone.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from hypothesis import HealthCheck, given, settings

import netspec
from netspec.analysis.report import graph_report
from netspec.graph.graph import Graph
from netspec.layers import Layer
from netspec.onnxgen.build import build
from netspec.onnxgen.model import compile_model
from netspec.weights.values import ArrayValues
from tests.graphs import graph_of
from tests.net_models import (
    BATCH,
    Array,
    checked_model,
    inferred_shapes,
    random_feeds,
    random_weights,
    run_layers,
    weightless_model,
)
from tests.random_nets import RandomNet, random_nets
from tests.shape_laws import pads, pair

EXHAUSTIVE = int(os.environ.get("NETSPEC_EXHAUSTIVE", "0"))
SPECS = Path(__file__).parent.parent / "specs"
ZOO = sorted(path.stem for path in SPECS.glob("*.yaml"))


def examples(count: int) -> settings:
    """The same nets in each run."""
    return settings(
        max_examples=EXHAUSTIVE or count,
        derandomize=not EXHAUSTIVE,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )


@examples(150)
@given(random_nets())
def test_the_graph_is_the_one_that_the_language_describes(net: RandomNet) -> None:
    graph = graph_of(net.text)
    places = {node.name: at for at, node in enumerate(graph.nodes)}
    found = [
        (node.name, node.kind, tuple(places[name] for name in node.inputs), node.type.shape)
        for node in graph.nodes
    ]
    assert found == [(made.name, made.kind, made.inputs, made.shape) for made in net.layers]
    for node, made in zip(graph.nodes, net.layers, strict=True):
        assert kept(node.layer, made.values) == as_kept(node.layer, made.values)
    assert dict(graph.outputs) == net.outputs


def test_kinds_whose_names_end_in_a_number_share_no_layer_name() -> None:
    text = "netspec: 1\nname: many\ninput: 4\nnet: INPUT -> RELU6 -> RELU*62 -> RELU6*62\n"
    names = [node.name for node in graph_of(text).nodes]
    assert names[1] == "relu61" and names[61:63] == ["relu60", "relu62"]
    assert len(set(names)) == len(names)


def kept(layer: Layer, values: Mapping[str, Any]) -> dict[str, Any]:
    """The hyperparameters of a layer that the text gives."""
    return {name: getattr(layer, name) for name in values}


def as_kept(layer: Layer, values: Mapping[str, Any]) -> dict[str, Any]:
    """Written values as layers keep them: sizes over space as two numbers, paddings as four."""
    over_space = {"kernel", "stride", "dilation", "output_pad", "scale"}
    known = {field.name for field in fields(layer)}  # type: ignore[arg-type]  # each is a dataclass
    assert values.keys() <= known
    return {
        name: pair(value) if name in over_space else pads(value) if name == "pad" else value
        for name, value in values.items()
    }


@examples(60)
@given(random_nets())
def test_onnx_and_its_runtime_agree_on_every_shape(net: RandomNet) -> None:
    graph = graph_of(net.text)
    model = checked_model(graph, random_weights(graph))
    agree_on_inferred(graph, model)
    for batch in (1, 3):
        found = run_layers(model, random_feeds(graph, batch), [node.name for node in graph.nodes])
        agree_on_shapes(graph, {name: value.shape for name, value in found.items()}, batch)


def agree_on_shapes(graph: Graph, found: Mapping[str, tuple[Any, ...]], batch: int | str) -> None:
    """Each layer's tensor has the shape that the graph says, after the batch axis."""
    for node in graph.nodes:
        assert found[node.name] == (batch, *node.type.shape), node.name
    for name, layer in graph.outputs.items():
        if name in found:
            assert found[name] == (batch, *graph.by_name[layer].type.shape), name


def agree_on_inferred(graph: Graph, model: onnx.ModelProto) -> None:
    """ONNX infers the same shapes; of Resize it gives the batch axis a name of its own."""
    whole = inferred_shapes(model)
    found = {name: whole[name] for name in (*graph.by_name, *graph.outputs)}
    assert all(shape[0] == "N" or str(shape[0]).startswith("unk__") for shape in found.values())
    agree_on_shapes(graph, {name: ("N", *shape[1:]) for name, shape in found.items()}, "N")


@examples(80)
@given(random_nets())
def test_values_and_macs_agree_with_pytorch(net: RandomNet) -> None:
    agree_on_values(graph_of(net.text))


def agree_on_values(graph: Graph) -> dict[str, Array]:
    """Each layer computes what PyTorch computes of the same tensors, and so does the whole net, by
    as many multiply-accumulates.  Answers the values by ONNX Runtime.
    """
    from tests.torch_reference import apply, by_layer, evaluate

    weights, feeds = random_weights(graph), random_feeds(graph)
    model = compile_model(build(graph, optimised=False), ArrayValues(graph, weights))
    found = run_layers(model, feeds, [node.name for node in graph.nodes])
    own = by_layer(weights)
    for node in graph.nodes:
        if node.inputs:
            expected = apply(node, [found[name] for name in node.inputs], own)
            close(found[node.name], expected, 1e-4, node.name)
    whole, macs = evaluate(graph, weights, feeds)
    for name in graph.outputs.values():
        close(found[name], whole[name], 1e-3, f"{name}, from the input on")
    assert macs == graph_report(graph, BATCH).totals.macs
    return found


def close(found: Array, expected: Array, rtol: float, what: str) -> None:
    """Equal but for rounding, which is as large as the largest values make it."""
    atol = rtol / 10 * max(1.0, float(np.abs(expected).max()))
    np.testing.assert_allclose(found, expected, rtol, atol, err_msg=what)


def zoo_graph(name: str) -> Graph:
    """The graph of a net of the zoo."""
    return netspec.load(SPECS / f"{name}.yaml").elaborate()


@pytest.mark.parametrize("name", ZOO)
def test_onnx_agrees_on_every_shape_of_the_zoo(name: str) -> None:
    graph = zoo_graph(name)
    model = weightless_model(graph)
    onnx.checker.check_model(model, full_check=True)
    agree_on_inferred(graph, model)


def light(name: str) -> bool:
    """Whether running a net takes a fraction of a second."""
    graph = zoo_graph(name)
    totals = graph_report(graph).totals
    return totals.macs < 5e8 and totals.params < 1e7 and len(graph.nodes) < 400


@pytest.mark.parametrize("name", [name for name in ZOO if EXHAUSTIVE or light(name)])
def test_the_runtime_agrees_on_every_shape_of_the_zoo(name: str) -> None:
    graph = zoo_graph(name)
    model = checked_model(graph, random_weights(graph))
    found = run_layers(model, random_feeds(graph, 1), [node.name for node in graph.nodes])
    agree_on_shapes(graph, {name: value.shape for name, value in found.items()}, 1)
