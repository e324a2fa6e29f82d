"""A real GPU: what it computes, and how.  Skipped, with the reason, where CUDA does not start."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

import netspec
from netspec.bench.precision import SAMPLES, deviation
from netspec.machine.errors import UnusableError
from netspec.runtime.device import Device
from netspec.runtime.session import Session
from netspec.runtime.start import try_device
from netspec.text.training import LOSSES, Training, chosen
from netspec.train.scaling import LossScale
from netspec.train.step import Objective
from netspec.train.trainer import Trainer
from netspec.weights.initial import Seeded
from tests.graphs import SMALL, graph_of

pytestmark = pytest.mark.gpu

#: Nets with convolutions of all kinds, concatenations, LRN, groups.
NETS = ("lenet5", "resnet18", "alexnet", "googlenet", "densenet121")
#: A net to train.
CNN = """\
netspec: 1
name: cnn
input: 1x12x12
net: >
  INPUT -> CONV(8, 3, pad=half) -> BN -> RELU -> POOL
  -> CONV(8, 3, pad=half) -> BN -> RELU -> GAP -> FC(4)
"""


@cache
def no_cuda() -> str:
    """Why CUDA does not start; empty where it does."""
    return try_device(Device("cuda"))


@pytest.fixture(autouse=True)
def cuda() -> None:
    if no_cuda():
        pytest.skip(no_cuda())


def pictures(session: Session, count: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    ((_, kind),) = session.inputs.items()
    shape = (count, *[size or 1 for size in kind.shape])
    return np.random.default_rng(0).standard_normal(shape, dtype=np.float32)


@pytest.mark.parametrize("net", NETS)
def test_without_tf32_a_gpu_agrees_with_the_cpu(net: str) -> None:
    graph = netspec.load(net).elaborate()
    cpu, gpu = Session(graph, device="cpu"), Session(graph, device="cuda")
    x = pictures(cpu, 2)
    expected, found = cpu.run(x)["output"], gpu.run(x)["output"]
    assert gpu.device == "cuda:0"
    assert np.abs(found - expected).max() <= 1e-4 * np.abs(expected).max()


@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_a_cuda_graph_answers_as_without(dtype: str) -> None:
    graph = netspec.load("resnet18").elaborate()
    plain = Session(graph, device="cuda", dtype=dtype)
    replayed = Session(graph, device="cuda", dtype=dtype, batch=4)
    x = pictures(plain, 10)
    assert replayed.no_graph == ""
    first = replayed.run(x)["output"]
    np.testing.assert_array_equal(replayed.run(x)["output"], first)
    scale = np.abs(first).max()
    bound = (1e-5 if dtype == "float32" else 1e-2) * scale
    np.testing.assert_allclose(plain.run(x)["output"], first, rtol=0, atol=bound)


def test_answers_are_not_overwritten_by_the_next_run() -> None:
    session = Session(graph_of(SMALL), device="cuda", batch=2)
    x = pictures(session, 4)
    first = session.run(x[:2])["output"]
    before = first.copy()
    session.run(x[2:])
    np.testing.assert_array_equal(first, before)


def test_16_bits_are_near() -> None:
    graph = netspec.load("resnet18").elaborate()
    half = Session(graph, device="cuda", dtype="float16")
    found = deviation(half, Session(graph, device="cuda"), 8)
    assert found.largest < 0.02
    assert found.same_best is not None and found.same_best >= 0.9 * SAMPLES


def losses(device: str, precision: str) -> list[float]:
    """Of thirty steps on marked noise."""
    graph = graph_of(CNN)
    random = np.random.default_rng(0)
    x = random.standard_normal((128, 1, 12, 12), dtype=np.float32)
    y = random.integers(0, 4, 128)
    x[np.arange(128), 0, y] += 2
    objective = Objective(graph, chosen(LOSSES, "cross-entropy"), labels=True)
    net = Trainer(objective, Training(precision=precision), Seeded(graph), device)
    parts = (slice(at * 32 % 128, at * 32 % 128 + 32) for at in range(30))
    return [net.step(x[part], y[part], 0.01).loss for part in parts]


@pytest.mark.parametrize(
    ("precision", "tolerance"),
    [("float32", 1e-3), ("tf32", 0.02), ("float16", 0.03), ("bfloat16", 0.1)],
)
def test_the_loss_falls_as_on_the_cpu(precision: str, tolerance: float) -> None:
    expected = losses("cpu", "float32")
    try:
        found = losses("cuda", precision)
    except UnusableError as error:
        if precision == "bfloat16":
            pytest.skip(str(error))
        raise
    np.testing.assert_allclose(found, expected, rtol=tolerance)


def test_a_step_that_is_skipped_changes_nothing_on_the_device() -> None:
    graph = graph_of(CNN)
    objective = Objective(graph, chosen(LOSSES, "cross-entropy"), labels=True)
    net = Trainer(objective, Training(precision="float16"), Seeded(graph), "cuda")
    x = np.random.default_rng(0).standard_normal((8, 1, 12, 12), dtype=np.float32)
    y = np.zeros(8, np.int64)
    assert not net.step(x, y, 0.01).skipped
    before = net.state()
    net.restore(before, 1, LossScale(2.0**24))
    assert net.step(x, y, 0.01).skipped
    assert (net.steps, net.scale) == (1, LossScale(2.0**23))
    for name, array in net.state().items():
        np.testing.assert_array_equal(array, before[name], err_msg=name)
