"""Training in 16 bits: where gradients and steps change their types, how near they stay to float32,
and steps that are skipped, which change nothing to the bit.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from math import isfinite, isnan
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest

import netspec
from netspec.autodiff.gradient import gradient_program
from netspec.graph.graph import Graph
from netspec.machine.errors import UnusableError
from netspec.onnxgen.model import compile_model
from netspec.onnxgen.target import DEFAULT, Target
from netspec.runtime.errors import RunError
from netspec.text.training import LOSSES, OPTIMIZERS, Training, chosen
from netspec.train.fit import EpochDone, Run
from netspec.train.log import as_json
from netspec.train.scaling import LossScale
from netspec.train.step import FINITE, NEXT, SCALE, Objective, training_step
from netspec.train.trainer import Trainer
from netspec.weights.initial import Seeded
from netspec.weights.safetensor import SafetensorsFile
from netspec.weights.values import ArrayValues
from tests.commands import Outcome
from tests.commands import netspec as command
from tests.gradient_models import learned, random_seeds
from tests.graphs import graph_around, graph_of
from tests.layer_samples import SAMPLES, Sample
from tests.net_models import Array, random_weights
from tests.test_random_nets import zoo_graph
from tests.training_data import opened, saved
from tests.typed_programs import types_of

#: Each type with the lowest operator set that has it.
HALVES = {"float16": Target(21, None, "float16"), "bfloat16": Target(22, None, "bfloat16")}
#: Each layer at inference, and in training where that differs.
CASES = [
    pytest.param(sample, training, id=f"{sample}{'-training' * training}")
    for sample in SAMPLES
    for training in (False, True)
    if not sample.layer.source and (not training or sample.layer.noise or sample.layer.centres)
]
CNN = """\
netspec: 1
name: cnn
input: 1x12x12
net: >
  INPUT -> CONV(8, 3, pad=half) -> BN -> RELU -> POOL
  -> CONV(8, 3, pad=half) -> BN -> RELU -> GAP -> FC(4) -> SOFTMAX
