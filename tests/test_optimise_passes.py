"""Each pass on the smallest net that it is for: the nodes, names, tensors and values it leaves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import NodeProto, helper

from netspec.layers import TensorType
from netspec.onnxgen.emit import emit
from netspec.onnxgen.model import compile_model
from netspec.onnxgen.optimise.constants import share_constants
from netspec.onnxgen.optimise.identities import drop_identities
from netspec.onnxgen.optimise.norms import fold_norms
from netspec.onnxgen.optimise.outputs import name_outputs
from netspec.onnxgen.optimise.pads import merge_pads
from netspec.onnxgen.optimise.passes import optimise
from netspec.onnxgen.optimise.unused import drop_unused
from netspec.onnxgen.program import Program
from netspec.onnxgen.target import DEFAULT
from netspec.weights.values import ArrayValues
from tests.graphs import graph_of
from tests.net_models import Array, random_feeds, run_layers
from tests.test_optimise import hard_weights


def program_of(
    net: str, keep: Sequence[str] = (), shape: str = "4x6x6", output: str = ""
) -> Program:
    """A net of one line, as it is written."""
    more = f"output: {output}\n" if output else ""
    text = f"netspec: 1\nname: n\ninput: {shape}\nnet: {net}\n{more}"
    return emit(graph_of(text), DEFAULT, keep)


def nodes_of(program: Program) -> list[tuple[str, str]]:
    """Operators and what they make, constants left out."""
    return [(n.op_type, n.output[0]) for n in program.nodes if n.op_type != "Constant"]


def made(program: Program) -> dict[str, Array]:
    """The values of its tensors."""
    values = ArrayValues(program.graph, hard_weights(program.graph))
    return {name: tensor.make(values) for name, tensor in program.tensors.items()}


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        ("CONV(6, 3)", "4x6x6"),
        ("CONV(6, 3, bias=no)", "4x6x6"),
        ("CONV(6, 3, groups=2, pad=1)", "4x6x6"),
        ("DECONV(6, 3, stride=2)", "4x6x6"),
        ("DECONV(6, 2, groups=2, bias=no)", "4x6x6"),
        ("DECONV(4, 3, groups=4)", "4x6x6"),
        ("FC(6)", "5"),
        ("FC(6, bias=no)", "5"),
        ("BN(eps=0.1)", "6x2x2"),
    ],
)
def test_a_norm_folds_into_the_layer_before_it(layer: str, shape: str) -> None:
    program = program_of(f"INPUT -> {layer} -> BN(eps=0.001) -> RELU", shape=shape)
    folded = drop_unused(fold_norms(program))
    host, norm = program.nodes[:2]

    assert nodes_of(folded)[0] == (host.op_type, norm.output[0])
    assert folded.nodes[0].name == host.name
    own = f"{host.name}."
    assert set(folded.tensors) == {own + "bias"} | {n for n in program.tensors if n[:4] == own[:4]}
    assert norm.name not in folded.exact and host.output[0] not in folded.types
    assert all(tensor.shape == made(folded)[n].shape for n, tensor in folded.tensors.items())

    weights = hard_weights(program.graph)
    expected, found = (
        run_layers(
            compile_model(p, ArrayValues(p.graph, weights)), random_feeds(p.graph), ["output"]
        )
        for p in (program, folded)
    )
    largest = np.abs(expected["output"]).max()
    np.testing.assert_allclose(found["output"], expected["output"], 0, 1e-5 * largest)


@pytest.mark.parametrize("groups", [1, 3])
@pytest.mark.parametrize("kind", ["CONV", "DECONV"])
def test_folded_values_are_those_of_float64_rounded_once(kind: str, groups: int) -> None:
    net = f"INPUT -> {kind}(6, 2, groups={groups}) -> BN"
    program = program_of(net, shape="9x5x5")
    raw, folded = made(program), made(drop_unused(fold_norms(program)))
    wide = {name: values.astype(np.float64) for name, values in raw.items()}
    epsilon = np.float64(np.float32(1e-5))
    factor = wide["bn1.weight"] / np.sqrt(wide["bn1.running_var"] + epsilon)

    weight, host = wide[f"{kind.lower()}1.weight"], f"{kind.lower()}1"
    if kind == "DECONV":  # the channels of each group follow each other in both axes
        parts = zip(np.split(weight, groups), np.split(factor, groups), strict=True)
        weight = np.concatenate([part * by[None, :, None, None] for part, by in parts])
    else:
        weight = weight * factor[:, None, None, None]
    shift = (wide[f"{host}.bias"] - wide["bn1.running_mean"]) * factor + wide["bn1.bias"]

    np.testing.assert_array_equal(folded[f"{host}.weight"], weight.astype(np.float32))
    np.testing.assert_array_equal(folded[f"{host}.bias"], shift.astype(np.float32))


def test_norms_in_a_row_fold_into_one() -> None:
    program = optimise(program_of("INPUT -> CONV(6, 3) -> BN -> DROPOUT -> BN -> BN"))
    assert nodes_of(program) == [("Conv", "output")]
    assert program.nodes[0].name == "conv1" and list(program.tensors) == [
        "conv1.weight",
        "conv1.bias",
    ]
    lone = optimise(program_of("INPUT -> RELU -> BN -> BN"))
    assert nodes_of(lone) == [("Relu", "relu1"), ("BatchNormalization", "output")]


def test_hundreds_of_norms_in_a_row_fold_a_few_at_a_time() -> None:
    program = program_of("INPUT -> FC(2) -> BN*300", shape="3")
    folded = optimise(program)
    assert len(folded.nodes) < 40
    assert max(len(tensor.sources) for tensor in folded.tensors.values()) < 100
    assert all(np.isfinite(values).all() for values in made(folded).values())


@pytest.mark.parametrize(
    ("net", "keep", "output"),
    [
        ("INPUT -> CONV(4) -> BN", ["conv1"], ""),
        ("INPUT -> CONV(4) -> ADD{ BN | IDENTITY }", [], ""),
        ("INPUT -> CONV(4) @c -> BN", [], "{c: '@c'}"),
        ("INPUT -> CONV(4) -> RELU -> BN", [], ""),
        ("INPUT -> BN -> CONV(4)", [], ""),
        ("INPUT -> LAYERNORM -> BN", [], ""),
        ("INPUT -> AVGPOOL(3, stride=1, pad=1, dilation=2) -> BN", [], ""),
    ],
)
def test_a_norm_stays_where_it_cannot_fold(net: str, keep: list[str], output: str) -> None:
    program = optimise(program_of(net, keep, shape="4x9x9", output=output))
    assert "BatchNormalization" in {op for op, _ in nodes_of(program)}


def test_a_bias_takes_nobody_elses_name() -> None:
    text = (
        "netspec: 1\nname: n\ninput: 4x6x6\n"
        "net:\n- INPUT -> CONV(4, bias=no) -> BN\n- conv1: RELU(name=bias)\n"
    )
    program = optimise(emit(graph_of(text), DEFAULT, ["conv1.bias"]))
    assert [op for op, _ in nodes_of(program)] == ["Conv", "BatchNormalization", "Relu", "Identity"]


def test_copies_and_dropout_go_and_the_last_layer_writes_the_output() -> None:
    program = program_of("INPUT -> DROPOUT -> FC(3) -> IDENTITY -> RELU -> DROPOUT", shape="5")
    assert nodes_of(name_outputs(drop_identities(program))) == [("Gemm", "fc1"), ("Relu", "output")]
    assert [node.name for node in optimise(program).nodes] == ["fc1", "relu1"]


def test_copies_stay_that_somebody_reads() -> None:
    kept = optimise(program_of("INPUT -> FC(3) -> DROPOUT", ["fc1", "dropout1"], shape="5"))
    assert nodes_of(kept) == [("Gemm", "fc1"), ("Identity", "dropout1"), ("Identity", "output")]
    empty = optimise(program_of("INPUT -> DROPOUT", shape="5"))
    assert nodes_of(empty) == [("Identity", "output")]


def test_two_outputs_of_one_layer_are_one_and_a_copy() -> None:
    program = optimise(program_of("INPUT -> FC(3) @x", shape="5", output="{x: '@x'}"))
    assert nodes_of(program) == [("Gemm", "output"), ("Identity", "x")]
    assert set(program.types) == {"input", "output", "x"}


def test_views_of_views_are_one() -> None:
    net = "INPUT -> RESHAPE([2, 8, 9]) -> DROPOUT -> RESHAPE([3, 6, 8]) -> FLATTEN -> FC(2)"
    program = optimise(program_of(net))
    assert nodes_of(program) == [("Flatten", "flatten1"), ("Gemm", "output")]
    assert program.nodes[0].input[0] == "input"


def test_views_in_the_same_shape_go() -> None:
    net = "INPUT -> FLATTEN -> RESHAPE([4, 6, 6]) -> RELU -> FLATTEN -> FLATTEN -> RELU -> FLATTEN"
    assert nodes_of(optimise(program_of(net))) == [
        ("Relu", "relu1"),
        ("Flatten", "flatten3"),
        ("Relu", "output"),
    ]


def test_views_that_are_parts_of_layers_merge() -> None:
    net = "INPUT -> RESHAPE([2, 8, 9]) -> GROUPNORM(2)"
    program = optimise(program_of(net))
    inner = program.makers["groupnorm1/Reshape"]
    assert inner.input[0] == "input" and "reshape1" not in program.makers
    gate = optimise(program_of("INPUT -> MUL{ IDENTITY | GAP }"))
    assert nodes_of(gate) == [
        ("GlobalAveragePool", "gap1/GlobalAveragePool"),
        ("Reshape", "mul1/Unsqueeze"),
        ("Mul", "output"),
    ]


def test_views_that_somebody_reads_stay() -> None:
    net = "INPUT -> RESHAPE([2, 8, 9]) -> RESHAPE([2, 8, 9]) -> FLATTEN"
    program = optimise(program_of(net, ["reshape1", "reshape2"]))
    assert [name for _, name in nodes_of(program)] == ["reshape1", "reshape2", "output"]
    assert {node.input[0] for node in program.nodes if node.input} == {"input"}


def with_pad(window: NodeProto, sizes: Sequence[int], fill: bool = False) -> Program:
    """A program of a Pad and a window over what it makes, in place of a net's layers."""
    program = program_of("INPUT -> CONV(3, 3, name=window)", ["window"], "3x7x7")
    size = helper.make_tensor("", onnx.TensorProto.INT64, [len(sizes)], sizes)
    constants = [helper.make_node("Constant", [], ["sizes"], name="sizes", value=size)]
    if fill:
        value = helper.make_tensor("", onnx.TensorProto.FLOAT, [], [1.0])
        constants.append(helper.make_node("Constant", [], ["fill"], name="fill", value=value))
    pad = helper.make_node("Pad", ["input", "sizes", *["fill"] * fill], ["padded"], name="padded")
    nodes = (*constants, pad, window, program.nodes[-1])
    return replace(program, nodes=nodes, types=dict(program.types) | {"window": TensorType((3,))})


