"""Gradients: against PyTorch's autograd and central differences, and as laws of the registry."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator
from onnx.reference.op_run import OpRun

import netspec
from netspec.autodiff.gradient import gradient_program
from netspec.graph import Graph
from netspec.layers import REGISTRY, Layer
from netspec.machine.errors import UnusableError
from netspec.onnxgen.model import compile_model
from netspec.weights.values import ArrayValues
from tests.commands import netspec as command
from tests.gradient_models import autograd, differentiated, error, learned, random_seeds
from tests.graphs import SMALL, TWO_INPUTS, graph_around, graph_of
from tests.layer_samples import SAMPLES, Sample
from tests.net_models import random_weights
from tests.torch_reference import RULES, torch

Array = NDArray[Any]
ZERO = np.zeros(1)
LAYERS = [sample for sample in SAMPLES if not sample.layer.source]
#: Samples that onnx's own evaluator runs wrongly or not at all: LRN, and grouped convolutions with
#: strides or dilations.
UNEVALUATED = ("DECONV(filters=6,kernel=(4,3)", "CONV(filters=6,pad=(0,1,2,3)", "LRN(")


def check_against_autograd(graph: Graph, tolerance: float = 1e-5) -> None:
    weights, feeds = random_weights(graph), random_seeds(graph)
    found, expected = differentiated(graph, weights, feeds), autograd(graph, weights, feeds)
    assert expected.keys() == found.gradients.keys()
    for name, array in expected.items():
        assert error(found.gradients[name], array) <= tolerance, name


@pytest.mark.parametrize("sample", LAYERS, ids=str)
def test_each_layer_agrees_with_autograd(sample: Sample) -> None:
    check_against_autograd(graph_around(sample))


@pytest.mark.parametrize("name", ["lenet5", "mlp", "resnet20", "keras_mnist_cnn", "textbook"])
def test_nets_agree_with_autograd(name: str) -> None:
    check_against_autograd(netspec.load(name).elaborate())


BRANCHES = (
    "netspec: 1\nname: b\ninput: 4x8x8\nnet: INPUT -> CONV(8, 3, pad=1) @a -> TANH @b"
    " -> ADD{ CONV(8, 1) | @a | @b | @a } -> MUL{ | GAP -> FC(8) -> SIGMOID }"
    " -> CONCAT{ | @b } -> FC(3)\n"
)


@pytest.mark.parametrize("text", [BRANCHES, TWO_INPUTS, SMALL], ids=["branches", "inputs", "small"])
def test_tensors_that_are_read_often_add_up(text: str) -> None:
    check_against_autograd(graph_of(text))


def doubled(model: onnx.ModelProto) -> onnx.ModelProto:
    """The model in float64."""
    for node in model.graph.node:
        if node.op_type == "ConstantOfShape" and not node.attribute:
            node.attribute.append(helper.make_attribute("value", numpy_helper.from_array(ZERO)))
        for at in node.attribute:
            if (node.op_type, at.name, at.i) == ("Cast", "to", TensorProto.FLOAT):
                at.i = TensorProto.DOUBLE
            if at.HasField("t") and at.t.data_type == TensorProto.FLOAT:
                at.t.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(at.t).astype(float)))
    for tensor in model.graph.initializer:
        values = numpy_helper.to_array(tensor).astype(float)
        tensor.CopyFrom(numpy_helper.from_array(values, tensor.name))
    for value in (*model.graph.input, *model.graph.output, *model.graph.value_info):
        value.type.tensor_type.elem_type = TensorProto.DOUBLE
    return model


class Pad(OpRun):
    """Pad with zeros, with negative pads too, which onnx's evaluator does not take."""

    op_domain = ""

    def _run(self, x: Array, pads: Array, *options: Any, mode: str | None = None) -> tuple[Array]:
        ends = np.reshape(pads, (2, -1)).T
        kept = tuple(
            slice(max(-first, 0), size - max(-last, 0))
            for size, (first, last) in zip(x.shape, ends, strict=True)
        )
        (value,) = [option for option in options if option is not None] or [0.0]
        return (np.pad(x[kept], np.maximum(ends, 0), constant_values=value),)


