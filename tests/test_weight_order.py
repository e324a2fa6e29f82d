"""Weights of nets that flatten channels last: laid out anew, our net computes what theirs does."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pytest

import netspec
from netspec.graph import Graph
from netspec.machine.errors import UnusableError
from netspec.runtime.session import Session
from netspec.weights.initial import FloatArray, Seeded
from netspec.weights.order import flattened_axes
from netspec.weights.values import ArrayValues, choose_values
from tests.commands import netspec as command
from tests.graphs import all_values, graph_of
from tests.layer_models import LayerModel, random_feeds, run
from tests.layer_samples import SAMPLES, Sample


def net(body: str, size: str = "5x3x4") -> Graph:
    return graph_of(f"netspec: 1\nname: n\ninput: {size}\nnet: 'INPUT -> {body}'\n")


def answers(graph: Graph, values: dict[str, FloatArray], x: FloatArray) -> FloatArray:
    result: FloatArray = Session(graph, weights=values, device="cpu").run(x)["output"]
    return result


@pytest.mark.parametrize(
    "body",
    [
        "FC(6)",
        "FLATTEN -> FC(6) -> RELU -> FC(5)",
        "FLATTEN -> DROPOUT -> BN -> PRELU -> FC(6) -> BN -> FC(2)",
        "RESHAPE([60]) -> LAYERNORM -> SOFTMAX -> FC(6)",
        "FLATTEN@f -> TANH -> ADD{ | @f } -> MUL{ | @f -> SIGMOID } -> FC(6, bias=no)",
    ],
)
def test_a_net_that_flattens_channels_last_computes_the_same(body: str) -> None:
    """Theirs is ours with a CxHxW input that holds HxWxC: its FLATTEN then sees H*W*C."""
    theirs, ours = net(body, "3x4x5"), net(body)
    rng = np.random.default_rng(3)
    given = {
        name: (rng.random(weight.shape) + 0.5).astype(np.float32)
        for name, weight in theirs.all_weights()
    }
    x = rng.normal(size=(2, 5, 3, 4)).astype(np.float32)
    expected = answers(theirs, given, np.ascontiguousarray(x.transpose(0, 2, 3, 1)))
    moved = all_values(ours, choose_values(ours, given, flatten_order="HWC"))
    np.testing.assert_allclose(answers(ours, moved, x), expected, rtol=1e-5)
    assert abs(answers(ours, given, x) - expected).max() > 1e-3


def test_the_library_takes_it() -> None:
    graph = net("CONV(6, 1) -> FC(7)")
    given = {name: values + 1 for name, values in all_values(graph).items()}
    x = np.arange(60, dtype=np.float32).reshape(1, 5, 3, 4)
    moved = all_values(graph, choose_values(graph, given, flatten_order="HWC"))
    expected = answers(graph, moved, x)
    session = Session(graph, weights=given, flatten_order="HWC", device="cpu")
    np.testing.assert_array_equal(session.run(x)["output"], expected)
    model = netspec.load("lenet5").elaborate().compile(seed=1)
    assert model == netspec.load("lenet5").elaborate().compile(seed=1, flatten_order="CHW")


@pytest.mark.parametrize("verb", ["compile", "run"])
def test_the_command_line_takes_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("net.yaml").write_text("netspec: 1\nname: n\ninput: 5x3x4\nnet: INPUT -> FC(7)\n")
    x = np.random.default_rng(1).normal(size=(2, 5, 3, 4)).astype(np.float32)
    np.save("x.npy", x)
    assert command(capsys, "weights", "net.yaml", "--init", "w.npz").code == 0
    weights: tuple[str, ...] = ("--weights", "w.npz", "--flatten-order", "HWC")
    model = "m.onnx" if verb == "compile" else "net.yaml"
    if verb == "compile":
        assert command(capsys, "compile", "net.yaml", *weights, "-o", model).code == 0
        weights = ()
    outcome = command(capsys, "run", model, "x.npy", *weights, "--device", "cpu", "-o", "y.npy")
    assert outcome.code == 0, outcome
    with np.load("w.npz") as given:
        weight, bias = given["fc1.weight"], given["fc1.bias"]
    expected = x.transpose(0, 2, 3, 1).reshape(2, -1) @ weight.T + bias
    np.testing.assert_allclose(np.load("y.npy"), expected, rtol=1e-4, atol=1e-6)


def test_only_what_reads_a_flattened_tensor_is_moved() -> None:
    graph = net("CONV(6, 1) -> BN -> FC(7) -> BN -> FC(2)")
    assert flattened_axes(graph) == {"fc1.weight": (6, 3, 4)}
    for plain in ("GAP -> FC(2)", "GAP(keep=yes) -> FLATTEN -> BN -> FC(2)", "CONV(1) -> FC(2)"):
        assert flattened_axes(net(plain)) == {}


def test_the_values_of_others_are_as_they_are() -> None:
    graph = net("CONV(6, 1) -> FC(7) -> FC(2)")
    given = all_values(graph, Seeded(graph))
    moved = choose_values(graph, given, flatten_order="HWC")
    for name, values in given.items():
        found = moved.read(name)
        assert np.array_equal(found, values) == (name != "fc1.weight")
    np.testing.assert_array_equal(
        moved.read("fc1.weight"),
        given["fc1.weight"].reshape(7, 3, 4, 6).transpose(0, 3, 1, 2).reshape(7, -1),
    )


@pytest.mark.parametrize(
    ("body", "layer"),
    [
        ("FLATTEN -> GROUPNORM(5) -> FC(2)", "GROUPNORM `groupnorm1` reads a flattened 5x3x4"),
        ("FLATTEN -> MAXOUT(2) -> FC(2)", "MAXOUT `maxout1`"),
        ("FLATTEN -> RESHAPE([5, 12]) -> FLATTEN -> FC(2)", "RESHAPE `reshape1`"),
        ("FLATTEN@f -> FC(60) -> ADD{ | @f } -> FC(2)", "ADD `add1`"),
        ("CONCAT{ FLATTEN | GAP } -> FC(2)", "CONCAT `concat1`"),
        ("FLATTEN -> CONCAT{ | TANH } -> FC(2)", "CONCAT `concat1`"),
    ],
)
def test_what_no_order_of_weights_stands_for_is_refused(body: str, layer: str) -> None:
    graph = net(body)
    with pytest.raises(UnusableError, match=layer):
        choose_values(graph, all_values(graph), flatten_order="HWC")


def test_seeded_weights_have_no_order_and_there_are_two() -> None:
    graph = net("FC(2)")
    with pytest.raises(UnusableError, match="these are seeded"):
        choose_values(graph, flatten_order="HWC")
    with pytest.raises(UnusableError, match="order WHC: there are CHW, HWC"):
        choose_values(graph, all_values(graph), flatten_order="WHC")
    assert isinstance(choose_values(graph, all_values(graph), flatten_order="CHW"), ArrayValues)


def test_a_weight_is_laid_out_anew_with_little_more_memory_than_it_takes() -> None:
    graph = net("FC(256)", "64x16x16")
    values = choose_values(graph, all_values(graph), flatten_order="HWC")
    tracemalloc.start()
    try:
        found = values.read("fc1.weight")
        assert tracemalloc.get_traced_memory()[1] < 1.3 * found.nbytes
    finally:
        tracemalloc.stop()


VECTORS = [sample for sample in SAMPLES if all(len(shape) == 1 for shape in sample.shapes)]


@pytest.mark.parametrize("sample", [s for s in VECTORS if s.layer.equivariant], ids=str)
def test_an_equivariant_layer_is(sample: Sample) -> None:
    """Its elements and tensors in another order: the same result, in that order."""
    order = np.random.default_rng(1).permutation(sample.shapes[0][0])
    model, feeds = LayerModel(sample).build(), random_feeds(sample)
    turned = {name: values[..., order] for name, values in feeds.items()}
    assert all(sample.layer.along_elements(name) for name in sample.layer.weights(sample.inputs))
    np.testing.assert_allclose(run(model, turned), run(model, feeds)[..., order], rtol=1e-5)


@pytest.mark.parametrize("sample", [s for s in VECTORS if s.layer.linear], ids=str)
def test_a_linear_layer_takes_its_elements_in_any_order(sample: Sample) -> None:
    order = np.random.default_rng(1).permutation(sample.shapes[0][0])
    model, feeds = LayerModel(sample).build(), random_feeds(sample)
    moves = {name for name in feeds if name == "x0" or sample.layer.along_elements(name)}
    turned = {n: values[..., order] if n in moves else values for n, values in feeds.items()}
    np.testing.assert_allclose(run(model, turned), run(model, feeds), rtol=1e-5)
