"""`netspec weights`: the list, and the files of seeded tensors."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from safetensors.numpy import load_file

from netspec.weights.initial import Seeded
from tests.commands import Outcome
from tests.commands import netspec as command
from tests.graphs import SMALL, graph_of


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.yaml").write_text(SMALL)
    return tmp_path


def loaded(name: str) -> dict[str, NDArray[Any]]:
    """The tensors of a file as the libraries read them."""
    if name.endswith(".safetensors"):
        return load_file(name)
    with np.load(name) as file:
        return dict(file)


TABLE = """\
tensor            shape    role       memory
--------------------------------------------
conv1.weight      4x3x3x3  weight      432 B
conv1.bias        4        bias         16 B
bn1.weight        4        scale        16 B
bn1.bias          4        shift        16 B
bn1.running_mean  4        mean         16 B
bn1.running_var   4        variance     16 B
fc1.weight        8x64     weight    2.0 KiB
fc1.bias          8        bias         32 B
fc2.weight        3x8      weight       96 B
fc2.bias          3        bias         12 B
--------------------------------------------
10 tensors: 667 parameters, 8 running statistics, 2.6 KiB in float32
"""


def test_the_list(capsys: pytest.CaptureFixture[str]) -> None:
    outcome = command(capsys, "weights", "small.yaml")
    assert (outcome.code, outcome.out) == (0, TABLE)


def test_the_list_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    outcome = command(capsys, "weights", "small.yaml", "--format", "json")
    found = json.loads(outcome.out)
    assert (outcome.code, found["name"], found["dtype"]) == (0, "small", "float32")
    assert found["totals"] == {"tensors": 10, "params": 667, "state": 8, "bytes": 4 * 675}
    assert found["tensors"][4] == {
        "name": "bn1.running_mean",
        "shape": [4],
        "role": "mean",
        "learned": False,
        "bytes": 16,
    }


@pytest.mark.parametrize("net", ["resnet18", "alexnet"])
def test_its_totals_are_those_of_check(capsys: pytest.CaptureFixture[str], net: str) -> None:
    ours = json.loads(command(capsys, "weights", net, "--format", "json").out)["totals"]
    (theirs,) = json.loads(command(capsys, "check", net, "--format", "json").out)["specs"]
    assert ours["params"] == theirs["totals"]["params"]
    assert ours["bytes"] == theirs["totals"]["weight_bytes"]


def test_a_net_without_weights(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    (folder / "plain.yaml").write_text("netspec: 1\nname: p\ninput: 3\nnet: INPUT -> RELU\n")
    outcome = command(capsys, "weights", "plain.yaml")
    assert outcome.out.endswith("\n0 tensors: 0 parameters, 0 B in float32\n")
    for name in ("w.safetensors", "w.npz"):
        assert command(capsys, "weights", "plain.yaml", "--init", name).code == 0
    assert loaded("w.safetensors") == loaded("w.npz") == {}


@pytest.mark.parametrize("name", ["w.safetensors", "w.npz", "W.NPZ"])
def test_seeded_ones_are_written(capsys: pytest.CaptureFixture[str], name: str) -> None:
    outcome = command(capsys, "weights", "small.yaml", "--init", name, "--seed", "7")
    assert (outcome.code, outcome.out) == (0, "")
    assert outcome.err.endswith(f"netspec: wrote {name}: random weights of seed 7, 2.6 KiB\n")
    found = loaded(name)
    seeded = Seeded(graph_of(SMALL), 7)
    assert set(found) == {n for n, _ in graph_of(SMALL).all_weights()}
    for tensor, values in found.items():
        np.testing.assert_array_equal(values, seeded.read(tensor))


def test_what_is_written_compiles_to_the_bytes_of_the_seed(
    capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    pytest.importorskip("onnx")
    assert command(capsys, "weights", "small.yaml", "--init", "w.npz", "--seed", "7").code == 0
    assert command(capsys, "compile", "small.yaml", "--weights", "w.npz", "-o", "a.onnx").code == 0
    assert command(capsys, "compile", "small.yaml", "--seed", "7", "-o", "b.onnx").code == 0
    assert (folder / "a.onnx").read_bytes() == (folder / "b.onnx").read_bytes()


def refused(outcome: Outcome, code: int, message: str, folder: Path) -> None:
    assert outcome.code == code and message in outcome.err, outcome
    assert (folder / "small.yaml").read_text().startswith(SMALL)
    assert not list(folder.glob(".*"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--init", "w.pth"), "--init writes .safetensors or .npz, not w.pth"),
        (("--init", "w"), "--init writes .safetensors or .npz, not w"),
        (("--init", "no/w.npz"), "there is no folder no"),
        (("--init", "folder.npz"), "is a folder; --init takes a file"),
        (("--init", "small.npz"), "--init small.npz would overwrite what is read"),
        (("--seed", "3"), "--seed is that of --init"),
        (("--seed", "-1", "--init", "w.npz"), "--seed"),
        (("--format", "csv"), "--format"),
    ],
)
def test_what_cannot_be_is_refused(
    capsys: pytest.CaptureFixture[str], folder: Path, arguments: tuple[str, ...], message: str
) -> None:
    (folder / "folder.npz").mkdir()
    (folder / "small.npz").write_bytes(b"weights")
    (folder / "small.yaml").write_text(SMALL + "weights: small.npz\n")
    outcome = command(capsys, "weights", "small.yaml", *arguments)
    refused(outcome, 2, message, folder)
    assert (folder / "small.npz").read_bytes() == b"weights"


def test_a_shard_is_not_overwritten(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    (folder / "small.yaml").write_text(SMALL + "weights: w.safetensors.index.json\n")
    (folder / "w-1.safetensors").write_bytes(b"shard")
    outcome = command(capsys, "weights", "small.yaml", "--init", "w-1.safetensors")
    refused(outcome, 2, "--init w-1.safetensors would overwrite what is read", folder)
    assert (folder / "w-1.safetensors").read_bytes() == b"shard"


def test_a_rejected_spec_and_one_that_is_not_there(
    capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    (folder / "bad.yaml").write_text("netspec: 1\nname: b\ninput: 3\nnet: INPUT -> NO\n")
    assert command(capsys, "weights", "bad.yaml", "--init", "w.npz").code == 1
    assert command(capsys, "weights", "none.yaml").code == 2
    assert not (folder / "w.npz").exists()
