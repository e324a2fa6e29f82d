"""Devices: what is asked of a GPU, what is said where it does not start, CUDA graphs."""

from __future__ import annotations

import ctypes
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest

from netspec.machine.errors import UnusableError
from netspec.onnxgen.build import build
from netspec.onnxgen.model import write_model
from netspec.onnxgen.target import Target
from netspec.runtime import device as devices
from netspec.runtime import libraries
from netspec.runtime import start as starting
from netspec.runtime.device import CPU, CUDA, TENSORRT, Device
from netspec.runtime.errors import RunError
from netspec.runtime.providers import GpuOptions
from netspec.runtime.session import Session
from netspec.weights.initial import Seeded
from tests.gpus import pretend
from tests.graphs import SMALL, graph_of

X = np.linspace(-1, 1, 5 * 3 * 8 * 8, dtype=np.float32).reshape(5, 3, 8, 8)


@pytest.mark.parametrize(
    "text", ["tpu", "cuda:", "cuda:x", "cuda:-1", "CPU", "", "cuda:99999", "cpu:0", "tensorrt:"]
)
def test_other_devices_are_no_devices(text: str) -> None:
    with pytest.raises(ValueError, match="no device; there are auto, cpu, cuda, cuda:N, tensorrt"):
        Device.parse(text)
    with pytest.raises(ValueError, match="no device"):
        Session(graph_of(SMALL), device=text)


def test_devices_are_read() -> None:
    assert Device.parse("cuda") == Device.parse("cuda:0") == Device("cuda", 0)
    assert Device.parse("cuda:3") == Device("cuda", 3) and str(Device("cuda", 3)) == "cuda:3"
    assert Device.parse("tensorrt:1") == Device("tensorrt", 1)
    assert Device.parse("auto") == Device("auto") and str(Device("auto")) == "auto"


def test_a_gpu_is_asked_for_by_its_number_and_the_rest_runs_elsewhere() -> None:
    cuda = GpuOptions(index=2).cuda()
    assert Device("cuda", 2).providers(GpuOptions()) == [(CUDA, cuda), CPU]
    assert cuda["device_id"] == "2"
    names = [
        p if isinstance(p, str) else p[0] for p in Device("tensorrt", 1).providers(GpuOptions())
    ]
    assert names == [TENSORRT, CUDA, CPU]
    assert Device("cpu").providers(GpuOptions()) == [CPU]


def test_tensor_cores_are_left_to_16_bits_and_tf32() -> None:
    """TF32 off keeps a GPU within 1e-4 of the CPU; in 16 bits the switch would bar all of them."""
    assert GpuOptions().cuda()["use_tf32"] == "0"
    for options in (GpuOptions(tf32=True), GpuOptions(half=True)):
        assert options.cuda()["use_tf32"] == options.cuda()["prefer_nhwc"] == "1"
    assert GpuOptions(half=True).tensorrt()["trt_fp16_enable"] == "1"


def asked(gpu: Any) -> dict[str, str]:
    """The options of the first provider of the last session."""
    options: dict[str, str] = gpu.asked[-1][0][1]
    return options


def test_sessions_pass_on_what_they_are_and_are_asked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    gpu, graph = pretend(monkeypatch), graph_of(SMALL)
    assert Session(graph, device="cuda").device == "cuda:0" and asked(gpu)["use_tf32"] == "0"
    assert asked(gpu)["enable_cuda_graph"] == "0"
    assert Session(graph, device="tensorrt").device == "tensorrt:0"
    Session(graph, device="cuda", tf32=True).open()
    assert asked(gpu)["use_tf32"] == "1"
    Session(graph, device="cuda", dtype="float16").open()
    assert asked(gpu)["use_tf32"] == "1"
    for dtype, tensor_cores in (("float32", "0"), ("float16", "1")):
        path = tmp_path / f"{dtype}.onnx"
        with path.open("wb") as file:
            write_model(build(graph, Target(dtype=dtype)), Seeded(graph), file)
        Session(path, device="auto").open()
        assert asked(gpu)["use_tf32"] == tensor_cores


