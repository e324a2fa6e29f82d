"""`netspec compile`: the file that it writes, and all that keeps it from writing one."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import TypeAlias

import numpy as np
import onnx
import pytest
from safetensors.numpy import save_file

from netspec.onnxgen import model as models
from netspec.weights.initial import Seeded
from tests.commands import Outcome, netspec
from tests.graphs import SMALL, all_values, graph_of

#: `netspec compile small.yaml ARGUMENTS`.
Run: TypeAlias = Callable[..., Outcome]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "small.yaml").write_text(SMALL)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run(here: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    return lambda *arguments: netspec(capsys, "compile", "small.yaml", *arguments)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_model_of_the_specs_name(here: Path, run: Run) -> None:
    outcome = run()
    assert outcome.code == 0 and outcome.out == ""
    assert "random (seed 0)" in outcome.err and "small.onnx" in outcome.err
    onnx.checker.check_model("small.onnx", full_check=True)
    assert names(here) == ["small.onnx", "small.yaml"]


def test_options_reach_the_model(here: Path, run: Run) -> None:
    assert run("-o", "m.onnx", "--batch", 4, "--opset", 22, "--dtype", "float16").code == 0
    model = onnx.load("m.onnx")
    kind = model.graph.input[0].type.tensor_type
    assert kind.shape.dim[0].dim_value == 4
    assert kind.elem_type == onnx.TensorProto.FLOAT  # at the edges
    assert model.graph.initializer[0].data_type == onnx.TensorProto.FLOAT16
    assert model.opset_import[0].version == 22


def test_the_seed_decides_the_bytes(here: Path, run: Run) -> None:
    contents = []
    for seed in (7, 7, 8):
        assert run("-o", "m.onnx", "--seed", seed).code == 0
        contents.append((here / "m.onnx").read_bytes())
    assert contents[0] == contents[1] != contents[2]


def test_settings_change_the_net(here: Path, run: Run) -> None:
    assert run("--set", "name=other", "--set", "output.labels=[a, b, c]").code == 0
    assert (here / "other.onnx").exists()


def test_weights_of_a_file(here: Path, run: Run) -> None:
    weights = all_values(graph := graph_of(SMALL), Seeded(graph, 9))
    save_file(weights, "w.safetensors")
    outcome = run("--weights", "w.safetensors")
    assert outcome.code == 0 and "random" not in outcome.err
    found = {
        t.name: onnx.numpy_helper.to_array(t) for t in onnx.load("small.onnx").graph.initializer
    }
    np.testing.assert_array_equal(found["fc1.weight"], weights["fc1.weight"])

    weights["fc2.bias"][0] = np.nan
    save_file(weights | {"more": np.zeros(1, np.float32)}, "w.safetensors")
    outcome = run("--weights", "w.safetensors")
    assert outcome.code == 2 and "extra: more" in outcome.err
    outcome = run("--weights", "w.safetensors", "--allow-extra")
    assert outcome.code == 0 and "fc2.bias holds 1 value" in outcome.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--opset", "999"], "21, 22, 23"),
        (["--opset", "21", "--dtype", "bfloat16"], "22, 23"),
        (["--seed", "abc"], "integer"),
        (["--seed", "-1"], "x>=0"),
        (["--batch", "0"], "x>=1"),
        (["--dtype", "int4"], "float16"),
        (["-o", "no/such/m.onnx"], "no/such"),
        (["-o", "."], "folder"),
        (["-o", "small.yaml"], "overwrite"),
        (["-o", "w.npz", "--weights", "w.npz"], "overwrite"),
        (["--weights", "none.npz"], "none.npz"),
        (["--weights", "w.pth"], "safetensors"),
    ],
)
def test_what_cannot_be_done_is_said_and_nothing_changes(
    here: Path, run: Run, arguments: list[str], said: str
) -> None:
    (here / "small.onnx").write_text("older")
    (here / "w.npz").write_text("older")
    before = {path: path.read_text() for path in here.iterdir()}
    outcome = run(*arguments)
    assert outcome.code == 2 and said in outcome.err
    assert {path: path.read_text() for path in here.iterdir()} == before


def test_a_rejected_spec_is_exit_1(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "bad.yaml").write_text(SMALL.replace("CONV(4, 3", "CONV(4, 30"))
    outcome = netspec(capsys, "compile", "bad.yaml")
    assert outcome.code == 1 and "window" in outcome.err
    assert names(here) == ["bad.yaml", "small.yaml"]


@pytest.mark.parametrize("ending", [KeyboardInterrupt, OSError(28, "No space left on device")])
def test_an_end_while_writing_leaves_the_older_model(
    here: Path,
    run: Run,
    ending: BaseException | type[BaseException],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (here / "small.onnx").write_text("older")

    def fail(*_: object) -> None:
        raise ending

    monkeypatch.setattr(models, "write_inside", fail)
    assert run().code == (130 if ending is KeyboardInterrupt else 2)
    assert names(here) == ["small.onnx", "small.yaml"]
    assert (here / "small.onnx").read_text() == "older"


def test_a_net_is_optimised_unless_it_is_to_stay_as_it_is_written(here: Path, run: Run) -> None:
    assert run("-o", "m.onnx").code == run("-o", "plain.onnx", "--no-optimise").code == 0
    model, plain = onnx.load("m.onnx").graph, onnx.load("plain.onnx").graph
    assert "BatchNormalization" not in {node.op_type for node in model.node}
    assert "BatchNormalization" in {node.op_type for node in plain.node}
    assert {"conv1", "bn1", "fc2", "output"} <= {
        name for node in plain.node for name in node.output
    }
    for graph in (model, plain):
        assert {"conv1.weight", "conv1.bias"} <= {tensor.name for tensor in graph.initializer}


def test_large_weights_go_beside(here: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "EXTERNAL_ABOVE", 100)
    assert run("-o", "m.onnx").code == 0
    assert names(here) == ["m.onnx", "m.onnx.data", "small.yaml"]
    onnx.checker.check_model("m.onnx", full_check=True)

    before = (here / "m.onnx").read_bytes(), (here / "m.onnx.data").read_bytes()
    monkeypatch.setattr(models, "write_tensor", lambda *_: 1 / 0)
    assert run("-o", "m.onnx").code == 101
    assert ((here / "m.onnx").read_bytes(), (here / "m.onnx.data").read_bytes()) == before


def test_weights_beyond_the_disk_are_refused(
    here: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: SimpleNamespace(free=10))
    outcome = run()
    assert outcome.code == 2 and "10 bytes free" in outcome.err


def test_missing_libraries_are_named_with_both_lines(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    outcome = run()
    assert outcome.code == 2 and "`compile` needs onnx" in outcome.err
    for extra in ("cpu", "gpu"):
        assert f"pip install 'netspec-compiler[{extra}]'" in outcome.err