def conv(**attributes: Any) -> NodeProto:
    """A convolution over `padded`."""
    inputs = ["padded", "window.weight", "window.bias"]
    return helper.make_node("Conv", inputs, ["window"], name="window", **attributes)


def pool(**attributes: Any) -> NodeProto:
    """A mean over `padded`."""
    return helper.make_node(
        "AveragePool", ["padded"], ["window"], name="window", kernel_shape=[3, 3], **attributes
    )


@pytest.mark.parametrize(
    "window",
    [
        conv(),
        conv(pads=[1, 0, 0, 2], dilations=[2, 1], strides=[2, 1]),
        pool(),
        pool(pads=[0, 1, 1, 0], count_include_pad=1, strides=[2, 2]),
    ],
    ids=["conv", "padded conv", "pool", "padded pool"],
)
def test_zeros_become_pads(window: NodeProto) -> None:
    program = with_pad(window, [0, 0, 1, 1, 0, 0, 1, 0])
    merged = merge_pads(program)
    assert "Pad" not in {op for op, _ in nodes_of(merged)}
    expected, found = (
        run_layers(_without_types(p), random_feeds(p.graph), ["window"])["window"]
        for p in (program, merged)
    )
    np.testing.assert_allclose(found, expected, 1e-5, 1e-6)


