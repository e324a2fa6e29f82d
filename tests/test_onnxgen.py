"""Models: names, shapes, metadata, determinism, and their weights inside or beside."""

from __future__ import annotations

import io
import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import numpy_helper

from netspec.machine.errors import UnusableError
from netspec.onnxgen import model as models
from netspec.onnxgen import stream
from netspec.onnxgen.build import build
from netspec.onnxgen.card import Card
from netspec.onnxgen.emit import emit
from netspec.onnxgen.model import compile_model, separate, write_model
from netspec.onnxgen.program import as_model
from netspec.onnxgen.reading import expose, read_model, tensor_names
from netspec.onnxgen.target import OPSETS, Target
from netspec.weights.initial import Seeded
from tests.commands import python
from tests.graphs import SMALL, all_values, graph_around, graph_of
from tests.layer_samples import SAMPLES, Sample

LAYERS = [sample for sample in SAMPLES if sample.layer.keyword != "INPUT"]


def written(text: str, target: Target = Target()) -> bytes:  # noqa: B008  # frozen
    graph, file = graph_of(text), io.BytesIO()
    write_model(build(graph, target), Seeded(graph), file)
    return file.getvalue()


@pytest.mark.parametrize("sample", LAYERS, ids=str)
@pytest.mark.parametrize(
    "target", [Target(), Target(batch=2, dtype="float16"), Target(22, None, "bfloat16")], ids=str
)
def test_every_layer_passes_the_checker_and_strict_inference(
    sample: Sample, target: Target
) -> None:
    graph = graph_around(sample)
    model = compile_model(build(graph, target), Seeded(graph))

    onnx.checker.check_model(model, full_check=True)
    typed = onnx.shape_inference.infer_shapes(
        model, strict_mode=True, check_type=True, data_prop=True
    )

    shape = typed.graph.output[0].type.tensor_type.shape.dim
    assert tuple(dim.dim_value for dim in shape[1:]) == graph.nodes[-1].type.shape
    assert shape[0].dim_value == 2 if target.batch else shape[0].dim_param == "N"


@pytest.mark.parametrize("sample", LAYERS, ids=str)
def test_initializers_are_the_declared_weights(sample: Sample) -> None:
    graph = graph_around(sample)
    model = compile_model(build(graph), Seeded(graph))

    found = {tensor.name: tuple(tensor.dims) for tensor in model.graph.initializer}

    assert found == {name: weight.shape for name, weight in graph.all_weights()}


def test_names_are_those_of_the_spec() -> None:
    graph = graph_of(SMALL)
    model = as_model(emit(graph, Target()))
    results = {node.name: list(node.output) for node in model.graph.node}
    names = [node.name for node in graph.nodes]

    assert [name for name in results if "/" not in name] == [*names[1:], "output"]
    assert all(outputs == [name] for name, outputs in results.items())
    assert [value.name for value in model.graph.input] == ["input"]
    assert [value.name for value in model.graph.output] == ["output"]
    assert [value.name for value in model.graph.value_info] == names[1:]


def test_versions_are_set_by_hand() -> None:
    model = as_model(emit(graph_of(SMALL), Target()))
    assert (model.ir_version, model.opset_import[0].version) == (10, 21)
    assert (model.producer_name, model.graph.name, model.graph.doc_string) == (
        "netspec",
        "small",
        "a small net",
    )


@pytest.mark.parametrize("opset", OPSETS)
def test_each_opset_runs(opset: int) -> None:
    content = written(SMALL, Target(opset))
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    (answer,) = session.run(None, {"input": np.ones((2, 3, 8, 8), np.float32)})
    assert answer.shape == (2, 3)


def test_an_opset_is_checked_against_the_type() -> None:
    assert Target.choose(None, 1, "float32") == Target(21, 1, "float32")
    assert Target.choose(None, None, "bfloat16").opset == 22
    for opset, dtype in ((999, "float32"), (20, "float32"), (21, "bfloat16")):
        with pytest.raises(UnusableError, match="22, 23"):
            Target.choose(opset, None, dtype)


def test_metadata_carry_the_spec() -> None:
    graph = graph_of(SMALL)
    model = as_model(emit(graph, Target()))
    said = {entry.key: entry.value for entry in model.metadata_props}

    assert said["netspec.name"] == "small"
    assert json.loads(said["netspec.layers"]) == [node.name for node in graph.nodes]
    assert json.loads(said["netspec.labels"]) == ["ant", "bee", "cat"]
    assert json.loads(said["netspec.image"])["input"]["crop"] == [8, 8]
    assert len(said["netspec.sha256"]) == 64
    assert asdict(Card.read(model)) == asdict(Card.of(graph))


@pytest.mark.parametrize(
    "value", ["{", "[1]", '{"input": {"resize": 3}}', '{"input": 5}', "[" * 10**5]
)
def test_metadata_from_elsewhere_are_refused_not_believed(value: str) -> None:
    model = as_model(emit(graph_of(SMALL), Target()))
    for entry in model.metadata_props:
        if entry.key == "netspec.image":
            entry.value = value
    with pytest.raises(UnusableError, match="metadata"):
        Card.read(model)


def test_bytes_depend_on_nothing_but_the_input() -> None:
    code = (
        "import hashlib; from tests.test_onnxgen import written, SMALL;"
        "print(hashlib.sha256(written(SMALL)).hexdigest())"
    )
    assert len({python(code, PYTHONHASHSEED=seed) for seed in "12"}) == 1


