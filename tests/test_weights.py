"""Weights: seeded ones by He and Glorot, and those of files, the bad ones as well."""

from __future__ import annotations

import io
import pickle
import zipfile
from math import sqrt
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from numpy.typing import NDArray
from safetensors.numpy import save_file

from netspec.graph import Graph
from netspec.machine.errors import UnusableError
from netspec.weights import initial
from netspec.weights.initial import FloatArray, Seeded, before_rectifiers
from netspec.weights.renaming import rename
from netspec.weights.values import choose_values
from tests.graphs import SMALL, all_values, graph_of

Tensors = dict[str, NDArray[Any]]


def no_warning(message: str) -> None:
    raise AssertionError(message)


def seeded(graph: Graph, seed: int = 0) -> dict[str, FloatArray]:
    return all_values(graph, Seeded(graph, seed))


def save(path: Path, tensors: Tensors) -> Path:
    if path.suffix == ".npz":
        np.savez(path, allow_pickle=False, **tensors)
    else:
        save_file(tensors, path)
    return path


@pytest.fixture
def graph() -> Graph:
    return graph_of(SMALL)


@pytest.fixture
def right(graph: Graph) -> Tensors:
    return dict(seeded(graph, 5))


def test_he_before_rectifiers_glorot_elsewhere() -> None:
    net = "INPUT -> FC(300) -> BN -> RELU -> FC(500) -> TANH -> FC(200)"
    text = f"netspec: 1\nname: n\ninput: 400\nnet: {net}\n"
    values = seeded(graph_of(text))

    assert values["fc1.weight"].std() == pytest.approx(sqrt(2 / 400), rel=0.02)
    assert abs(values["fc1.weight"]).max() > 3 * sqrt(2 / 400)
    for name, limit in (("fc2.weight", sqrt(6 / 800)), ("fc3.weight", sqrt(6 / 700))):
        assert abs(values[name]).max() <= limit
        assert values[name].std() == pytest.approx(limit / sqrt(3), rel=0.02)
        assert abs(values[name].mean()) < limit / 50
    assert not values["fc1.bias"].any()
    assert (values["bn1.weight"] == 1).all() and (values["bn1.running_var"] == 1).all()
    assert not values["bn1.bias"].any() and not values["bn1.running_mean"].any()


@pytest.mark.parametrize(
    ("net", "rectified"),
    [
        ("CONV(4) -> BN -> POOL(2) -> RELU -> CONV(4)", {"conv1"}),
        ("CONV(4) -> CONV(4) -> PRELU", {"conv2"}),
        ("CONV(4) -> DROPOUT -> FC(3) -> SOFTMAX", set()),
        ("CONV(4) -> ADD{ | CONV(4, 1) -> SIGMOID } -> RELU", {"conv1"}),
        ("CONV(4) -> LRN -> MUL{ | CONV(4, 1) -> SIGMOID } -> RELU", {"conv1"}),
        ("CONV(4) -> TANH -> RELU", set()),
        ("CONV(4) -> ADD{ CONV(4, 1) -> RELU | CONV(4, 1) } -> RELU", {"conv2", "conv3"}),
        ("CONV(4) -> FLATTEN -> LEAKYRELU", {"conv1"}),
        ("CONV(4) -> MUL{ | CONV(4, 1) -> SOFTMAX } -> RELU", {"conv1"}),
    ],
)
def test_the_first_nonlinearity_decides(net: str, rectified: set[str]) -> None:
    graph = graph_of(f"netspec: 1\nname: n\ninput: 3x9x9\nnet: '{'INPUT -> ' + net}'\n")
    kept = {name.rpartition(".")[0] for name, w in graph.all_weights() if w.role == "weight"}
    assert before_rectifiers(graph) & kept == rectified


def test_seeded_values_depend_on_seed_and_name_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    one = seeded(
        graph_of("netspec: 1\nname: a\ninput: 700\nnet: INPUT -> FC(800) -> RELU -> FC(3)\n")
    )
    two = seeded(graph_of("netspec: 1\nname: b\ninput: 700\nnet: INPUT -> FC(800) -> RELU\n"))
    np.testing.assert_array_equal(one["fc1.weight"], two["fc1.weight"])

    monkeypatch.setattr(initial, "cores", lambda: 1)
    again = seeded(
        graph_of("netspec: 1\nname: a\ninput: 700\nnet: INPUT -> FC(800) -> RELU -> FC(3)\n")
    )
    np.testing.assert_array_equal(one["fc1.weight"], again["fc1.weight"])

    other = seeded(graph_of("netspec: 1\nname: a\ninput: 700\nnet: INPUT -> FC(800) -> RELU\n"), 1)
    assert (one["fc1.weight"] != other["fc1.weight"]).mean() > 0.99
    assert len(np.unique(one["fc1.weight"])) > 400_000, "blocks do not repeat each other"