def _without_types(program: Program) -> onnx.ModelProto:
    return compile_model(program, ArrayValues(program.graph, hard_weights(program.graph)))


@pytest.mark.parametrize(
    ("window", "sizes", "fill"),
    [
        (conv(), [0, 1, 1, 1, 0, 0, 1, 1], False),
        (conv(), [0, 0, 1, 1, 0, 0, 1, -1], False),
        (conv(), [0, 0, 1, 1, 0, 0, 1, 1], True),
        (pool(), [0, 0, 3, 0, 0, 0, 0, 0], False),
        (pool(pads=[1, 1, 1, 1]), [0, 0, 1, 1, 0, 0, 1, 1], False),
        (pool(dilations=[2, 2]), [0, 0, 1, 1, 0, 0, 1, 1], False),
        (pool(ceil_mode=1), [0, 0, 1, 1, 0, 0, 1, 1], False),
    ],
    ids=["channels", "crop", "ones", "empty window", "uncounted", "dilated", "ceil"],
)
def test_zeros_stay_where_pads_are_something_else(
    window: NodeProto, sizes: list[int], fill: bool
) -> None:
    program = with_pad(window, sizes, fill)
    assert merge_pads(program) == program


def test_an_even_window_over_channels_has_pads_of_its_own() -> None:
    program = optimise(program_of("INPUT -> LRN(4)"))
    assert "Pad" not in {op for op, _ in nodes_of(program)}


def test_equal_constants_are_one_but_not_across_precisions() -> None:
    net = "INPUT -> SUBSAMPLE(2) -> AVGPOOL(3, 1, pad=1, dilation=2) -> LRN(2, k=1) -> SUBSAMPLE(2)"
    program = program_of(net, shape="4x8x8")
    shared = drop_unused(share_constants(program))
    constants = [
        (str(node.attribute[0].t), node.name in program.exact)
        for node in shared.nodes
        if node.op_type == "Constant"
    ]
    assert len(constants) == len(set(constants)) < len(program.nodes) - len(nodes_of(program))
    one = str(helper.make_tensor("", onnx.TensorProto.FLOAT, [], [1.0]))
    assert {(one, True), (one, False)} <= set(constants)


def test_what_nobody_reads_goes() -> None:
    program = program_of("INPUT -> FC(3) -> RELU @r -> FC(9)", shape="5")
    cut = replace(
        program,
        nodes=(
            *program.nodes[:-1],
            helper.make_node("Identity", ["relu1"], ["output"], name="output"),
        ),
    )
    assert nodes_of(drop_unused(cut)) == [
        ("Gemm", "fc1"),
        ("Relu", "relu1"),
        ("Identity", "output"),
    ]
    assert list(drop_unused(cut).tensors) == ["fc1.weight", "fc1.bias"]