def test_streamed_bytes_are_the_model_that_protobuf_would_write() -> None:
    graph = graph_of(SMALL)
    for target in (Target(), Target(dtype="float16")):
        streamed = onnx.load_from_string(written(SMALL, target))
        built = compile_model(build(graph, target), Seeded(graph))
        # fields in the order of their numbers, as SerializeToString has them
        assert streamed.SerializeToString(deterministic=True) == built.SerializeToString(
            deterministic=True
        )


@given(st.integers(0, 2**63))
def test_varints(number: int) -> None:
    digits = stream._varint(number)
    assert sum((byte & 127) << 7 * at for at, byte in enumerate(digits)) == number
    assert all(byte & 128 for byte in digits[:-1]) and not digits[-1] & 128


def test_weights_beside_a_model_are_found(tmp_path: Path) -> None:
    graph, path = graph_of(SMALL), tmp_path / "m.onnx"
    with path.open("wb") as file, (tmp_path / "m.onnx.data").open("wb") as data:
        program = build(graph, optimised=False)
        write_model(program, Seeded(graph), file, beside=("m.onnx.data", data))
    assert path.stat().st_size < 5000

    onnx.checker.check_model(str(path), full_check=True)
    found = {t.name: numpy_helper.to_array(t) for t in onnx.load(path).graph.initializer}

    for name, values in all_values(graph).items():
        np.testing.assert_array_equal(found[name], values)


def test_weight_bytes_count_all_tensors() -> None:
    graph = graph_of(SMALL)
    _, arrays = separate(build(graph), Seeded(graph))
    assert build(graph).nbytes == sum(array.nbytes for array in arrays.values())
    assert build(graph, Target(dtype="float16")).nbytes < build(graph).nbytes


def test_weights_beyond_memory_are_refused_before_they_are_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    graph = graph_of("netspec: 1\nname: vast\ninput: 2000000000\nnet: INPUT -> FC(2000000000)\n")
    monkeypatch.setattr(models, "as_model", None)
    with pytest.raises(UnusableError, match="PB of memory"):
        compile_model(build(graph), Seeded(graph))


def test_outputs_have_names_of_their_own() -> None:
    text = (
        "netspec: 1\nname: two\ninput: 6\nnet: INPUT -> FC(4) @half -> RELU -> FC(2)\n"
        "output: {middle: '@half'}\n"
    )
    graph = graph_of(text)
    plain = compile_model(build(graph, optimised=False), Seeded(graph))
    assert {"fc1", "fc2", "output", "middle"} <= set(tensor_names(plain))
    model = compile_model(build(graph), Seeded(graph))
    assert [value.name for value in model.graph.output] == ["output", "middle"]
    assert tensor_names(model) == ("input", "middle", "relu1", "output")
    onnx.checker.check_model(model, full_check=True)


def test_an_output_called_as_its_layer_needs_no_copy() -> None:
    text = "netspec: 1\nname: one\ninput: 6\nnet: INPUT -> FC(2, name=output)\n"
    model = as_model(emit(graph_of(text), Target()))
    assert [node.name for node in model.graph.node] == ["output"]


def test_two_tensors_of_one_name_are_refused() -> None:
    text = "netspec: 1\nname: one\ninput: 6\nnet: INPUT -> FC(2, name=output) -> FC(2)\n"
    with pytest.raises(UnusableError, match="layer `output` and output `output`"):
        emit(graph_of(text), Target())


def test_a_net_of_its_input_alone() -> None:
    graph = graph_of("netspec: 1\nname: o\ninput: 6\nnet: INPUT\n")
    model = compile_model(build(graph), Seeded(graph))
    onnx.checker.check_model(model, full_check=True)
    assert model.graph.node[0].op_type == "Identity"


def test_exposed_layers_follow_the_outputs() -> None:
    model = as_model(emit(graph_of(SMALL), Target()))
    expose(model, ("conv1", "output", "conv1", "input"))
    assert [value.name for value in model.graph.output] == ["output", "conv1", "input"]


def _file_with_external(folder: Path, location: str) -> Path:
    model = compile_model(build(graph := graph_of(SMALL)), Seeded(graph))
    tensor = model.graph.initializer[0]
    tensor.data_location = onnx.TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value=location)
    path = folder / "m.onnx"
    path.write_bytes(model.SerializeToString())
    return path


@pytest.mark.parametrize("location", ["../secret", "/etc/hostname", "sub/../../secret", "link"])
def test_weights_outside_the_models_folder_are_refused(tmp_path: Path, location: str) -> None:
    (tmp_path / "secret").write_bytes(bytes(10))
    folder = tmp_path / "models"
    folder.mkdir()
    (folder / "link").symlink_to(tmp_path / "secret")
    with pytest.raises(UnusableError, match="outside the model's folder"):
        read_model(_file_with_external(folder, location))


def test_missing_weights_beside_a_model_are_named(tmp_path: Path) -> None:
    with pytest.raises(UnusableError, match=r"`w.data`, which is missing"):
        read_model(_file_with_external(tmp_path, "w.data"))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\xff" * 40, "not a complete ONNX model"),
        (b"", "not an ONNX model"),
        (b"\x08\x63", "not an ONNX model"),
    ],
)
def test_files_that_are_no_models_are_named(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "m.onnx"
    path.write_bytes(content)
    with pytest.raises(UnusableError, match=f"m.onnx.* {reason}"):
        read_model(path)


def test_a_model_of_the_future_says_which_versions_there_are(tmp_path: Path) -> None:
    model = as_model(emit(graph_of(SMALL), Target()))
    model.ir_version = 99
    path = tmp_path / "m.onnx"
    path.write_bytes(model.SerializeToString())
    with pytest.raises(UnusableError, match=r"format 99; the installed onnx reads up to \d+"):
        read_model(path)
