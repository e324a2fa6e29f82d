"""Sessions: arrays in, arrays out, on the device that was asked for."""

from __future__ import annotations

import ctypes
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from numpy.typing import NDArray
from onnx import helper
from onnxruntime import InferenceSession

from netspec.machine.errors import UnusableError
from netspec.onnxgen.build import build
from netspec.onnxgen.model import write_model
from netspec.onnxgen.target import Target
from netspec.runtime import device as devices
from netspec.runtime import start as starting
from netspec.runtime.device import CPU, CUDA, Device
from netspec.runtime.errors import InputError, RunError
from netspec.runtime.pipeline import answer
from netspec.runtime.ranking import rank
from netspec.runtime.session import Session
from netspec.weights.initial import Seeded
from tests.graphs import SMALL, TWO_INPUTS, all_values, graph_of

X = np.linspace(-1, 1, 3 * 3 * 8 * 8, dtype=np.float32).reshape(3, 3, 8, 8)


def compiled(folder: Path, target: Target) -> Path:
    graph, path = graph_of(SMALL), folder / "m.onnx"
    with path.open("wb") as file:
        write_model(build(graph, target), Seeded(graph), file)
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
        Session(graph, weights=weights, dtype="float16")
    with pytest.raises(UnusableError, match="bfloat16"):
        Session(graph, dtype="bfloat16")


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
    for model in (graph_of(SMALL), compiled(tmp_path, Target())):
        session = Session(model, layers=("relu1", "conv1", "input"), device="cpu")
        found = session.run(X)
        assert list(found) == ["output", "relu1", "conv1", "input"]
        np.testing.assert_array_equal(found["input"], X)
        assert found["conv1"].min() < 0 <= found["relu1"].min()


def test_a_layer_that_is_not_there_is_named_with_the_nearest(tmp_path: Path) -> None:
    for model in (graph_of(SMALL), compiled(tmp_path, Target())):
        with pytest.raises(UnusableError, match="no layer `conv9`") as caught:
            Session(model, layers=("conv9",))
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
        Session(path)


def test_outputs_without_a_batch_axis_are_refused(tmp_path: Path) -> None:
    node = helper.make_node("ReduceSum", ["x"], ["y"], keepdims=0)
    path = elsewhere(tmp_path, node, onnx.TensorProto.FLOAT, [])
    np.save(tmp_path / "x.npy", np.ones((3, 2)))
    with pytest.raises(RunError, match="output `y` does not hold one answer a sample"):
        answer(Session(path), [tmp_path / "x.npy"], 2, print)


def test_what_the_runtime_refuses_is_a_run_error(monkeypatch: pytest.MonkeyPatch) -> None:
    session = Session(graph_of(SMALL), device="cpu")

    def fail(*_: object) -> None:
        raise RuntimeError("allocation failed\nat some address")

    monkeypatch.setattr(session, "_session", SimpleNamespace(run=fail))
    with pytest.raises(RunError, match=r"the run failed: allocation failed$"):
        session.run(X)


@pytest.mark.parametrize("text", ["tpu", "cuda:", "cuda:x", "cuda:-1", "CPU", "", "cuda:99999"])
def test_other_devices_are_no_devices(text: str) -> None:
    with pytest.raises(ValueError, match="auto, cpu, cuda or cuda:N"):
        Device.parse(text)


def test_devices_are_read() -> None:
    assert Device.parse("cuda") == Device.parse("cuda:0") == Device("cuda", 0)
    assert Device.parse("cuda:3") == Device("cuda", 3) and str(Device("cuda", 3)) == "cuda:3"
    assert Device.parse("auto") == Device("auto")


def test_cuda_of_the_cpu_build_is_an_error_with_the_way_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(devices, "cuda_offered", lambda: False)
    monkeypatch.setattr(starting, "cuda_offered", lambda: False)
    with pytest.raises(UnusableError, match=r"cuda:1 does not start: .* without CUDA") as caught:
        Session(graph_of(SMALL), device="cuda:1")
    assert caught.value.help is not None and "netspec-compiler[gpu]" in caught.value.help


