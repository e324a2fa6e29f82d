"""Laws of optimising: on random nets and the zoo a program computes the same after any passes in
any order, is not changed itself, keeps what is read from outside, and has nothing left to do.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from hypothesis import given
from hypothesis import strategies as st

import netspec
from netspec.graph.graph import Graph
from netspec.onnxgen.build import build
from netspec.onnxgen.emit import emit
from netspec.onnxgen.model import compile_model
from netspec.onnxgen.optimise.passes import PASSES, Pass, optimise
from netspec.onnxgen.program import Program, as_model
from netspec.onnxgen.reading import tensor_names
from netspec.onnxgen.target import DEFAULT, Target
from netspec.weights.initial import Seeded
from netspec.weights.values import ArrayValues
from tests.graphs import graph_of
from tests.net_models import Array, inferred_shapes, random_feeds, random_weights, run_layers
from tests.random_nets import RandomNet, random_nets
from tests.test_random_nets import SPECS, ZOO, close, examples, light, zoo_graph

#: A net with something for each pass: chains of views, copies, folds forwards and sideways, zeros.
BUSY = """\
netspec: 1
name: busy
input: 4x9x9
net: >
  INPUT -> DROPOUT -> CONV(6, 3, groups=2, bias=no) -> BN -> IDENTITY -> BN(eps=0.01) -> RELU
  -> DECONV(8, 2, stride=2, groups=2) -> DROPOUT -> BN @wide -> LRN(4)
  -> ADD{ IDENTITY | CONV(8, 1) -> BN }
  -> MUL{ IDENTITY | GAP -> FC(4) -> BN -> RELU -> FC(8) -> RESHAPE([8]) -> SIGMOID }
  -> GROUPNORM(2) -> BN -> RESHAPE([4, 2, 196]) -> RESHAPE([8, 14, 14]) -> FLATTEN -> FLATTEN
  -> FC(7, bias=no) -> BN -> SOFTMAX
output: {wide: '@wide'}
"""


def hard_weights(graph: Graph) -> dict[str, Array]:
    """Weights with scales of both signs, means that are not 0, and some variances near 0."""
    rng = np.random.default_rng(3)
    weights = random_weights(graph)
    for name, weight in graph.all_weights():
        if weight.role == "scale":
            weights[name] *= rng.choice(np.array([-1, 1], np.float32), weight.shape)
        if weight.role == "variance":
            weights[name] *= rng.choice(np.array([1e-9, 0.1, 1, 10], np.float32), weight.shape)
    return weights


def values_of(
    program: Program, weights: dict[str, Array], names: Sequence[str]
) -> dict[str, Array]:
    """The results of a program by ONNX Runtime; ONNX's full check must accept the model."""
    model = compile_model(program, ArrayValues(program.graph, weights))
    onnx.checker.check_model(model, full_check=True)
    return run_layers(model, random_feeds(program.graph), names)


@examples(60)
@given(random_nets(), st.data())
def test_any_passes_in_any_order_compute_the_same(net: RandomNet, data: Any) -> None:
    graph = graph_of(net.text)
    layers = [node.name for node in graph.nodes]
    kept = data.draw(st.lists(st.sampled_from(layers), max_size=2))
    passes: list[Pass] = data.draw(st.permutations(PASSES))
    count = data.draw(st.integers(1, len(passes)))
    agree(graph, kept, passes[:count])
    agree(graph, kept, PASSES)


def agree(graph: Graph, kept: Sequence[str], passes: Sequence[Pass]) -> None:
    """Outputs and kept layers are the same after the passes."""
    program = emit(graph, DEFAULT, kept)
    names = list(dict.fromkeys((*graph.outputs, *kept)))
    weights = hard_weights(graph)
    expected = values_of(program, weights, names)
    for each in passes:
        program = each(program)
    for name, found in values_of(program, weights, names).items():
        close(found, expected[name], 1e-4, name)


@pytest.mark.parametrize("name", [node.name for node in graph_of(BUSY).nodes])
def test_each_layer_can_be_kept(name: str) -> None:
    agree(graph_of(BUSY), [name], PASSES)


@pytest.mark.parametrize("single", PASSES, ids=lambda each: each.__name__)
def test_a_pass_leaves_its_program_alone_and_has_nothing_to_do_twice(single: Pass) -> None:
    program = emit(graph_of(BUSY), DEFAULT)
    before = [node.SerializeToString(deterministic=True) for node in program.nodes]
    tensors = dict(program.tensors)
    once = single(program)
    assert [node.SerializeToString(deterministic=True) for node in program.nodes] == before
    assert program.tensors == tensors
    same(single(once), once)