@pytest.mark.parametrize("suffix", [".safetensors", ".npz"])
@pytest.mark.parametrize("dtype", ["float32", "float64", "float16"])
def test_files_are_read(
    tmp_path: Path, graph: Graph, right: Tensors, suffix: str, dtype: str
) -> None:
    path = save(tmp_path / f"w{suffix}", {k: v.astype(dtype) for k, v in right.items()})
    found = all_values(graph, choose_values(graph, path, warn=no_warning))
    assert list(found) == list(right)
    for name, values in found.items():
        assert values.dtype == np.float32
        np.testing.assert_array_equal(values, right[name].astype(dtype).astype(np.float32))


def test_bfloat16_is_read(tmp_path: Path, graph: Graph, right: Tensors) -> None:
    brain = {k: v.astype(ml_dtypes.bfloat16) for k, v in right.items()}
    found = all_values(graph, choose_values(graph, save(tmp_path / "w.safetensors", brain)))
    np.testing.assert_array_equal(found["fc2.weight"], brain["fc2.weight"].astype(np.float32))


def test_fortran_order_and_big_ends_are_read(tmp_path: Path, graph: Graph, right: Tensors) -> None:
    odd = right | {"fc1.weight": np.asfortranarray(right["fc1.weight"].astype(">f8"))}
    found = all_values(graph, choose_values(graph, save(tmp_path / "w.npz", odd)))
    np.testing.assert_array_equal(found["fc1.weight"], right["fc1.weight"])


@pytest.mark.parametrize("suffix", [".safetensors", ".npz"])
def test_all_faults_are_named_at_once(
    tmp_path: Path, graph: Graph, right: Tensors, suffix: str
) -> None:
    bad = dict(right)
    del bad["bn1.bias"]
    bad["fc1.weight"] = np.ascontiguousarray(bad["fc1.weight"].T)
    bad["fc2.bias"] = np.zeros(7, np.float32)
    bad["conv1.bias"] = np.zeros(4, np.int64)
    bad["fc9.weight"] = np.zeros((2, 2), np.float32)
    with pytest.raises(UnusableError) as caught:
        choose_values(graph, save(tmp_path / f"w{suffix}", bad))
    message = caught.value.message
    for part in (
        f"w{suffix} does not fit",
        "missing: bn1.bias (4)",
        "fc1.weight is 64x8, the net needs 8x64; it looks transposed",
        "fc2.bias is 7, the net needs 3",
        "conv1.bias is of type",
        "extra: fc9.weight",
    ):
        assert part in message


def test_extra_tensors_pass_when_allowed(tmp_path: Path, graph: Graph, right: Tensors) -> None:
    path = save(tmp_path / "w.npz", right | {"more": np.zeros(1, np.int64)})
    with pytest.raises(UnusableError, match="extra: more") as caught:
        choose_values(graph, path)
    assert caught.value.help == "--allow-extra leaves them out"
    assert "more" not in all_values(graph, choose_values(graph, path, allow_extra=True))


def test_values_that_are_not_finite_are_warned_of(
    tmp_path: Path, graph: Graph, right: Tensors
) -> None:
    bad = {k: v.astype(np.float64) for k, v in right.items()}
    bad["fc1.bias"][0] = np.nan
    bad["fc2.bias"][:2] = np.inf, 1e300
    said: list[str] = []
    all_values(graph, choose_values(graph, save(tmp_path / "w.npz", bad), warn=said.append))
    assert [line.partition(": ")[2] for line in said] == [
        "fc1.bias holds 1 value that is NaN or infinite",
        "fc2.bias holds 2 values that are NaN or infinite",
    ]


def test_arrays_from_memory(graph: Graph, right: Tensors) -> None:
    found = all_values(graph, choose_values(graph, right))
    np.testing.assert_array_equal(found["fc1.weight"], right["fc1.weight"])
    with pytest.raises(UnusableError, match=r"missing: conv1.weight"):
        all_values(graph, choose_values(graph, {}))


@pytest.mark.parametrize(
    ("name", "ours"),
    [
        ("features.0.weight", "conv1.weight"),
        ("features.10.bias", "conv2.bias"),
        ("head.w", "fc1.weight"),
        ("layer3.conv.weight", "conv3.weight"),
        ("a.4.b.2.weight", "stage4.bn2.weight"),
        ("features.1.weight", "features.1.weight"),
    ],
)
def test_names_are_mapped(name: str, ours: str) -> None:
    renames = {
        "features.0": "conv1",
        "features.10": "conv2",
        "head.w": "fc1.weight",
        "layer*.conv": "conv*",
        "a.*.b.*": "stage*.bn*",
    }
    assert rename(name, renames) == ours


