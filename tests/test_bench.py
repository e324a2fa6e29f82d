"""`netspec bench`: what it measures, how it says so, and beside whom."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from netspec.bench import contenders as rivals
from netspec.bench import figures as measuring
from netspec.bench import memory, product
from netspec.bench.figures import Conditions, Figures, Rival
from netspec.bench.jsonform import figures_object
from netspec.bench.precision import Deviation, largest_difference
from netspec.bench.text import figures_text, span
from netspec.bench.timing import LEAST, WARM_UP, Times, time_in_turn, time_one
from netspec.onnxgen.build import build
from netspec.onnxgen.model import write_model
from netspec.onnxgen.target import Target
from netspec.runtime.device import Device
from netspec.weights.initial import Seeded
from tests.commands import netspec
from tests.gpus import pretend
from tests.graphs import SMALL, TWO_INPUTS, graph_of

TIMES = Times(((0.010, 0.020, 0.030), (0.020, 0.040)))
FIGURES = Figures(
    name="small",
    conditions=Conditions(Device("cpu"), "float16", 4, False, 3.0),
    because="",
    no_graph="",
    times=TIMES,
    load_seconds=0.5,
    macs=1_000_000_000,
    product_peak=4e11,
    predicted_bytes=3 * 2**20,
    measured_bytes=4 * 2**20,
    deviation=Deviation(32, 0.00123, 31),
    rivals=(
        Rival("netspec", TIMES, 1.0, 0.0),
        Rival("pytorch eager", replace(TIMES, rounds=((0.03,), (0.06,))), 1.75, 2e-7),
        Rival("torch.compile", reason="PyTorch is not installed"),
    ),
)


def test_medians_percentiles_and_ratios() -> None:
    assert TIMES.median == 0.020 and TIMES.p95 == 0.040
    assert Times((tuple(range(1, 101)),)).p95 == 95
    slower = Times(((0.040,), (0.060,)))
    assert slower.ratio(TIMES) == 2.0  # the rounds' ratios, 2 and 2, not that of the medians


def test_runs_take_turns_and_are_counted() -> None:
    """However short the time, each is warmed up, then runs ten times in rounds that turn about."""
    calls: list[str] = []
    found = time_in_turn({"a": lambda: calls.append("a"), "b": lambda: calls.append("b")}, 0.0)
    assert calls[: 2 * WARM_UP] == ["a"] * WARM_UP + ["b"] * WARM_UP
    assert "".join(calls[2 * WARM_UP :]) == "aabbbbaaaabbbbaaaabb"
    assert all(len(times.all) == LEAST and len(times.rounds) == 5 for times in found.values())
    assert len(time_one(lambda: None, 0.0).all) == LEAST


def test_garbage_waits_while_runs_are_timed() -> None:
    import gc

    seen: list[bool] = []
    time_one(lambda: seen.append(gc.isenabled()), 0.0)
    assert seen == [True] * WARM_UP + [False] * LEAST and gc.isenabled()


def test_the_text(golden: Callable[[str, str], None]) -> None:
    gpu = replace(FIGURES.conditions, device=Device("cuda", 1), dtype="float32", tf32=True)
    unknown = replace(
        FIGURES,
        name="bad\x1bname",
        conditions=gpu,
        no_graph="control flow",
        macs=None,
        predicted_bytes=None,
        measured_bytes=None,
        deviation=None,
        rivals=(),
    )
    golden("bench.txt", f"{figures_text(FIGURES)}\n\n{figures_text(unknown)}\n")


def test_spans_have_three_digits() -> None:
    assert [span(s) for s in (12.34, 1, 0.01234, 0.00099, 5e-6)] == [
        *("12.3 s", "1 s", "12.3 ms", "990 us", "5 us"),
    ]


def test_the_object() -> None:
    found = figures_object(FIGURES)
    assert found["latency"] == {"median_seconds": 0.02, "p95_seconds": 0.04, "runs": 5}
    assert found["flops"] == 2 * found["macs"] and found["samples_per_second"] == 4 * 5 / 0.12
    assert found["flops_per_second"] == pytest.approx(1e11)
    assert found["fraction_of_product"] == pytest.approx(0.25)
    assert found["against_float32"]["same_best"] == 31
    assert [sorted(each) for each in found["compared"]] == [
        *[["largest_difference", "latency", "name", "ratio"]] * 2,
        ["name", "reason"],
    ]
    json.dumps(found, allow_nan=False)


def test_differences_are_of_the_largest_value() -> None:
    assert largest_difference(np.array([1.0, 3.0]), np.array([1.0, 4.0])) == 0.25
    assert largest_difference(np.zeros(2), np.zeros(2)) == 0.0


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a spec and its model, and a machine that multiplies small matrices alone."""
    monkeypatch.setattr(product, "_SIDES", {False: (16,), True: (16,)})
    monkeypatch.setattr(product, "_SECONDS", 0.0)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.yaml").write_text(SMALL)
    (tmp_path / "two.yaml").write_text(TWO_INPUTS)
    graph = graph_of(SMALL)
    for name, target in (("small", Target()), ("four", Target(batch=4))):
        with (tmp_path / f"{name}.onnx").open("wb") as file:
            write_model(build(graph, target), Seeded(graph), file)
    return tmp_path