@examples(60)
@given(random_nets(), st.data())
def test_passes_but_the_first_two_and_the_last_may_change_places(net: RandomNet, data: Any) -> None:
    graph = graph_of(net.text)
    first, second, *between, last = PASSES
    program = emit(graph, DEFAULT)
    for each in (first, second, *data.draw(st.permutations(between)), last):
        program = each(program)
    expected = optimise(emit(graph, DEFAULT))
    assert sorted(node.op_type for node in program.nodes) == sorted(
        node.op_type for node in expected.nodes
    )
    assert program.tensors == expected.tensors
    same(optimise(expected), expected)


def same(found: Program, expected: Program) -> None:
    """Two programs have the same nodes and tensors."""
    assert list(found.nodes) == list(expected.nodes)
    assert found.tensors == expected.tensors and found.types == expected.types
    assert found.exact == expected.exact


@pytest.mark.parametrize("name", ZOO)
def test_nothing_is_left_to_do_in_the_zoo(name: str) -> None:
    program = optimise(emit(zoo_graph(name), DEFAULT))
    for node in program.nodes:
        assert node.op_type not in ("Identity", "Dropout", "Pad") or _is_needed(program, node)
        if node.op_type == "BatchNormalization":
            before = program.makers[node.input[0]]
            alone = program.readers[node.input[0]] == (node,)
            assert not alone or before.op_type not in ("Conv", "ConvTranspose", "Gemm")
    read = {name for node in program.nodes for name in node.input}
    assert read >= program.tensors.keys()
    assert len({node.name for node in program.nodes}) == len(program.nodes)
    _agree_on_shapes(program)


def _is_needed(program: Program, node: onnx.NodeProto) -> bool:
    """Whether a node that does nothing, or pads, cannot be spared: channels have no pads."""
    return node.op_type == "Pad" and list(program.types[node.output[0]].shape) != list(
        program.types[node.input[0]].shape
    )


def _agree_on_shapes(program: Program) -> None:
    """ONNX infers the types that the program states."""
    model = as_model(program)
    model.graph.input.extend(
        onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, tensor.shape)
        for name, tensor in program.tensors.items()
    )
    onnx.checker.check_model(model, full_check=True)
    found = inferred_shapes(model)
    for name, kind in program.types.items():
        assert found[name][1:] == kind.shape, name


@pytest.mark.parametrize("name", [name for name in ZOO if light(name)])
def test_light_nets_of_the_zoo_answer_the_same(name: str) -> None:
    agree(zoo_graph(name), [], PASSES)


@pytest.mark.parametrize("name", [name for name in ZOO if light(name)])
def test_onnx_runtime_finds_nothing_to_rewrite(tmp_path: Path, name: str) -> None:
    """Its level "basic", which knows nothing of devices, is what we do; it makes Constants weights
    by itself, as we do not.
    """
    graph = zoo_graph(name)
    model = compile_model(build(graph), Seeded(graph))
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.optimized_model_filepath = str(tmp_path / "m.onnx")
    content = model.SerializeToString()
    onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    theirs = onnx.load(tmp_path / "m.onnx").graph.node
    ours = [node.op_type for node in model.graph.node if node.op_type != "Constant"]
    assert sorted(node.op_type for node in theirs) == sorted(ours)


def test_the_library_can_keep_the_net_as_it_is_written() -> None:
    graph = netspec.load(SPECS / "resnet20.yaml").elaborate()
    plain, model = graph.compile(optimise=False), graph.compile()
    ops = [{node.op_type for node in made.graph.node} for made in (plain, model)]
    assert ops[0] - ops[1] == {"BatchNormalization", "Identity"}
    assert set(tensor_names(plain)) >= graph.by_name.keys()


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision_passes_the_checker_after_optimising(dtype: str) -> None:
    graph = graph_of(BUSY)
    target = Target.choose(None, None, dtype)
    for kept in ((), ("conv1", "softmax1")):
        program = build(graph, target, kept)
        model = compile_model(program, ArrayValues(graph, random_weights(graph)))
        onnx.checker.check_model(model, full_check=True)
        onnx.shape_inference.infer_shapes(model, strict_mode=True, data_prop=True)
        assert [value.name for value in model.graph.output] == list(graph.outputs)
