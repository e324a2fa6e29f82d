"""int8: what is quantized, how well it agrees, and what `compile --calibrate` says and refuses."""

from __future__ import annotations

import json
import logging
import re
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import given
from onnx import ModelProto, TensorProto

import netspec
from netspec.graph.graph import Graph
from netspec.machine.errors import UnusableError
from netspec.onnxgen.build import build
from netspec.onnxgen.card import Card
from netspec.onnxgen.program import Program
from netspec.onnxgen.target import Target
from netspec.runtime import quantise
from netspec.runtime.agreement import Agreement
from netspec.runtime.batch import Batch
from netspec.runtime.errors import RunError
from netspec.runtime.quantise import quantised
from netspec.runtime.session import Session
from netspec.weights.values import ArrayValues, choose_values
from tests.commands import Outcome
from tests.commands import netspec as command
from tests.graphs import SMALL, graph_around, graph_of
from tests.layer_samples import SAMPLES as LAYER_SAMPLES
from tests.layer_samples import Sample
from tests.net_models import random_feeds, random_weights
from tests.random_nets import RandomNet, random_nets
from tests.test_random_nets import examples

DIGITS = Path(__file__).parent.parent / "specs" / "digits"
SAMPLES = sorted((DIGITS / "samples").glob("*.png"))
SPEC = DIGITS / "lenet5.yaml"
#: All but the averages over pixels apart, which are refused.
LAYERS = [
    sample
    for sample in LAYER_SAMPLES
    if sample.layer.keyword != "INPUT"
    and not (sample.layer.keyword == "AVGPOOL" and "dilation" in sample.layer.arguments())
]
#: Layers of every sort: merged, normalised, with a bias and without, a view, an output in between.
MIXED = """\
netspec: 1
name: mixed
input: 3x12x12
net: INPUT -> CONV(8, 3, bias=no) -> BN -> RELU -> ADD{ CONV(8, 3, pad=1) -> LAYERNORM | }
  -> CONCAT{ CONV(4, 1) @mid | POOL(3, 1, pad=1) } -> AVGPOOL(2) -> UPSAMPLE -> FLATTEN -> FC(9)
  -> HARDSWISH -> FC(5) -> SOFTMAX
output: {map: '@mid'}
"""


def batches(graph: Graph, count: int = 24, size: int = 4) -> Callable[[], Iterator[Batch]]:
    feeds = random_feeds(graph, count)

    def read() -> Iterator[Batch]:
        for at in range(0, count, size):
            part = {name: array[at : at + size] for name, array in feeds.items()}
            yield Batch([str(n) for n in range(at, min(at + size, count))], part)

    return read


def in_int8(text: str) -> tuple[Program, ModelProto, Agreement]:
    graph = graph_of(text)
    program = build(graph)
    model, agreement = quantised(program, ArrayValues(graph, random_weights(graph)), batches(graph))
    return program, model, agreement


@pytest.mark.parametrize("sample", LAYERS, ids=str)
def test_every_layer_runs_and_is_near_float32(sample: Sample) -> None:
    """Within two percent of the largest value: a range is split into 255 steps, twice or thrice."""
    graph = graph_around(sample)
    values = ArrayValues(graph, random_weights(graph))
    model, agreement = quantised(build(graph), values, batches(graph, 8))
    onnx.checker.check_model(model, full_check=True)
    assert agreement.largest <= 0.02 * max(1, agreement.scale)


def test_a_transposed_convolution_in_groups_stays_float32_where_it_has_a_bias() -> None:
    text = """\
netspec: 1
name: groups
input: 4x6x6
net: INPUT -> CONV(4, 3) -> DECONV(6, 2, stride=2, groups=2) -> DECONV(6, 2, groups=2, bias=no)
"""
    _, model, agreement = in_int8(text)
    tensors = {tensor.name for tensor in model.graph.initializer}
    assert "deconv1.weight" in tensors and "deconv2.weight" not in tensors
    assert agreement.largest <= 0.02 * agreement.scale


