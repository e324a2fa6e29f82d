"""Sessions: arrays in, arrays out, on the device that was asked for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper
from onnxruntime import InferenceSession

from netspec.machine.errors import UnusableError
from netspec.onnxgen.build import build
from netspec.onnxgen.model import write_model
from netspec.onnxgen.target import Target
from netspec.runtime.errors import InputError, RunError
from netspec.runtime.pipeline import answers
from netspec.runtime.session import Session
from netspec.weights.initial import Seeded
from tests.graphs import SMALL, TWO_INPUTS, all_values, graph_of

X = np.linspace(-1, 1, 3 * 3 * 8 * 8, dtype=np.float32).reshape(3, 3, 8, 8)


def compiled(folder: Path, target: Target, optimised: bool = True) -> Path:
    graph, path = graph_of(SMALL), folder / "m.onnx"
    with path.open("wb") as file:
        write_model(build(graph, target, optimised=optimised), Seeded(graph), file)
    return path


def test_a_spec_a_graph_and_a_model_answer_alike(tmp_path: Path) -> None:
    graph = graph_of(SMALL)
    expected = Session(graph, device="cpu").run(X)["output"]
    assert expected.shape == (3, 3) and expected.dtype == np.float32
    for model in (graph.spec, compiled(tmp_path, Target()), str(compiled(tmp_path, Target()))):
        session = Session(model, device="cpu")
        assert session.card.labels == ("ant", "bee", "cat")
        np.testing.assert_allclose(session.run({"input": X})["output"], expected, rtol=1e-5)


def test_values_are_those_of_numpy() -> None:
    graph = graph_of("netspec: 1\nname: n\ninput: 5\nnet: INPUT -> FC(4) -> RELU -> FC(3)\n")
    w = all_values(graph, Seeded(graph, 2))
    x = np.random.default_rng(0).standard_normal((6, 5), dtype=np.float32)
    hidden = np.maximum(x @ w["fc1.weight"].T + w["fc1.bias"], 0)
    found = Session(graph, seed=2, layers=("relu1",), device="cpu").run(x)
    np.testing.assert_allclose(found["relu1"], hidden, rtol=1e-5)
    expected = hidden @ w["fc2.weight"].T + w["fc2.bias"]
    np.testing.assert_allclose(found["output"], expected, rtol=1e-4, atol=1e-6)


def test_one_sample_needs_no_batch_axis() -> None:
    session = Session(graph_of(SMALL), device="cpu")
    np.testing.assert_allclose(session.run(X[0])["output"], session.run(X[:1])["output"])
    assert session.run(X[0].tolist())["output"].shape == (1, 3)


@pytest.mark.parametrize("batch", [1, 2, 3, 5])
def test_a_fixed_batch_takes_any_number_of_samples(tmp_path: Path, batch: int) -> None:
    session = Session(compiled(tmp_path, Target(batch=batch)), device="cpu")
    expected = Session(graph_of(SMALL), device="cpu").run(X)["output"]
    np.testing.assert_allclose(session.run(X)["output"], expected, rtol=1e-5)


def test_float16_is_near_and_answers_float32(tmp_path: Path) -> None:
    expected = Session(graph_of(SMALL), device="cpu").run(X)["output"]
    for session in (
        Session(graph_of(SMALL), dtype="float16", device="cpu"),
        Session(compiled(tmp_path, Target(dtype="float16")), device="cpu"),
    ):
        found = session.run(X)["output"]
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, expected, atol=0.02)


def test_weights_too_large_for_a_type_are_named() -> None:
    graph = graph_of(SMALL)
    weights = all_values(graph)
    weights["conv1.bias"] = np.full(4, 1e5, np.float32)
    with pytest.raises(UnusableError, match=r"conv1.bias .* too large for float16"):
        Session(graph, weights=weights, dtype="float16", device="cpu").open()


def test_several_inputs_go_by_name() -> None:
    session = Session(graph_of(TWO_INPUTS), device="cpu")
    left, right = np.ones((2, 4)), np.ones((2, 3))
    assert session.run({"left": left, "right": right})["output"].shape == (2, 2)
    for wrong, reason in (
        (left, "several inputs; give left, right by name"),
        ({"left": left}, "takes left, right; got left"),
        ({"left": left, "right": right[:1]}, "different numbers of samples"),
        ({"left": right, "right": right}, "`left` needs samples of 4, got an array of 2x3"),
    ):
        with pytest.raises(InputError, match=reason):
            session.run(wrong)


def test_layers_are_answered_after_the_outputs(tmp_path: Path) -> None:
    for model in (graph_of(SMALL), compiled(tmp_path, Target(), optimised=False)):
        session = Session(model, layers=("relu1", "conv1", "input"), device="cpu")
        found = session.run(X)
        assert list(found) == ["output", "relu1", "conv1", "input"]
        np.testing.assert_array_equal(found["input"], X)
        assert found["conv1"].min() < 0 <= found["relu1"].min()


def test_a_layer_that_optimising_took_away_is_said_to_be(tmp_path: Path) -> None:
    model = compiled(tmp_path, Target())
    assert list(Session(model, layers=("bn1",), device="cpu").run(X)) == ["output", "bn1"]
    with pytest.raises(UnusableError, match="no result of layer `conv1`") as caught:
        Session(model, layers=("conv1",)).open()
    assert "--no-optimise" in str(caught.value.help)


def test_a_layer_that_is_not_there_is_named_with_the_nearest(tmp_path: Path) -> None:
    for model in (graph_of(SMALL), compiled(tmp_path, Target())):
        with pytest.raises(UnusableError, match="no layer `conv9`") as caught:
            Session(model, layers=("conv9",)).open()
        assert caught.value.help == "did you mean `conv1`?"


def elsewhere(folder: Path, node: onnx.NodeProto, element: int, shape: list[int]) -> Path:
    """A model of one node that no spec describes."""
    x = helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, ["N", 2])
    y = helper.make_tensor_value_info("y", element, shape)
    opsets = [helper.make_opsetid("", 21)]
    graph = helper.make_graph([node], "g", [x], [y])
    path = folder / "elsewhere.onnx"
    onnx.save(helper.make_model(graph, ir_version=10, opset_imports=opsets), path)
    return path


def test_outputs_that_are_no_numbers_are_refused(tmp_path: Path) -> None:
    node = helper.make_node("Cast", ["x"], ["y"], to=onnx.TensorProto.STRING)
    path = elsewhere(tmp_path, node, onnx.TensorProto.STRING, [1, 2])
    with pytest.raises(UnusableError, match=r"output `y` is a tensor\(string\)"):
        Session(path).open()


def test_outputs_without_a_batch_axis_are_refused(tmp_path: Path) -> None:
    node = helper.make_node("ReduceSum", ["x"], ["y"], keepdims=0)
    path = elsewhere(tmp_path, node, onnx.TensorProto.FLOAT, [])
    np.save(tmp_path / "x.npy", np.ones((3, 2)))
    with pytest.raises(RunError, match="output `y` does not hold one answer a sample"):
        list(answers(Session(path), [str(tmp_path / "x.npy")], 2, print))


def test_what_the_runtime_refuses_is_a_run_error(monkeypatch: pytest.MonkeyPatch) -> None:
    session = Session(graph_of(SMALL), device="cpu").open()

    def fail(*_: object) -> None:
        raise RuntimeError("allocation failed\nat some address")

    monkeypatch.setattr(InferenceSession, "run", fail)
    with pytest.raises(RunError, match=r"the run failed: allocation failed$"):
        session.run(X)
