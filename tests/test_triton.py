"""Model repositories for Triton Inference Server: the configuration by protobuf's own parser, the
files, and what is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import onnx
import pytest
from google.protobuf import (  # type: ignore[import-untyped]  # no types
    descriptor_pb2,
    descriptor_pool,
    message_factory,
    text_format,
)
from hypothesis import given
from hypothesis import strategies as st

from netspec import __version__
from netspec.onnxgen import triton
from netspec.onnxgen.build import build
from netspec.onnxgen.target import Target
from netspec.runtime.session import Session
from tests.commands import Outcome, netspec
from tests.graphs import SMALL, TWO_INPUTS, graph_of

#: The fields of Triton's ModelConfig that netspec writes, with the numbers and types of
#: protobuf/model_config.proto in github.com/triton-inference-server/common at commit
#: 08365eae35e2305723a46383a02083a7d73f9abd: by message, name -> (number, type, whether repeated).
FIELDS: dict[str, dict[str, tuple[int, str, bool]]] = {
    "ModelInput": {
        "name": (1, "string", False),
        "data_type": (2, ".DataType", False),
        "dims": (4, "int64", True),
    },
    "ModelOutput": {
        "name": (1, "string", False),
        "data_type": (2, ".DataType", False),
        "dims": (3, "int64", True),
        "label_filename": (4, "string", False),
    },
    "ModelDynamicBatching": {
        "preferred_batch_size": (1, "int32", True),
        "max_queue_delay_microseconds": (2, "uint64", False),
    },
    "ModelConfig": {
        "name": (1, "string", False),
        "platform": (2, "string", False),
        "max_batch_size": (4, "int32", False),
        "input": (5, ".ModelInput", True),
        "output": (6, ".ModelOutput", True),
        "dynamic_batching": (11, ".ModelDynamicBatching", False),
        "backend": (17, "string", False),
    },
}
DATA_TYPES = {"TYPE_INVALID": 0, "TYPE_FP16": 10, "TYPE_FP32": 11, "TYPE_BF16": 14}


def model_config_class(fields: Mapping[str, Mapping[str, tuple[int, str, bool]]]) -> Any:
    """The message class of ModelConfig."""
    kinds = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(
        name="model_config.proto", package="inference", syntax="proto3"
    )
    values = file.enum_type.add(name="DataType").value
    for name, number in DATA_TYPES.items():
        values.add(name=name, number=number)
    for message, members in fields.items():
        made = file.message_type.add(name=message)
        for name, (number, kind, repeated) in members.items():
            field = made.field.add(name=name, number=number)
            field.label = kinds.LABEL_REPEATED if repeated else kinds.LABEL_OPTIONAL
            if not kind.startswith("."):
                field.type = getattr(kinds, f"TYPE_{kind.upper()}")
                continue
            field.type = kinds.TYPE_ENUM if kind == ".DataType" else kinds.TYPE_MESSAGE
            field.type_name = f".inference{kind}"
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("inference.ModelConfig"))


CONFIG = model_config_class(FIELDS)


def parsed(text: str) -> Any:
    """A configuration as Triton reads it: an unknown field or a wrong type is an error."""
    return text_format.Parse(text, CONFIG())


def config_of(text: str, batch: int | None = None) -> Any:
    return parsed(triton.config(build(graph_of(text), Target(batch=batch))))


def test_a_free_batch_axis_is_left_out_and_requests_are_joined() -> None:
    config = config_of(SMALL)
    assert (config.name, config.platform, config.backend) == (
        "small",
        "onnxruntime_onnx",
        "onnxruntime",
    )
    assert config.max_batch_size == triton.MAX_BATCH
    assert config.HasField("dynamic_batching")
    (taken,), (given_,) = config.input, config.output
    assert (taken.name, taken.dims, taken.data_type) == ("input", [3, 8, 8], 11)
    assert (given_.name, given_.dims, given_.data_type) == ("output", [3], 11)
    assert given_.label_filename == "labels.txt"


def test_a_fixed_batch_is_an_axis_like_others_and_joins_none() -> None:
    config = config_of(SMALL, batch=4)
    assert config.max_batch_size == 0
    assert not config.HasField("dynamic_batching")
    assert (config.input[0].dims, config.output[0].dims) == ([4, 3, 8, 8], [4, 3])


def test_several_inputs_and_outputs() -> None:
    text = TWO_INPUTS.replace("FC(2) |", "FC(2) @mid |") + "output: {labels: [a, b], mid: '@mid'}\n"
    config = config_of(text)
    assert [(at.name, at.dims) for at in config.input] == [("left", [4]), ("right", [3])]
    assert [at.name for at in config.output] == ["output", "mid"]


def test_labels_are_for_outputs_that_are_classes() -> None:
    text = "netspec: 1\nname: n\ninput: 3x4x4\nnet: INPUT -> CONV(2) @map -> GAP\n"
    config = config_of(text + "output: {labels: [a, b], map: '@map'}\n")
    assert {at.name: at.label_filename for at in config.output} == {
        "output": "labels.txt",
        "map": "",
    }
    assert config_of(text).output[0].label_filename == ""


@given(st.text())
def test_any_name_survives(name: str) -> None:
    graph = graph_of(SMALL)
    hostile = replace(graph, spec=replace(graph.spec, name=name))
    program = replace(build(graph), graph=hostile)
    assert parsed(triton.config(program)).name == name


def test_labels_are_a_line_each_whatever_they_hold() -> None:
    graph = graph_of(SMALL)
    spec = replace(graph.spec, labels=("été", "a\nb", 'say "x"', "", "\x1b[31m"))
    program = replace(build(graph), graph=replace(graph, spec=spec))
    assert triton.labels(program) == 'été\na\\nb\nsay "x"\n\n\\x1b[31m\n'


#: `netspec compile small.yaml ARGUMENTS`.
Run = Callable[..., Outcome]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "small.yaml").write_text(SMALL)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run(here: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    return lambda *arguments: netspec(capsys, "compile", "small.yaml", *arguments)


def names(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_a_repository(here: Path, run: Run) -> None:
    assert run("--triton", "models").code == 0
    assert names(here / "models") == [
        "small/1/model.onnx",
        "small/config.pbtxt",
        "small/labels.txt",
    ]
    home = here / "models" / "small"
    config = parsed((home / "config.pbtxt").read_text("utf-8"))
    model = onnx.load(home / "1" / "model.onnx")
    assert [at.name for at in config.input] == [at.name for at in model.graph.input]
    assert [at.name for at in config.output] == [at.name for at in model.graph.output]
    assert (home / "labels.txt").read_text("utf-8") == "ant\nbee\ncat\n"
    assert Session(home / "1" / "model.onnx", device="cpu").card.labels == ("ant", "bee", "cat")


def test_weights_beside_a_large_model(
    here: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("netspec.onnxgen.model.EXTERNAL_ABOVE", 100)
    assert run("--triton", "models").code == 0
    assert "small/1/model.onnx.data" in names(here / "models")
    assert Session(here / "models/small/1/model.onnx", device="cpu").card.name == "small"


def test_a_version_of_ours_is_replaced_and_what_else_is_there_stays(here: Path, run: Run) -> None:
    assert run("--triton", "models", "--seed", 1).code == 0
    version = here / "models" / "small" / "1"
    first = (version / "model.onnx").read_bytes()
    (here / "models" / "small" / "2").mkdir()
    (here / "models" / "other").mkdir()
    assert run("--triton", "models", "--seed", 2, "--batch", 2).code == 0
    assert (version / "model.onnx").read_bytes() != first
    config = parsed((here / "models/small/config.pbtxt").read_text())
    assert config.max_batch_size == 0
    assert (here / "models/small/2").is_dir() and (here / "models/other").is_dir()


@pytest.mark.parametrize(
    ("theirs", "content"), [("config.pbtxt", 'name: "small"\n'), ("notes.txt", "mine")]
)
def test_a_model_of_another_is_left_alone(here: Path, run: Run, theirs: str, content: str) -> None:
    home = here / "models" / "small"
    home.mkdir(parents=True)
    (home / theirs).write_text(content)
    outcome = run("--triton", "models")
    assert outcome.code == 2
    assert "small" in outcome.err and "not netspec's" in outcome.err and "--set name" in outcome.err
    assert names(here / "models") == [f"small/{theirs}"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--triton", "no/such"], "no/such"),
        (["--triton", "small.yaml"], "no folder"),
        (["--triton", "models", "-o", "m.onnx"], "-o"),
    ],
)
def test_what_cannot_be_a_repository_is_said(
    here: Path, run: Run, arguments: list[str], said: str
) -> None:
    outcome = run(*arguments)
    assert outcome.code == 2 and said in outcome.err
    assert names(here) == ["small.yaml"]


def test_the_page_shows_what_is_written() -> None:
    page = (Path(__file__).parent.parent / "docs" / "deploy.md").read_text("utf-8")
    spec, shown = (
        re.search(f"^```{kind}\n(.*?)^```", page, re.M | re.S) for kind in ("yaml", "pbtxt")
    )
    assert spec and shown
    text = triton.config(build(graph_of(spec[1])))
    assert text == shown[1].replace("VERSION", __version__)


def test_the_first_line_says_whose_the_configuration_is() -> None:
    text = triton.config(build(graph_of(SMALL)))
    assert text.startswith(f"# netspec {__version__} wrote this file")
    assert triton.is_ours(text) and not triton.is_ours(text.partition("\n")[2])