def test_weights_are_int8_by_channel_and_activations_uint8() -> None:
    _, model, _ = in_int8(MIXED)
    tensors = {tensor.name: tensor for tensor in model.graph.initializer}
    kinds = Counter(tensor.data_type for tensor in tensors.values())
    assert kinds[TensorProto.INT8] and kinds[TensorProto.UINT8] and kinds[TensorProto.INT32]
    assert len(tensors["conv2.weight_scale"].dims) == 1
    assert tensors["conv2.weight_scale"].dims[0] == 8
    assert tensors["conv2.weight_quantized"].data_type == TensorProto.INT8


def test_the_model_is_sound_and_keeps_its_names_and_its_card() -> None:
    program, model, agreement = in_int8(MIXED)
    onnx.checker.check_model(model, full_check=True)
    onnx.shape_inference.infer_shapes(model, strict_mode=True, check_type=True, data_prop=True)
    results = {name for node in model.graph.node for name in node.output}
    assert {name for node in program.nodes for name in node.output} <= results
    assert Card.read(model) == Card.of(program.graph)
    assert model.producer_name == "netspec"
    assert {prop.key.split(".")[0] for prop in model.metadata_props} == {"netspec"}
    assert [at.name for at in model.graph.output] == ["output", "map"]
    kinds = {at.type.tensor_type.elem_type for at in (*model.graph.input, *model.graph.output)}
    assert kinds == {TensorProto.FLOAT}
    assert agreement.samples == agreement.choices == 24


def test_softmax_and_normalisation_stay_float32() -> None:
    program, model, _ = in_int8(MIXED)
    makers = {name: node for node in model.graph.node for name in node.output}
    exact = [node for node in model.graph.node if node.name in program.exact]
    assert {node.op_type for node in exact} >= {"LayerNormalization", "Softmax"}
    for node in exact:
        assert node.output[0] + "_QuantizeLinear_Input" not in makers


def test_it_agrees() -> None:
    _, model, agreement = in_int8(MIXED)
    assert agreement.same is not None and agreement.same >= 0.9 * agreement.choices
    assert 0 < agreement.mean <= agreement.largest < 0.1
    assert agreement.scale <= 1
    assert model.ByteSize() < 40_000


def test_the_bytes_are_the_same_each_time() -> None:
    assert in_int8(MIXED)[1] == in_int8(MIXED)[1]


def test_a_fixed_batch_is_filled_up_and_the_filling_is_not_counted() -> None:
    graph = graph_of(SMALL)
    values = ArrayValues(graph, random_weights(graph))
    models = []
    for batch in (3, None):
        program = build(graph, Target(batch=batch))
        model, agreement = quantised(program, values, batches(graph, 7, 3))
        assert agreement.samples == agreement.choices == 7
        models.append(model)
    fixed, free = models
    assert fixed.graph.input[0].type.tensor_type.shape.dim[0].dim_value == 3
    assert fixed.graph.initializer == free.graph.initializer


def test_a_map_has_a_choice_a_pixel_and_a_single_number_none() -> None:
    head = "netspec: 1\nname: n\ninput: 3x4x4\nnet: INPUT -> "
    assert in_int8(head + "CONV(5, 1)\n")[2].choices == 24 * 16
    assert in_int8(head + "FC(1)\n")[2].same is None


def test_a_net_without_weights_is_left_as_it_is_or_nearly() -> None:
    _, _, agreement = in_int8("netspec: 1\nname: n\ninput: 3x4x4\nnet: INPUT -> POOL -> GAP\n")
    assert agreement.largest < 0.05


@examples(15)
@given(random_nets())
def test_random_nets_run(drawn: RandomNet) -> None:
    graph = graph_of(drawn.text)
    values = ArrayValues(graph, random_weights(graph))
    try:
        model, agreement = quantised(build(graph), values, batches(graph, 2, 2))
    except UnusableError as error:
        assert "dilated average" in error.message
        return
    onnx.checker.check_model(model, full_check=True)
    assert np.isfinite(agreement.largest)


