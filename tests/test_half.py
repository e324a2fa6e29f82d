"""Half precision: where types change, that every operator takes what it is given, and how far the
numbers are from those of float32.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from onnx import NodeProto
from onnx.reference import ReferenceEvaluator

import netspec
from netspec.graph.graph import Graph
from netspec.onnxgen.build import build
from netspec.onnxgen.emit import emit
from netspec.onnxgen.half import in_half
from netspec.onnxgen.model import compile_model
from netspec.onnxgen.program import Program
from netspec.onnxgen.target import Target
from netspec.runtime.session import Session
from netspec.weights.values import ArrayValues
from tests.commands import Outcome
from tests.commands import netspec as command
from tests.graphs import SMALL, graph_around, graph_of
from tests.layer_samples import SAMPLES, Sample
from tests.net_models import Array, random_feeds, random_weights
from tests.random_nets import RandomNet, random_nets
from tests.test_random_nets import ZOO, examples, zoo_graph
from tests.typed_programs import types_of

LAYERS = [sample for sample in SAMPLES if sample.layer.keyword != "INPUT"]
DIGITS = Path(__file__).parent.parent / "specs" / "digits"
#: The types, each with the lowest operator set that has it, and half the gap after 1.
HALVES = {"float16": (21, 2**-11), "bfloat16": (22, 2**-8)}


def net(pattern: str, more: str = "") -> Graph:
    return graph_of(f"netspec: 1\nname: n\ninput: 4x6x6\nnet: {pattern}\n{more}")


def half(graph: Graph, dtype: str = "float16", keep: tuple[str, ...] = ()) -> Program:
    """The program as the spec has it, in half precision: nothing is folded beforehand."""
    return in_half(emit(graph, Target(HALVES[dtype][0], None, dtype), keep))


def casts(program: Program) -> list[tuple[str, str]]:
    """(from, to) of each Cast, in order of execution."""
    return [(n.input[0], n.output[0]) for n in program.nodes if n.op_type == "Cast"]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("INPUT -> BN -> LRN -> SOFTMAX", []),
        ("INPUT -> FLATTEN -> RESHAPE([4, 6, 6]) -> SOFTMAX", []),
        (
            "INPUT -> CONV(4) -> RELU",
            [("input", "input/float16"), ("relu1", "output")],
        ),
        (
            "INPUT -> BN -> CONV(4) -> LRN",
            [("bn1", "bn1/float16"), ("conv1", "conv1/float32")],
        ),
        (  # the view of a float32 result is one, for the layer that wants it so
            "INPUT -> CONV(4) -> BN -> FLATTEN -> LAYERNORM -> FC(3)",
            [
                ("input", "input/float16"),
                ("conv1", "conv1/float32"),
                ("layernorm1", "layernorm1/float16"),
                ("fc1", "output"),
            ],
        ),
        (  # both branches read one copy, and the normalisation the float32 that was there
            "INPUT -> BN -> ADD{ CONV(4, 1) | CONV(4, 1) | BN | } -> GAP",
            [
                ("bn1", "bn1/float16"),
                ("bn2", "bn2/float16"),
                ("gap1", "output"),
            ],
        ),
        ("INPUT -> IDENTITY", []),
    ],
)
def test_types_change_where_they_must_and_nowhere_else(
    pattern: str, expected: list[tuple[str, str]]
) -> None:
    assert casts(half(net(pattern))) == expected


def test_a_layer_that_is_kept_is_float32_and_its_readers_take_the_half_result() -> None:
    program = half(net("INPUT -> CONV(4) -> RELU -> GAP"), keep=("conv1", "relu1"))
    assert casts(program) == [
        ("input", "input/float16"),
        ("conv1/float16", "conv1"),
        ("relu1/float16", "relu1"),
        ("gap1", "output"),
    ]
    assert program.makers["relu1/float16"].input == ["conv1/float16"]
    assert {program.dtypes[name] for name in ("conv1", "relu1", "output")} == {"float32"}


def test_an_output_in_the_middle_is_float32_and_costs_its_readers_nothing() -> None:
    program = half(net("INPUT -> CONV(4) @mid -> GAP", "output: {conv: '@mid'}\n"))
    assert casts(program) == [("input", "input/float16"), ("gap1", "output"), ("conv1", "conv")]


def test_a_tensor_that_float32_reads_too_is_kept_in_float32() -> None:
    program = emit(graph_of(SMALL), Target(dtype="float16"))
    shared = NodeProto()
    shared.CopyFrom(program.makers["fc2"])
    shared.name, shared.output[0], shared.input[1] = "other", "other", "fc1.weight"
    program = in_half(
        replace(program, nodes=(*program.nodes, shared), exact=program.exact | {"other"})
    )
    assert program.tensors["fc1.weight"].dtype == "float32"
    assert program.tensors["fc2.weight"].dtype == "float16"
    assert ("fc1.weight", "fc1.weight/float16") in casts(program)


@examples(40)
@given(random_nets())
def test_no_cast_is_needless(drawn: RandomNet) -> None:
    graph = graph_of(drawn.text)
    kept = tuple(node.name for node in graph.nodes[1::5])
    program = half(graph, keep=kept)
    made, found = program.makers, casts(program)
    for name in (*program.outputs, *kept):
        assert program.dtypes[name] == "float32"
    assert len({(source, program.dtypes.get(to)) for source, to in found}) == len(found)
    for source, to in found:
        assert made[to].name == to
        assert source not in made or made[source].op_type != "Cast", f"{to} was at hand"
    for node in program.nodes:
        if node.name in program.exact and node.op_type != "Constant":
            types = {program.dtypes.get(name, "float32") for name in (*node.input, *node.output)}
            assert types <= {"float32", "int64"}, node.name


@pytest.mark.parametrize("dtype", HALVES)
@pytest.mark.parametrize("sample", LAYERS, ids=str)
def test_every_operator_of_a_layer_has_the_type(sample: Sample, dtype: str) -> None:
    types_of(build(graph_around(sample), Target(HALVES[dtype][0], None, dtype)))


@pytest.mark.parametrize("name", [name for name in ZOO if name != "resnet1202"])
def test_every_operator_of_the_zoo_has_the_type(name: str) -> None:
    types_of(build(zoo_graph(name), Target(HALVES["bfloat16"][0], None, "bfloat16")))


@pytest.mark.parametrize("dtype", HALVES)
@pytest.mark.parametrize("sample", LAYERS, ids=str)
def test_a_layer_is_within_three_roundings_of_float32(sample: Sample, dtype: str) -> None:
    """By ONNX's reference, which computes in the model's own types (ONNX Runtime has no bfloat16 on
    the CPU, and float16 through float32).  A rounding is of the largest value.
    """
    graph = graph_around(sample)
    if getattr(sample.layer, "groups", 1) > 1 and sample.layer.keyword == "DECONV":
        pytest.skip("onnx.reference cannot run ConvTranspose in groups")
    weights, feeds = random_weights(graph), random_feeds(graph)

    def evaluate(target: Target) -> Array:
        model = compile_model(build(graph, target), ArrayValues(graph, weights))
        with np.errstate(all="ignore"):
            (found,) = ReferenceEvaluator(model).run(None, feeds)
        return np.asarray(found)

    opset, rounding = HALVES[dtype]
    expected, found = evaluate(Target(opset)), evaluate(Target(opset, None, dtype))
    assert found.dtype == np.float32
    largest = max(1.0, float(np.abs(expected).max()))
    np.testing.assert_allclose(found, expected, rtol=0, atol=3 * rounding * largest)


def test_a_layer_that_is_asked_for_comes_as_float32() -> None:
    graph = graph_of(SMALL)
    x = np.random.default_rng(0).standard_normal((2, 3, 8, 8), np.float32)
    names = [node.name for node in graph.nodes]
    whole, narrow = (
        Session(graph, device="cpu", layers=names, dtype=dtype).run(x)
        for dtype in ("float32", "float16")
    )
    assert {value.dtype for value in narrow.values()} == {np.dtype(np.float32)}
    for name, value in whole.items():
        np.testing.assert_allclose(narrow[name], value, rtol=0, atol=0.01, err_msg=name)
    assert any((narrow[name] != whole[name]).any() for name in whole)


def test_digits_are_read_as_well_in_half_precision() -> None:
    spec = netspec.load(DIGITS / "lenet5.yaml")
    x = np.random.default_rng(0).uniform(-0.1, 1.175, (64, 1, 32, 32)).astype(np.float32)
    whole, narrow = (
        Session(spec, device="cpu", dtype=dtype).run(x)["output"]
        for dtype in ("float32", "float16")
    )
    assert np.abs(whole - narrow).max() < 0.01
    assert (whole.argmax(1) == narrow.argmax(1)).mean() >= 0.98


@pytest.fixture
def run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Outcome]:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.yaml").write_text(SMALL)
    np.save(tmp_path / "x.npy", np.zeros((3, 8, 8), np.float32))
    return lambda *arguments: command(capsys, *arguments)


def test_bfloat16_without_kernels_is_said(run: Callable[..., Outcome]) -> None:
    assert run("compile", "small.yaml", "--dtype", "bfloat16", "-o", "m.onnx").code == 0
    for arguments in (("small.yaml", "--dtype", "bfloat16"), ("m.onnx",)):
        outcome = run("run", *arguments, "x.npy", "--device", "cpu")
        assert outcome.code == 2
        assert "ONNX Runtime" in outcome.err and "bfloat16" in outcome.err, outcome.err
        assert "float16" in outcome.err