@pytest.mark.parametrize("model", ["small.yaml", "small.onnx", "two.yaml"])
def test_a_spec_and_a_model_are_measured(
    here: Path, capsys: pytest.CaptureFixture[str], model: str
) -> None:
    arguments = ("bench", model, "--seconds", 1e-9, "--batch", 2, "--format", "json")
    outcome = netspec(capsys, *arguments)
    assert outcome.code == 0 and "running on cpu" in outcome.err
    found = json.loads(outcome.out)
    assert found["latency"]["runs"] == 10 and found["samples_per_second"] > 0
    assert found["macs"] > 0 and found["fraction_of_product"] > 0
    assert (found["predicted_bytes"] is None) == (model == "small.onnx")
    assert found["against_float32"] is None and found["compared"] == []
    if model != "two.yaml":  # by hand: 4 filters on 8x8, then 64 to 8 to 3
        assert found["macs"] == 2 * (4 * 8 * 8 * 27 + 64 * 8 + 8 * 3)


def test_16_bits_are_held_against_float32(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    outcome = netspec(capsys, "bench", "small.yaml", "--seconds", 1e-9, "--dtype", "float16")
    assert outcome.code == 0 and "to float32" in outcome.out
    assert "of 32 random samples" in outcome.out


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("small.onnx", "--seed", 1), 2, "a compiled model has its weights"),
        (("four.onnx",), 2, "the model is compiled for batches of 4, not 1"),
        (("none.onnx",), 2, "none.onnx: no such file"),
        (("small.yaml", "--device", "gpu"), 2, "'gpu' is not one of auto, cpu, cuda"),
        (("small.yaml", "--device", "cuda"), 2, "cuda:0 does not start"),
        (("small.yaml", "--weights", "none.npz"), 2, "none.npz"),
        (("small.yaml", "--set", "input=3x1x1"), 1, "was rejected"),
    ],
)
def test_what_cannot_be_measured_is_said(
    here: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[object, ...],
    code: int,
    message: str,
) -> None:
    outcome = netspec(capsys, "bench", "--seconds", 1e-9, *arguments)
    assert outcome.code == code and message in outcome.err and outcome.out == ""


def test_a_run_that_fails_is_told_from_a_device_that_does(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("out of memory")

    monkeypatch.setattr("netspec.runtime.opened.Binding", fail)
    outcome = netspec(capsys, "bench", "small.yaml", "--seconds", 1e-9)
    assert outcome.code == 3 and "the run failed: out of memory" in outcome.err


def test_ctrl_c_ends_it(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(measuring, "time_one", interrupt)
    outcome = netspec(capsys, "bench", "small.yaml")
    assert outcome.code == 130 and outcome.out == ""


def test_a_gpu_replays_its_graph(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    gpu = pretend(monkeypatch)
    monkeypatch.setattr(measuring, "gauge", lambda device: None)
    outcome = netspec(capsys, "bench", "small.yaml", "--seconds", 1e-9, "--device", "cuda")
    assert outcome.code == 0, outcome.err
    assert outcome.out.startswith("small on cuda:0   (batch 1, float32, CUDA graph;")
    assert "unknown measured" in outcome.out
    assert gpu.runs[:2] == ["plain", "replay"] and gpu.runs.count("plain") == 1 + 1  # net, product


def test_memory_is_that_of_the_run(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    meter = memory.gauge(Device("cpu"))
    if meter is None:
        pytest.skip("this system does not say how much memory a process has")
    before = meter.now()
    meter.forget()
    block = np.ones(64 * 2**20, np.uint8)
    assert 60 * 2**20 < meter.most() - before < 90 * 2**20
    del block
    meter.forget()
    assert meter.most() - before < 30 * 2**20


def test_without_pytorch_a_comparison_goes_on(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "torch" else real(name)
    )
    outcome = netspec(capsys, "bench", "small.yaml", "--seconds", 1e-9, "--compare")
    assert outcome.code == 0 and outcome.out.count("PyTorch is not installed") == 3
    assert "onnxruntime, netspec's file" in outcome.out
    model = netspec(capsys, "bench", "small.onnx", "--seconds", 1e-9, "--compare")
    assert model.code == 0 and model.out.count("give the spec") == 3


def test_rivals_compute_the_same(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    torch: Any = pytest.importorskip("torch", reason="rivals are PyTorch's (dev extra)")
    monkeypatch.setattr(torch, "compile", lambda net, mode: net)  # takes half a minute
    arguments = ("bench", "small.yaml", "--seconds", 1e-9, "--compare", "--format", "json")
    outcome = netspec(capsys, *arguments, "--batch", 2, "--seed", 3)
    found = json.loads(outcome.out)["compared"]
    assert [each["name"] for each in found] == ["netspec", *rivals.MAKERS]
    for each in found:
        assert each.get("reason", "").startswith("onnxscript") or each["largest_difference"] < 1e-5