def test_an_average_of_pixels_apart_is_refused_and_others_are_not() -> None:
    text = (
        "netspec: 1\nname: n\ninput: 3x9x9\nnet: INPUT -> CONV(4, 1) -> AVGPOOL(2) -> CONV(4, 1)\n"
    )
    assert in_int8(text)[2].largest < 0.1
    with pytest.raises(UnusableError, match="dilated average `avgpool1`"):
        in_int8(text.replace("AVGPOOL(2)", "AVGPOOL(2, dilation=2)"))


def test_advice_of_the_quantizer_is_not_passed_on(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from onnxruntime.quantization import QDQQuantizer

    quantize = QDQQuantizer.quantize_model

    def talk(self: QDQQuantizer) -> None:
        logging.getLogger().error("please consider")
        quantize(self)

    monkeypatch.setattr(QDQQuantizer, "quantize_model", talk)
    monkeypatch.setattr(logging.root, "handlers", [logging.StreamHandler(sys.stderr)])
    in_int8(MIXED)
    assert capfd.readouterr() == ("", "")
    logging.getLogger().error("and then again")
    assert "and then again" in capfd.readouterr().err


def test_what_has_no_range_is_named() -> None:
    graph = graph_of(SMALL)
    weights = random_weights(graph)
    weights["fc1.bias"][0] = np.inf
    with pytest.raises(RunError, match="`fc1` is not finite"):
        quantised(build(graph), ArrayValues(graph, weights), batches(graph))
    with pytest.raises(RunError, match="no sample"):
        quantised(build(graph), ArrayValues(graph, weights), lambda: ())


def test_nothing_is_said_and_no_file_is_made(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    in_int8(MIXED)
    assert capfd.readouterr() == ("", "")
    assert list(tmp_path.iterdir()) == []


#: `netspec ARGUMENTS`, in a folder with `digits`, four samples of the digits.
Run = Callable[..., Outcome]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "small.yaml").write_text(SMALL)
    (tmp_path / "digits").mkdir()
    for sample in SAMPLES[:4]:
        shutil.copy(sample, tmp_path / "digits")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run(here: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    return lambda *arguments: command(capsys, *arguments)


def to_int8(spec: object, calibrate: object, *more: object) -> tuple[object, ...]:
    return ("compile", spec, "--dtype", "int8", "--calibrate", calibrate, "-o", "m.onnx", *more)


def test_digits_are_read_as_well_in_int8(run: Run, here: Path) -> None:
    outcome = run(*to_int8(SPEC, DIGITS / "samples"))
    assert outcome.code == 0 and outcome.out == ""
    agrees, differs, honest = outcome.err.splitlines()
    assert "highest class of 100.0% (12 samples)" in agrees
    largest = re.search(r"([\d.e-]+) at most", differs)
    assert largest and float(largest[1]) < 0.01
    assert "judge it by others" in honest
    assert (here / "m.onnx").stat().st_size < 0.4 * (DIGITS / "lenet5.safetensors").stat().st_size

    assert run("run", "m.onnx", DIGITS / "samples", "--device", "cpu", "-o", "a.jsonl").code == 0
    records = [json.loads(line) for line in (here / "a.jsonl").read_text("utf-8").splitlines()]
    named = {Path(record["input"]).stem[6]: record["top"][0]["label"] for record in records}
    assert len(records) == 12 and all(shown == found for shown, found in named.items())
    outcome = run("run", "m.onnx", SAMPLES[0], "--layer", "conv2", "-o", "layers.npz")
    assert outcome.code == 0, outcome.err


def test_int8_agrees_with_float32_on_digits_that_were_not_calibrated_with(run: Run) -> None:
    assert run(*to_int8(SPEC, "digits")).code == 0
    x = np.random.default_rng(0).uniform(-0.1, 1.175, (200, 1, 32, 32)).astype(np.float32)
    x[:, :, 4:28, 4:28] *= x[:, :, 4:28, 4:28] > 0.6
    whole = Session(netspec.load(SPEC), device="cpu").run(x)["output"]
    narrow = Session("m.onnx", device="cpu").run(x)["output"]
    assert (whole.argmax(1) == narrow.argmax(1)).mean() >= 0.97


def test_arrays_calibrate_too_and_no_more_than_500_are_used(run: Run, here: Path) -> None:
    x = np.random.default_rng(0).standard_normal((520, 3, 8, 8), np.float32)
    np.save(here / "x.npy", x)
    outcome = run(*to_int8("small.yaml", "x.npy", "--seed", 3))
    assert outcome.code == 0 and "(500 samples)" in outcome.err


def test_pictures_are_spread_over_the_folder(
    run: Run, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from netspec.cli import calibrate

    (here / "digits" / SAMPLES[1].name).write_bytes(b"no picture")  # the second of four
    monkeypatch.setattr(calibrate, "MOST", 2)
    outcome = run(*to_int8(SPEC, "digits"))
    assert outcome.code == 0 and "(2 samples)" in outcome.err, outcome.err
    assert "not a picture" not in outcome.err
    monkeypatch.setattr(calibrate, "MOST", 4)
    outcome = run(*to_int8(SPEC, "digits"))
    assert outcome.code == 0 and "(3 samples)" in outcome.err
    assert outcome.err.count(f"{SAMPLES[1].name}: not a picture") == 1  # though it is read twice


@pytest.mark.parametrize(
    ("spec", "calibrate", "code", "said"),
    [
        (SPEC, "none", 2, "none"),
        (SPEC, "empty", 2, "no pictures in empty"),
        (SPEC, "broken", 3, "no sample to calibrate with"),
        (SPEC, "wrong.npy", 3, "3x8x8"),
        ("bare.yaml", "digits", 2, "`image:`"),
    ],
)
def test_what_cannot_calibrate_is_said(
    run: Run, here: Path, spec: object, calibrate: str, code: int, said: str
) -> None:
    (here / "empty").mkdir()
    (here / "broken").mkdir()
    (here / "broken" / "a.png").write_bytes(b"no picture")
    np.save(here / "wrong.npy", np.zeros((3, 8, 8), np.float32))
    (here / "bare.yaml").write_text("netspec: 1\nname: n\ninput: 1x32x32\nnet: INPUT -> FC(2)\n")
    outcome = run(*to_int8(spec, calibrate))
    assert outcome.code == code and said in outcome.err, outcome.err
    assert not (here / "m.onnx").exists()
    assert outcome.err.count("netspec:") <= 3


@pytest.mark.parametrize(
    "arguments", [("--dtype", "int8"), ("--calibrate", "digits"), ("--dtype", "float16")]
)
def test_int8_and_samples_go_together(run: Run, arguments: tuple[str, ...]) -> None:
    more = ("--calibrate", "digits") if "float16" in arguments else ()
    outcome = run("compile", SPEC, *arguments, *more)
    assert outcome.code == 2 and "--calibrate" in outcome.err and "int8" in outcome.err


def test_an_interrupt_while_calibrating_leaves_nothing(
    run: Run, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / "m.onnx").write_text("older")

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(quantise, "compare", interrupt)
    assert run(*to_int8(SPEC, "digits")).code == 130
    assert (here / "m.onnx").read_text() == "older"
    assert sorted(path.name for path in here.iterdir()) == ["digits", "m.onnx", "small.yaml"]


def test_a_net_that_is_too_large_is_refused() -> None:
    graph = graph_of("netspec: 1\nname: vast\ninput: 20000\nnet: INPUT -> FC(20000)\n")
    program = build(graph)
    with pytest.raises(UnusableError, match="GB"):
        quantised(program, choose_values(graph), lambda: ())