def test_a_fixed_batch_replays_one_graph(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = Session(graph_of(SMALL), device="cpu").run(X)["output"]
    gpu = pretend(monkeypatch)
    session = Session(graph_of(SMALL), device="cuda", batch=2)
    first, second = session.run(X)["output"], session.run(X[:3])["output"]
    assert asked(gpu)["enable_cuda_graph"] == "1" and session.no_graph == ""
    assert gpu.runs == ["plain", "replay"] + ["replay"] * (3 + 2)  # five samples, then three
    np.testing.assert_allclose(first, expected, rtol=1e-5)
    np.testing.assert_allclose(second, expected[:3], rtol=1e-5)


def test_answers_are_the_callers_own(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch)
    session = Session(graph_of(SMALL), device="cuda", batch=2)
    first = session.run(X[:2])["output"]
    before = first.copy()
    session.run(X[2:4])
    np.testing.assert_array_equal(first, before)


def test_a_batch_on_the_cpu_is_what_comes() -> None:
    session = Session(graph_of(SMALL), device="cpu", batch=64)
    assert session.run(X)["output"].shape == (5, 3) and session.no_graph == ""


def test_a_model_that_cannot_be_captured_runs_without_and_says_why(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    expected = Session(graph_of(SMALL), device="cpu").run(X)["output"]

    def refuse(providers: list[Any]) -> None:
        if providers[0][1]["enable_cuda_graph"] == "1":
            raise RuntimeError("this session cannot use the graph capture feature")

    with monkeypatch.context() as patch:
        pretend(patch, refuse)
        for device in ("cuda", "auto"):
            session = Session(graph_of(SMALL), device=device, batch=2)
            assert session.no_graph == "this session cannot use the graph capture feature"
            assert session.device == "cuda:0"
            np.testing.assert_allclose(session.run(X)["output"], expected, rtol=1e-5)
    with monkeypatch.context() as patch:
        gpu = pretend(patch, refuse_capture=True)
        session = Session(graph_of(SMALL), device="cuda", batch=2)
        assert session.no_graph == "capture did not complete"
        assert asked(gpu)["enable_cuda_graph"] == "0"
        np.testing.assert_allclose(session.run(X)["output"], expected, rtol=1e-5)


def test_a_gpu_that_is_not_built_in_is_an_error_with_the_way_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: [CPU])
    for device, what in (("cuda:1", "CUDA"), ("tensorrt", "TensorRT")):
        with pytest.raises(UnusableError, match=f"does not start: .* without {what}") as caught:
            Session(graph_of(SMALL), device=device).open()
        assert caught.value.help is not None and "netspec-compiler[gpu]" in caught.value.help


def test_a_silent_fallback_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, silent=True)
    for device in ("cuda", "tensorrt"):
        with pytest.raises(UnusableError, match=f"{device}:0 does not start: ONNX Runtime did not"):
            Session(graph_of(SMALL), device=device).open()
    session = Session(graph_of(SMALL), device="auto")
    assert session.device == "cpu" and session.because.startswith("cuda:0 does not start")