def test_the_specs_own_file_is_used(tmp_path: Path, right: Tensors) -> None:
    theirs = {k.replace("conv1", "first"): v for k, v in right.items()}
    save(tmp_path / "w.safetensors", theirs)
    text = SMALL + "weights: {file: w.safetensors, map: {first: conv1}}\n"
    graph = graph_of(text, tmp_path)
    found = all_values(graph, choose_values(graph, seed=3))
    np.testing.assert_array_equal(found["conv1.weight"], right["conv1.weight"])


def test_two_tensors_mapped_to_one_are_refused(tmp_path: Path, right: Tensors) -> None:
    save(tmp_path / "w.npz", right | {"first.bias": right["conv1.bias"]})
    text = SMALL + "weights: {file: w.npz, map: {first: conv1}}\n"
    with pytest.raises(UnusableError, match=r"both mapped to conv1.bias"):
        choose_values(graph_of(text, tmp_path))


class Trap:
    """Leaves a file behind when it is unpickled."""

    def __reduce__(self) -> tuple[object, tuple[str, str]]:
        return open, ("pwned", "w")


@pytest.mark.parametrize("suffix", [".pth", ".pt", ".pkl", ".bin", ".PTH"])
def test_pickles_are_refused_unopened(
    tmp_path: Path, graph: Graph, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / f"it's{suffix}"
    path.write_bytes(pickle.dumps(Trap()))
    with pytest.raises(UnusableError, match="pickle") as caught:
        choose_values(graph, path)
    assert caught.value.help is not None and "save_file" in caught.value.help
    assert not (tmp_path / "pwned").exists()


def test_an_array_of_objects_is_refused_by_name(
    tmp_path: Path, graph: Graph, right: Tensors
) -> None:
    file = tmp_path / "w.npz"
    np.savez(file, **(right | {"fc2.bias": np.array([Trap()] * 3, object)}), allow_pickle=True)
    with pytest.raises(UnusableError, match=r"fc2.bias is of type objects"):
        choose_values(graph, file)


@pytest.mark.parametrize("suffix", [".safetensors", ".npz"])
@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "Git LFS pointer"),
        (b"<!DOCTYPE html><html></html>", "a web page"),
        (b"\xff" * 8 + b"{}", "not a complete"),
        (b"PK\x03\x04 hello hello hello", "not a"),
        (bytes(100), "not a"),
    ],
)
def test_files_of_another_kind_are_named(
    tmp_path: Path, graph: Graph, suffix: str, content: bytes, reason: str
) -> None:
    path = tmp_path / f"w{suffix}"
    path.write_bytes(content)
    with pytest.raises(UnusableError, match=rf"w{suffix}.*{reason}"):
        choose_values(graph, path)


@pytest.mark.parametrize("suffix", [".safetensors", ".npz"])
@pytest.mark.parametrize("share", [0.02, 0.5, 0.9, 0.999])
def test_files_that_are_cut_are_named(
    tmp_path: Path, graph: Graph, right: Tensors, suffix: str, share: float
) -> None:
    path = save(tmp_path / f"w{suffix}", right)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(UnusableError, match=f"w{suffix}.*not a complete"):
        all_values(graph, choose_values(graph, path))


def test_a_flipped_byte_in_an_npz_is_found(tmp_path: Path, graph: Graph, right: Tensors) -> None:
    path = save(tmp_path / "w.npz", right)
    content = bytearray(path.read_bytes())
    at = bytes(content).index(right["fc1.weight"].tobytes())
    content[at + 100] ^= 1
    path.write_bytes(content)
    with pytest.raises(UnusableError, match=r"fc1.weight.npy cannot be read.*CRC"):
        all_values(graph, choose_values(graph, path))


def test_two_members_of_one_name_are_refused(tmp_path: Path, graph: Graph) -> None:
    path = tmp_path / "w.npz"
    array = io.BytesIO()
    np.save(array, np.zeros(3))
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("a.npy", array.getvalue())
        with pytest.warns(UserWarning, match="Duplicate"):
            file.writestr("a.npy", array.getvalue())
    with pytest.raises(UnusableError, match="two tensors are called a"):
        choose_values(graph, path)


def test_names_are_made_printable(tmp_path: Path, graph: Graph, right: Tensors) -> None:
    path = save(tmp_path / "w.safetensors", right | {"a\x1b[31m": np.zeros(1, np.float32)})
    with pytest.raises(UnusableError, match=r"extra: a\\x1b\[31m"):
        choose_values(graph, path)


@pytest.mark.parametrize("name", ["none.safetensors", "folder.npz"])
def test_files_that_are_not_there_are_named(tmp_path: Path, graph: Graph, name: str) -> None:
    (tmp_path / "folder.npz").mkdir()
    with pytest.raises(UnusableError, match=name):
        choose_values(graph, tmp_path / name)
