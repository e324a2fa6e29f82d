"""Model files told apart without parsing them: those that may read other files are parsed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from netspec.onnxgen.peek import keeps_weights_inside
from netspec.runtime.content import FileOrigin
from tests.commands import environment

FILE = "m.onnx"


def tensor(outside: bool, data: bytes = b"\0" * 8) -> TensorProto:
    made = numpy_helper.from_array(np.frombuffer(data, np.uint8), "w")
    if outside:
        made.ClearField("raw_data")
        made.data_location = TensorProto.EXTERNAL
        made.external_data.add(key="location", value="../../etc/passwd")
    return made


def model(place: str, outside: bool, data: bytes = b"\0" * 8) -> onnx.ModelProto:
    """A model with one tensor, at a place where a model can have one."""
    made, weights = onnx.ModelProto(ir_version=10), tensor(outside, data)
    graph = made.graph
    graph.output.add().name = "y"
    node = graph.node.add(op_type="Constant", name="n", output=["y"])
    inner = onnx.GraphProto()
    inner.initializer.add().CopyFrom(weights)
    match place:
        case "initializer":
            graph.initializer.add().CopyFrom(weights)
        case "sparse":
            graph.sparse_initializer.add().values.CopyFrom(weights)
        case "attribute":
            node.attribute.append(helper.make_attribute("value", weights))
        case "subgraph":
            node.attribute.append(helper.make_attribute("body", inner))
        case "function":
            made.functions.add(name="f").node.add().attribute.append(
                helper.make_attribute("value", weights)
            )
        case "training":
            made.training_info.add().initialization.CopyFrom(inner)
    return made


PLACES = ("initializer", "sparse", "attribute", "subgraph", "function", "training")


def kept(folder: Path, content: bytes) -> bool:
    (folder / FILE).write_bytes(content)
    return keeps_weights_inside(folder / FILE)


@pytest.mark.parametrize("place", PLACES)
def test_weights_elsewhere_are_found_wherever_they_are(tmp_path: Path, place: str) -> None:
    assert not kept(tmp_path, model(place, outside=True).SerializeToString())
    assert kept(tmp_path, model(place, outside=False).SerializeToString())


def test_what_weights_happen_to_hold_does_not_matter(tmp_path: Path) -> None:
    assert kept(tmp_path, model("initializer", False, b"location").SerializeToString())
    named = model("initializer", False)
    named.graph.node[0].name = "location"  # which costs a parse, and no more
    assert not kept(tmp_path, named.SerializeToString())


@pytest.mark.parametrize("content", [b"", b"\xff", b"\x3a\x05ab", b"\x07", b"\x3a" + b"\x80" * 9])
def test_what_is_no_model_is_left_to_the_library(tmp_path: Path, content: bytes) -> None:
    assert not kept(tmp_path, content)


def test_lengths_written_longer_than_they_need_to_be(tmp_path: Path) -> None:
    """Protobuf takes them, and so may whoever hides something."""
    weights = tensor(outside=True).SerializeToString()
    initializer = b"\x2a" + bytes([0x80 | len(weights), 0x80, 0x00]) + weights
    graph = b"\x3a" + bytes([0x80 | len(initializer), 0x00]) + initializer
    read = onnx.ModelProto()
    read.ParseFromString(graph)
    assert read.graph.initializer[0].external_data[0].key == "location"
    assert not kept(tmp_path, graph)


@given(st.sampled_from(PLACES), st.integers(0, 400), st.binary(max_size=3), st.integers(0, 9))
def test_a_damaged_model_with_weights_elsewhere_never_passes_as_whole(
    tmp_path_factory: pytest.TempPathFactory, place: str, at: int, put: bytes, taken: int
) -> None:
    content = model(place, outside=True).SerializeToString()
    damaged = content[:at] + put + content[at + taken :]
    folder = tmp_path_factory.mktemp("damaged")
    read = onnx.ModelProto()
    try:
        read.ParseFromString(damaged)
    except Exception:
        return
    if kept(folder, damaged):
        assert b"location" not in damaged or not list(elsewhere(read))


def elsewhere(model: onnx.ModelProto) -> list[TensorProto]:
    return [t for t in model.graph.initializer if t.external_data]


def test_only_the_suffix_of_onnx_is_taken_for_it(tmp_path: Path) -> None:
    content = model("initializer", False).SerializeToString()
    for name in ("m.ort", "m.ONNX", "m"):
        (tmp_path / name).write_bytes(content)
        _, card = FileOrigin(tmp_path / name, ()).content()
        assert card is not None  # it was parsed


def test_a_compiled_model_runs_without_what_specs_need(tmp_path: Path) -> None:
    """The cold start is that of ONNX Runtime, NumPy and Pillow."""
    code = """
import sys
import numpy as np
from PIL import Image
from netspec.cli.main import main
def netspec(*arguments):
    sys.argv = ["netspec", *arguments]
    try:
        main()
    except SystemExit as ended:
        assert ended.code == 0, ended.code
if sys.argv[1] == "compile":
    netspec("compile", "net.yaml", "-o", "m.onnx")
else:
    Image.new("RGB", (8, 8)).save("p.jpg")
    netspec("run", "m.onnx", "p.jpg", *sys.argv[2:])
    slow = {"onnx", "google.protobuf", "yaml", "jsonschema", "rich", "netspec.layers"}
    assert not slow & set(sys.modules), slow & set(sys.modules)
"""
    text = "netspec: 1\nname: n\ninput: {shape: 3x8x8, image: {}}\nnet: INPUT -> FC(3)\n"
    (tmp_path / "net.yaml").write_text(text)
    for arguments in (("compile",), ("run",), ("run", "-o", "y.csv")):
        command = [sys.executable, "-c", code, *arguments]
        subprocess.run(command, cwd=tmp_path, env=environment(), check=True, capture_output=True)