"""
SMALL = """\
netspec: 1
name: small
input: 1x6x6
net: INPUT -> CONV(4, 3) -> BN -> RELU -> GAP -> FC(3)
"""
#: Of an infinite input its loss is no number.
PLAIN = "netspec: 1\nname: plain\ninput: 1x6x6\nnet: INPUT -> FC(3)\n"
#: A scale that takes gradients beyond float16 in any batch here.
TOO_LARGE = LossScale(2.0**24, 5)

each_case = pytest.mark.parametrize(("sample", "training"), CASES)


# types


@pytest.mark.parametrize("dtype", HALVES)
@each_case
def test_every_operator_of_a_gradient_has_its_type(
    sample: Sample, training: bool, dtype: str
) -> None:
    graph = graph_around(sample)
    wanted = learned(graph)
    program = gradient_program(graph, wrt=wanted, target=HALVES[dtype], training=training)
    types = types_of(program)
    assert {types[name] for name in (*program.inputs, *program.outputs)} == {"tensor(float)"}
    assert not sample.layer.exact or f"tensor({dtype})" not in types.values()


@pytest.mark.parametrize("dtype", HALVES)
@pytest.mark.parametrize(
    ("name", "optimizer"), [("lenet5", "rprop"), ("resnet20", "adam"), ("alexnet", "nesterov")]
)
def test_every_operator_of_a_step_of_the_zoo_has_its_type(
    name: str, optimizer: str, dtype: str
) -> None:
    graph = zoo_graph(name)
    training = Training(optimizer=chosen(OPTIMIZERS, optimizer), clip=1.0, l2=1e-4, precision=dtype)
    step = training_step(Objective(graph, chosen(LOSSES, "cross-entropy"), labels=True), training)
    types = types_of(step.program)
    for tensor in step.shapes:
        assert types[tensor] == types[tensor + NEXT] == "tensor(float)"
    casts = Counter(node.input[0] for node in step.program.nodes if node.op_type == "Cast")
    assert all(casts[tensor] <= 1 for tensor in step.shapes)
    weights = [n for n, weight in graph.all_weights() if weight.role == "weight"]
    assert all(casts[tensor] == 1 for tensor in weights if "bn" not in tensor)
    half = f"tensor({dtype})"
    assert Counter(types.values())[half] > len(weights)
    for node in step.program.nodes:
        if node.name.startswith("train/update"):
            assert half not in {types[name] for name in (*node.input, *node.output) if name}


def test_only_float16_scales_its_loss() -> None:
    for precision in ("float32", "tf32", "float16", "bfloat16"):
        program = training_step(objective(SMALL), Training(precision=precision)).program
        scaled = precision == "float16"
        assert (SCALE in program.inputs, FINITE in program.outputs) == (scaled, scaled)


def test_the_same_noise_whatever_the_type() -> None:
    net = "netspec: 1\nname: n\ninput: 64\nnet: INPUT -> DROPOUT(0.5)"
    graph, (x, dy) = graph_of(net), np.ones((2, 8, 64), np.float32)
    masks = [
        run(graph, target, {"input": x, "output.grad": dy}, training=True)["input.grad"]
        for target in (DEFAULT, HALVES["float16"])
    ]
    np.testing.assert_array_equal(*masks)
    assert set(np.unique(masks[0])) == {0.0, 2.0}


# numbers


def run(graph: Graph, target: Target, feeds: dict[str, Array], *, training: bool) -> dict[str, Any]:
    """All gradients, by ONNX Runtime on the CPU, every node as it is written."""
    program = gradient_program(graph, wrt=learned(graph), target=target, training=training)
    model = compile_model(program, ArrayValues(graph, random_weights(graph)))
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    fed = {at.name: feeds[at.name] for at in session.get_inputs()}
    return dict(zip(program.outputs, session.run(None, fed), strict=True))


@each_case
def test_a_gradient_is_within_three_roundings_of_float32(sample: Sample, training: bool) -> None:
    """A rounding is of the largest value, and at least of 1."""
    graph = graph_around(sample)
    feeds = random_seeds(graph)
    whole, narrow = (
        run(graph, target, feeds, training=training) for target in (DEFAULT, HALVES["float16"])
    )
    for name, expected in whole.items():
        largest = max(1.0, float(np.abs(expected).max()))
        np.testing.assert_allclose(
            narrow[name], expected, rtol=0, atol=3 * 2**-11 * largest, err_msg=name
        )


def objective(net: str) -> Objective:
    return Objective(graph_of(net), chosen(LOSSES, "cross-entropy"), labels=True)


def trainer(net: str, precision: str = "float16", optimizer: str = "adam") -> Trainer:
    training = Training(optimizer=chosen(OPTIMIZERS, optimizer), precision=precision)
    made = objective(net)
    return Trainer(made, training, Seeded(made.graph), "cpu")


@cache
def samples(shape: tuple[int, ...], classes: int, count: int = 128) -> tuple[Any, Any]:
    """Noise, and a mark that tells the class."""
    random = np.random.default_rng(0)
    x, y = random.standard_normal((count, *shape), np.float32), random.integers(0, classes, count)
    x[np.arange(count), 0, y] += 2
    return x, y


@pytest.mark.parametrize(("optimizer", "rate"), [("adam", 1e-2), ("momentum", 0.1)])
def test_the_loss_falls_as_in_float32(optimizer: str, rate: float) -> None:
    x, y = samples((1, 12, 12), 4)
    curves = []
    for precision in ("float32", "float16"):
        net = trainer(CNN, precision, optimizer)
        parts = (slice(at * 32 % 128, at * 32 % 128 + 32) for at in range(30))
        outcomes = [net.step(x[part], y[part], rate) for part in parts]
        assert not any(outcome.skipped for outcome in outcomes)
        curves.append([outcome.loss for outcome in outcomes])
    whole, narrow = curves
    np.testing.assert_allclose(narrow, whole, rtol=0.03)
    assert narrow != whole
    assert narrow[-1] < 0.8 * narrow[0]


# steps that are skipped


def bits(net: Trainer) -> dict[str, bytes]:
    return {name: array.tobytes() for name, array in net.state().items()}


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_scale_that_is_too_large_skips_the_step_and_is_halved(optimizer: str) -> None:
    """And what comes after is as if that step had never been."""
    x, y = samples((1, 6, 6), 3)
    net, other = (trainer(SMALL, optimizer=optimizer) for _ in range(2))
    for one in (net, other):
        assert not one.step(x[:32], y[:32], 0.01).skipped
    before = bits(net)
    net.restore(net.state(), 1, TOO_LARGE)
    outcome = net.step(x[32:64], y[32:64], 0.01)
    assert outcome.skipped and isfinite(outcome.loss)
    assert (bits(net), net.steps, net.scale) == (before, 1, LossScale(2.0**23))
    net.restore(net.state(), 1, other.scale)
    for one in (net, other):
        assert not one.step(x[64:96], y[64:96], 0.01).skipped
    assert bits(net) == bits(other)
    assert (net.steps, net.scale) == (other.steps, other.scale) == (2, LossScale(steady=2))
    assert bits(net) != before


def test_an_input_beyond_float16_skips_the_step_and_leaves_running_statistics() -> None:
    x, y = samples((1, 6, 6), 3)
    net = trainer(SMALL)
    before = bits(net)
    assert net.step(x[:8] * 1e6, y[:8], 0.01).skipped
    assert (bits(net), net.steps, net.scale) == (before, 0, LossScale(2.0**15))
    assert not net.step(x[:8], y[:8], 0.01).skipped
    now = bits(net)
    assert all(now[name] != before[name] for name in ("bn1.running_mean", "bn1.running_var"))


def test_the_scale_grows_after_good_steps_in_a_row_and_has_bounds() -> None:
    scale = LossScale()
    for _ in range(1999):
        scale = scale.after(finite=True)
    assert scale == LossScale(65536.0, 1999)
    assert scale.after(finite=True) == LossScale(131072.0)
    assert scale.after(finite=False) == LossScale(32768.0)
    assert LossScale(2.0**24, 1999).after(finite=True) == LossScale(2.0**24)
    assert not scale.spent
    for _ in range(30):
        scale = scale.after(finite=False)
    assert scale.spent and scale.after(finite=False) == scale


def test_the_same_scale_goes_on_to_the_bit() -> None:
    x, y = samples((1, 6, 6), 3)
    net, other = trainer(SMALL), trainer(SMALL)
    for _ in range(2):
        net.step(x[:32], y[:32], 0.01)
    other.restore(net.state(), net.steps, net.scale)
    for one in (net, other):
        one.step(x[32:64], y[32:64], 0.01)
    assert (bits(net), net.scale) == (bits(other), other.scale)


def fitted(tmp_path: Path, x: Array, y: Any, epochs: int) -> Run:
    net = trainer(PLAIN)
    net.training = replace(net.training, epochs=epochs, batch=8)
    return Run(net, opened(saved(tmp_path, x=x, y=y), PLAIN), None)


def test_a_batch_that_is_skipped_ends_no_run(tmp_path: Path) -> None:
    x, y = samples((1, 6, 6), 3, 64)
    fit = fitted(tmp_path, np.where(np.arange(64).reshape(-1, 1, 1, 1) == 3, 1e6, x), y, 2)
    records = [event.record for event in fit.epochs() if isinstance(event, EpochDone)]
    assert [isfinite(record.loss) for record in records] == [True, True]
    assert [record.samples for record in records] == [56, 56]  # of those with a loss
    assert fit.trainer.steps == 14
    assert fit.trainer.scale.factor == 2.0**14


def test_where_no_step_is_good_the_run_ends(tmp_path: Path) -> None:
    x, y = samples((1, 6, 6), 3, 64)
    fit = fitted(tmp_path, x * np.float32(1e6), y, 10)
    with pytest.raises(RunError, match=r"beyond float16.* at epoch 4, batch 6, .*float32"):
        list(fit.epochs())
    assert [isnan(record.loss) for record in fit.records] == [True] * 3
    assert as_json(fit.records[0])["loss"] is None
    assert all(np.isfinite(array).all() for array in fit.trainer.state().values())


# the command


@pytest.fixture
def train(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Outcome]:
    monkeypatch.chdir(tmp_path)
    x, y = samples((1, 6, 6), 3, 64)
    saved(tmp_path, x=x, y=y)
    section = "train: {data: data.npz, epochs: 2, batch: 8}\n"
    (tmp_path / "small.yaml").write_text(SMALL + section)
    flags = ("--device", "cpu", "--seed", "0")
    return lambda *more: command(capsys, "train", "small.yaml", *flags, *more)


def test_a_run_in_float16_goes_on_to_the_bit(train: Callable[..., Outcome], tmp_path: Path) -> None:
    half = ("--precision", "float16")
    assert train(*half, "--epochs", "3", "-o", "whole").code == 0
    assert train(*half, "-o", "parts").code == 0
    resumed = train(*half, "--epochs", "3", "-o", "parts", "--resume")
    assert resumed.code == 0 and "float16 by way of float32" in resumed.err
    whole, parts = (
        SafetensorsFile(tmp_path / name / "checkpoint.safetensors") for name in ("whole", "parts")
    )
    for name in whole.stored:
        assert whole.read(name).tobytes() == parts.read(name).tobytes()
    for file in (whole, parts):
        (said,) = (json.loads(v) for k, v in file.metadata.items() if v.startswith("{"))
        assert (said["step"], said["loss_scale"], said["steady"]) == (24, 65536.0, 24)


def test_gradients_are_compiled_in_half_precision(
    train: Callable[..., Outcome], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = ("--grad", "conv1.weight", "--dtype", "float16", "-o", "g.onnx")
    assert command(capsys, "compile", "small.yaml", *said).code == 0
    made = onnx.load(tmp_path / "g.onnx")
    graph = netspec.load(tmp_path / "small.yaml").elaborate()
    assert made.graph.node == graph.gradient(wrt=["conv1.weight"], dtype="float16").graph.node
    kinds = {tensor.name: tensor.data_type for tensor in made.graph.initializer}
    assert kinds["fc1.weight"] == onnx.TensorProto.FLOAT16
    assert kinds["bn1.weight"] == onnx.TensorProto.FLOAT
    with pytest.raises(ValueError, match="'half'"):
        graph.gradient(dtype="half")


def test_what_the_cpu_does_not_do_is_said(train: Callable[..., Outcome]) -> None:
    outcome = train("--precision", "tf32")
    assert outcome.code == 0 and "tf32 changes nothing on the CPU" in outcome.err
    outcome = train("--precision", "bfloat16", "-o", "other")
    assert outcome.code == 2
    assert "bfloat16" in outcome.err and "use float16 or float32" in outcome.err
    with pytest.raises(UnusableError, match="bfloat16"):
        trainer(SMALL, "bfloat16")