def test_what_is_missing_is_named_before_anything_is_tried(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gpu = pretend(monkeypatch)
    for found, no_gpu, message in (
        (("libcudnn.so.9",), "", "the library libcudnn.so.9 is missing"),
        (("libcublas.so.13", "libcudnn.so.9"), "", "the libraries libcublas.so.13, libcudnn.so.9 "),
        ((), "no GPU is visible", "no GPU is visible"),
        (("libnvinfer.so.10",), "no GPU is visible", "visible; libnvinfer.so.10 is missing too"),
    ):
        monkeypatch.setattr(libraries, "load", lambda kind, names=found: names)
        monkeypatch.setattr(libraries, "no_gpu", lambda index, said=no_gpu: said)
        with pytest.raises(UnusableError, match=message):
            Session(graph_of(SMALL), device="cuda").open()
        session = Session(graph_of(SMALL), device="auto")
        assert session.device == "cpu" and message in session.because
        assert Session(graph_of(SMALL), device="cpu").because == ""
    assert all(providers == [CPU] for providers in gpu.asked)


def test_what_the_gpu_says_is_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(providers: list[Any]) -> None:
        raise RuntimeError("CUDA failure 100: no CUDA-capable device is detected")

    pretend(monkeypatch, refuse)
    with pytest.raises(UnusableError, match="cuda:0 does not start: CUDA failure 100"):
        Session(graph_of(SMALL), device="cuda").open()
    assert "CUDA failure 100" in starting.try_device(Device("cuda"))


def test_arrays_stay_at_their_places() -> None:
    session = Session(graph_of(SMALL), device="cpu")
    bound = session.bind(X[:2])
    expected = session.run(X[:4])["output"]
    bound.run()
    np.testing.assert_array_equal(bound.answers()["output"], expected[:2])
    before = X.copy()
    bound.fill({"input": X[2:4]})
    bound.run()
    np.testing.assert_allclose(bound.answers()["output"], expected[2:], rtol=1e-5)
    np.testing.assert_array_equal(X, before)


def test_a_binding_that_fails_is_a_run_error(monkeypatch: pytest.MonkeyPatch) -> None:
    session = Session(graph_of(SMALL), device="cpu").open()

    def fail(*_: object) -> None:
        raise RuntimeError("out of device memory")

    monkeypatch.setattr(onnxruntime.InferenceSession, "run_with_iobinding", fail)
    with pytest.raises(RunError, match="the run failed: out of device memory"):
        session.bind(X)


def test_a_machine_without_a_driver_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(libraries, "DRIVER", "libno-such-driver.so.1")
    assert libraries.no_gpu(0) == "the NVIDIA driver is missing (libno-such-driver.so.1)"


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
    assert libraries.no_gpu(1) == ""
    assert "no GPU 2" in libraries.no_gpu(2)
    monkeypatch.setattr(ctypes, "CDLL", lambda name: Driver(0))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert libraries.no_gpu(0) == "no GPU is visible (CUDA_VISIBLE_DEVICES='')"


def test_libraries_are_named_as_the_loader_misses_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What ONNX Runtime did not preload counts where the provider cannot do without."""
    there = {"shared", "cuda", "tensorrt"}
    lacking: dict[str, str] = {}

    def load(name: str, mode: int = 0) -> object:
        stem = Path(name).stem.removeprefix("libonnxruntime_providers_")
        if stem in lacking or (stem not in there and name not in there):
            what = lacking.get(stem, name)
            raise OSError(f"{what}: cannot open shared object file: No such file or directory")
        return object()

    def preload() -> None:
        print("Failed to load libcublas.so.13: libcublas.so.13: cannot open shared object file")

    provider = tmp_path / "libonnxruntime_providers_tensorrt.so"
    provider.write_bytes(b"\0libnvinfer.so.10\0libnvonnxparser.so.10\0")
    monkeypatch.setattr(ctypes, "CDLL", load)
    monkeypatch.setattr(onnxruntime, "preload_dlls", preload, raising=False)
    monkeypatch.setattr(
        libraries, "_provider", lambda kind: tmp_path / f"libonnxruntime_providers_{kind}.so"
    )
    assert libraries.load("cuda") == ("libcudnn.so.9",)
    there.add("libcudnn.so.9")
    assert libraries.load("cuda") == ()
    assert libraries.load("tensorrt") == ("libnvinfer.so.10", "libnvonnxparser.so.10")
    lacking["cuda"] = "libcurand.so.10"
    assert libraries.load("cuda") == ("libcublas.so.13", "libcurand.so.10")
    lacking["cuda"] = "libcuda.so.1"  # the driver, which `no_gpu` speaks of
    assert libraries.load("cuda") == ("libcublas.so.13",)


def test_the_cpu_starts() -> None:
    assert starting.try_device(Device("cpu")) == ""
    assert devices.offered(Device("cpu"))