@pytest.mark.parametrize(
    "sample", [s for s in LAYERS if not str(s).startswith(UNEVALUATED)], ids=str
)
def test_each_layer_agrees_with_central_differences(sample: Sample) -> None:
    """(L(x + hv) - L(x - hv)) / 2h is the gradient along v, of the inputs and tensors together."""
    graph, random = graph_around(sample), np.random.default_rng(3)
    weights, feeds = random_weights(graph), random_seeds(graph)
    names = learned(graph)
    program = gradient_program(graph, wrt=names)
    model = doubled(compile_model(program, ArrayValues(graph, weights)))
    evaluated = ReferenceEvaluator(model, new_ops=[Pad])
    found = dict(zip(program.outputs, evaluated.run(None, _doubles(feeds)), strict=True))
    start = _doubles({**weights, **feeds})
    along = {name: random.standard_normal(start[name].shape) for name in names}

    def loss(step: float) -> float:
        moved = start | {name: start[name] + step * along[name] for name in names}
        reads = [torch.from_numpy(moved[name]) for name in graph.inputs]
        own = {name.partition(".")[2]: torch.from_numpy(moved[name]) for name in weights}
        made = RULES[sample.layer.keyword](sample.layer, reads, own)
        return float((made.numpy() * start["output.grad"]).sum())

    numeric = (loss(1e-6) - loss(-1e-6)) / 2e-6
    analytic = sum(float((found[f"{name}.grad"] * along[name]).sum()) for name in names)
    assert analytic == pytest.approx(numeric, rel=1e-7, abs=1e-8)


def _doubles(arrays: Mapping[str, Array]) -> dict[str, Array]:
    return {name: array.astype(np.float64) for name, array in arrays.items()}


@pytest.mark.parametrize("kind", REGISTRY.values(), ids=REGISTRY)
def test_every_kind_has_a_gradient_or_is_an_input(kind: type[Layer]) -> None:
    assert kind.grad is not Layer.grad or kind.source
    assert kind.source or any(type(sample.layer) is kind for sample in LAYERS)


def test_norms_by_the_batch_have_its_gradient() -> None:
    graph = graph_of("netspec: 1\nname: n\ninput: 3x5x4\nnet: INPUT -> BN(eps=0.1)\n")
    weights, feeds = random_weights(graph), random_seeds(graph, batch=4)
    found = differentiated(graph, weights, feeds, training=True)
    expected = autograd(graph, weights, feeds, training=True)
    for name, array in expected.items():
        assert error(found.gradients[name], array) <= 1e-5, name


def test_dropout_passes_the_gradient_of_what_stays() -> None:
    graph = graph_of("netspec: 1\nname: n\ninput: 1000\nnet: INPUT -> DROPOUT(0.25)\n")
    feeds = {
        "input": np.ones((2, 1000), np.float32),
        "output.grad": np.full((2, 1000), 3.0, np.float32),
    }
    found = differentiated(graph, {}, feeds, training=True)
    kept = found.values["output"] > 0
    assert 0.7 < kept.mean() < 0.8
    np.testing.assert_allclose(found.values["output"][kept], 4 / 3, rtol=1e-6)
    np.testing.assert_allclose(found.gradients["input"], np.where(kept, 4.0, 0.0), rtol=1e-6)


def test_nothing_is_computed_twice_or_in_vain() -> None:
    graph = netspec.load("resnet20").elaborate()
    program = gradient_program(graph, wrt=["input"])
    read = {name for node in program.nodes for name in node.input}
    assert all(set(node.output) & (read | set(program.outputs)) for node in program.nodes)
    keys = [
        (node.op_type, tuple(node.input), b"".join(a.SerializeToString() for a in node.attribute))
        for node in program.nodes
    ]
    assert len(set(keys)) == len(keys)
    whole = gradient_program(graph, wrt=learned(graph))
    assert len(program.nodes) < 0.6 * len(whole.nodes)


@pytest.mark.parametrize(
    ("of", "wrt", "said"),
    [
        ("outptu", "input", "no layer or output `outptu`"),
        ("output", "conv9.weight", "no input, layer or learned tensor `conv9.weight`"),
        ("output", "bn1.running_mean", "is a mean, which is not learned"),
        ("conv1", "fc1.weight", "`conv1` does not depend on fc1.weight"),
    ],
)
def test_names_that_are_wrong_are_refused(of: str, wrt: str, said: str) -> None:
    with pytest.raises(UnusableError, match=said):
        gradient_program(graph_of(SMALL), of, [wrt])


def test_a_layer_in_the_middle_has_a_gradient_and_gives_one() -> None:
    graph = graph_of(SMALL)
    program = gradient_program(graph, "fc1", ["relu1", "conv1.weight"])
    assert program.inputs == ("input", "fc1.grad")
    assert program.outputs == ("output", "relu1.grad", "conv1.weight.grad")


def test_the_command_writes_what_the_library_makes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "g.onnx"
    names = ("--grad", "input", "--grad", "conv1.weight")
    assert command(capsys, "compile", "lenet5", *names, "-o", path).code == 0
    made = netspec.load("lenet5").elaborate().gradient(wrt=names[1::2])
    assert onnx.load(path).graph.node == made.graph.node
    for wrong in (("--grad-of", "fc1"), (*names, "--no-optimise")):
        result = command(capsys, "compile", "lenet5", *wrong, "-o", path)
        assert (result.code, "--grad" in result.err) == (2, True)
    result = command(capsys, "compile", "lenet5", "--grad", "inptu", "-o", path)
    assert result.code == 2
    assert "did you mean" in result.err