class SilentFallback:
    """ONNX Runtime where CUDA is listed and does not start: it takes the CPU in silence."""

    def __init__(self, content: bytes, options: object, providers: list[Any], **_: object) -> None:
        self.session = InferenceSession(content, options, [CPU])

    def __getattr__(self, name: str) -> Any:
        return getattr(self.session, name)


def pretend_cuda(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (devices, starting):
        monkeypatch.setattr(module, "cuda_offered", lambda: True)
    monkeypatch.setattr("netspec.runtime.session.cuda_offered", lambda: True)
    monkeypatch.setattr(devices, "_load_cuda_libraries", lambda: None)
    monkeypatch.setattr(onnxruntime, "InferenceSession", SilentFallback)


def test_a_silent_fallback_from_cuda_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend_cuda(monkeypatch)
    monkeypatch.setattr(devices, "_no_gpu", lambda index: "")
    monkeypatch.setattr(devices, "_missing_library", lambda: "the library libcudnn.so.9 is missing")
    with pytest.raises(UnusableError, match=r"cuda:0 does not start: .*libcudnn.so.9 is missing"):
        Session(graph_of(SMALL), device="cuda")


def test_auto_says_what_it_took_and_why(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend_cuda(monkeypatch)
    monkeypatch.setattr(devices, "_no_gpu", lambda index: "no GPU is visible")
    session = Session(graph_of(SMALL), device="auto")
    assert session.device == "cpu"
    assert session.because == "cuda:0 does not start: no GPU is visible"
    assert Session(graph_of(SMALL), device="cpu").because == ""


def test_cuda_is_asked_for_by_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "cuda_offered", lambda: True)
    monkeypatch.setattr(devices, "_load_cuda_libraries", lambda: None)
    assert Device("cuda", 2).providers() == [(CUDA, {"device_id": 2}), CPU]
    assert Device("cpu").providers() == [CPU]


def test_a_machine_without_a_driver_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "_DRIVER", "libno-such-driver.so.1")
    assert devices._no_gpu(0) == "the NVIDIA driver is missing (libno-such-driver.so.1)"


class Driver:
    """A CUDA driver with so many GPUs."""

    def __init__(self, count: int) -> None:
        self.count = count

    def cuInit(self, flags: int) -> int:  # noqa: N802  # the driver's name
        return 0

    def cuDeviceGetCount(self, count: Any) -> int:  # noqa: N802  # the driver's name
        count._obj.value = self.count
        return 0


def test_a_gpu_that_is_not_there_is_told_from_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda name: Driver(2))
    assert devices._no_gpu(1) == ""
    assert "no GPU 2" in devices._no_gpu(2)
    monkeypatch.setattr(ctypes, "CDLL", lambda name: Driver(0))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert devices._no_gpu(0) == "no GPU is visible (CUDA_VISIBLE_DEVICES='')"


def test_the_cpu_starts() -> None:
    assert starting.try_device(Device("cpu")) == ""


LOGITS = np.array([[1.0, 3.0, 2.0], [0.0, -5.0, 5.0]])


def softmax(values: NDArray[np.float64]) -> NDArray[np.float64]:
    powers = np.exp(values)
    result: NDArray[np.float64] = powers / powers.sum(axis=1, keepdims=True)
    return result


def test_logits_become_probabilities_and_probabilities_stay() -> None:
    for output in (LOGITS, softmax(LOGITS), np.log(softmax(LOGITS))):
        ranking = rank(output.astype(np.float32), 2)
        assert ranking.what == "probability"
        np.testing.assert_allclose(ranking.values, softmax(LOGITS), rtol=1e-5)
        assert ranking.best.tolist() == [[1, 2], [2, 0]]


def test_scores_and_values_stay_as_they_are() -> None:
    scores = np.array([[0.9, 0.8, 0.1]])
    assert rank(scores, 5).what == "score"
    np.testing.assert_array_equal(rank(scores, 5).values, scores)
    assert rank(np.array([[7.0], [8.0]]), 5).what == "value"


def test_large_logits_and_nan_are_survived() -> None:
    assert rank(np.array([[1e4, -1e4]]), 1).values.tolist() == [[1.0, 0.0]]
    assert np.isnan(rank(np.array([[np.nan, 1.0]]), 2).values).all()
