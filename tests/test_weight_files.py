"""Files of tensors: the formats against the libraries that define them, shards and their indices,
memory, and files that a stranger made.
"""

from __future__ import annotations

import io
import json
import os
import random
import shlex
import struct
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from numpy.typing import NDArray
from safetensors.numpy import load_file, save, save_file

from netspec.machine.errors import UnusableError
from netspec.weights import safetensor
from netspec.weights.initial import Seeded
from netspec.weights.stored import FLOATS
from netspec.weights.values import choose_values
from netspec.weights.weightfile import open_tensors
from netspec.weights.writing import write_weights
from tests.graphs import SMALL, all_values, graph_of

Tensors = dict[str, NDArray[Any]]
#: Elements of the tensors whose memory is measured: many blocks of them.
MANY = 1 << 22
TYPES = {"F64": "f8", "F32": "f4", "F16": "f2", "BF16": ml_dtypes.bfloat16}


def some_tensors(dtype: Any) -> Tensors:
    rng = np.random.default_rng(7)
    shapes = [(), (1,), (0, 3), (300_001,), (5, 7, 2), (3, 3, 3, 3)]
    return {f"t{i}.weight": rng.normal(0, 9, s).astype(dtype) for i, s in enumerate(shapes)}


# what is read is what the libraries wrote


@pytest.mark.parametrize("kind", TYPES)
def test_safetensors_are_read_as_the_library_wrote_them(tmp_path: Path, kind: str) -> None:
    tensors = some_tensors(TYPES[kind]) | {"count": np.arange(3)}
    save_file(tensors, tmp_path / "w.safetensors", metadata={"format": "pt"})
    file = open_tensors(tmp_path / "w.safetensors")
    assert {name: at.shape for name, at in file.stored.items()} == {
        name: values.shape for name, values in tensors.items()
    }
    assert {name: at.dtype for name, at in file.stored.items()} == {
        name: "I64" if name == "count" else kind for name in tensors
    }
    for name in tensors.keys() - {"count"}:
        found = file.read(name)
        assert found.dtype == np.float32 and found.flags.c_contiguous and found.flags.writeable
        np.testing.assert_array_equal(found, tensors[name].astype(np.float32))


@pytest.mark.parametrize("write", [np.savez, np.savez_compressed])
@pytest.mark.parametrize("dtype", ["<f8", ">f8", "<f4", ">f4", "<f2"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_npz_are_read_as_numpy_wrote_them(
    tmp_path: Path, write: Callable[..., None], dtype: str, order: str
) -> None:
    tensors = {k: np.array(v, dtype, order=order) for k, v in some_tensors("f8").items()}  # type: ignore[call-overload]  # order is a str
    write(tmp_path / "w.npz", **tensors)
    file = open_tensors(tmp_path / "w.npz")
    for name, values in tensors.items():
        found = file.read(name)
        assert found.dtype == np.float32 and found.flags.c_contiguous and found.flags.writeable
        np.testing.assert_array_equal(found, values.astype(np.float32))


def test_a_large_float64_is_infinite_as_float32(tmp_path: Path) -> None:
    save_file({"a": np.array([1e300, -1e300, np.nan])}, tmp_path / "w.safetensors")
    values = open_tensors(tmp_path / "w.safetensors").read("a")
    np.testing.assert_array_equal(values, np.array([np.inf, -np.inf, np.nan], np.float32))


# memory


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("form", ["safetensors", "npz", "deflated", "fortran"])
def test_a_tensor_is_read_with_little_more_memory_than_it_takes(
    tmp_path: Path, kind: str, form: str
) -> None:
    if kind == "BF16" and form != "safetensors":
        pytest.skip("NumPy's files hold no bfloat16")
    values = (np.arange(MANY) % 1000).reshape(4, -1).astype(TYPES[kind])
    path = tmp_path / ("w.safetensors" if form == "safetensors" else "w.npz")
    if form == "safetensors":
        save_file({"a": values}, path)
    elif form == "deflated":
        np.savez_compressed(path, a=values)
    else:
        np.savez(path, a=np.asfortranarray(values) if form == "fortran" else values)
    file = open_tensors(path)
    tracemalloc.start()
    try:
        found = file.read("a")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    np.testing.assert_array_equal(found, values.astype(np.float32))
    assert peak < 1.3 * found.nbytes


@pytest.mark.parametrize("suffix", [".safetensors", ".npz"])
def test_seeded_weights_are_written_with_one_in_memory(tmp_path: Path, suffix: str) -> None:
    graph = graph_of("netspec: 1\nname: n\ninput: 2048\nnet: INPUT -> [FC(2048)]*5\n")
    largest = max(4 * weight.numel for _, weight in graph.all_weights())
    write_weights(graph_of(SMALL), Seeded(graph_of(SMALL)), suffix, io.BytesIO())  # imports
    tracemalloc.start()
    try:
        with (tmp_path / "w").open("wb") as file:
            write_weights(graph, Seeded(graph), suffix, file)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 1.3 * largest


# what is written is what the libraries read


def test_safetensors_are_written_as_the_library_writes_them() -> None:
    graph = graph_of(SMALL)
    values = Seeded(graph, 3)
    written = io.BytesIO()
    write_weights(graph, values, ".safetensors", written)
    assert written.getvalue() == save({name: values.read(name) for name, _ in graph.all_weights()})


def test_npz_are_written_as_numpy_reads_them() -> None:
    graph = graph_of(SMALL)
    values = Seeded(graph, 3)
    once, again = io.BytesIO(), io.BytesIO()
    write_weights(graph, values, ".npz", once)
    write_weights(graph, values, ".npz", again)
    assert once.getvalue() == again.getvalue()
    once.seek(0)
    found = np.load(once)
    assert found.files == [name for name, _ in graph.all_weights()]
    for name in found.files:
        np.testing.assert_array_equal(found[name], values.read(name))


def test_a_header_that_could_not_be_read_again_is_not_written(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(safetensor, "MAX_HEADER_BYTES", 100)
    graph, file = graph_of(SMALL), io.BytesIO()
    with pytest.raises(UnusableError, match="too long to read") as caught:
        write_weights(graph, Seeded(graph), ".safetensors", file)
    assert caught.value.help == "write an .npz file"
    assert not file.getvalue()


# shards


def save_shards(folder: Path, shards: dict[str, Tensors], **edits: object) -> Path:
    """Shards and an index of them, whose `weight_map` the edits change."""
    for name, tensors in shards.items():
        save_file(tensors, folder / name)
    listed = {name: file for file, tensors in shards.items() for name in tensors}
    index = {"metadata": {"total_size": 1}, "weight_map": listed | edits}
    path = folder / "model.safetensors.index.json"
    path.write_text(json.dumps(index))
    return path


def two_shards(dtype: Any = "f4") -> dict[str, Tensors]:
    tensors = some_tensors(dtype)
    names = sorted(tensors)
    return {
        "model-00001-of-00002.safetensors": {name: tensors[name] for name in names[:3]},
        "model-00002-of-00002.safetensors": {name: tensors[name] for name in names[3:]},
    }


@pytest.mark.parametrize("kind", TYPES)
def test_shards_are_read_as_one_file(tmp_path: Path, kind: str) -> None:
    shards = two_shards(TYPES[kind])
    file = open_tensors(save_shards(tmp_path, shards))
    tensors = {name: values for shard in shards.values() for name, values in shard.items()}
    assert list(file.stored) == list(tensors)
    for name, values in tensors.items():
        np.testing.assert_array_equal(file.read(name), values.astype(np.float32))


def test_a_spec_may_name_an_index(tmp_path: Path) -> None:
    tensors: Tensors = dict(all_values(graph_of(SMALL), Seeded(graph_of(SMALL), 4)))
    names = list(tensors)
    shards = {
        "w-1.safetensors": {name: tensors[name] for name in names[:4]},
        "w-2.safetensors": {name: tensors[name] for name in names[4:]},
    }
    path = save_shards(tmp_path, shards)
    graph = graph_of(SMALL + f"weights: {path.name}\n", tmp_path)
    for name, values in all_values(graph, choose_values(graph)).items():
        np.testing.assert_array_equal(values, tensors[name])


def test_a_value_that_is_not_finite_names_the_index(tmp_path: Path) -> None:
    tensors = all_values(graph_of(SMALL))
    tensors["fc1.bias"][1] = np.nan
    path = save_shards(tmp_path, {"w-1.safetensors": dict(tensors)})
    said: list[str] = []
    all_values(graph_of(SMALL), choose_values(graph_of(SMALL), path, warn=said.append))
    assert said == [f"{path}: fc1.bias holds 1 value that is NaN or infinite"]


def test_what_the_index_does_not_list_is_left_out(tmp_path: Path) -> None:
    shards = two_shards()
    path = save_shards(tmp_path, shards)
    save_file({"stray": np.zeros(3, "f4")} | shards["model-00001-of-00002.safetensors"],
              tmp_path / "model-00001-of-00002.safetensors")  # fmt: skip
    assert "stray" not in open_tensors(path).stored


def test_a_cache_of_links_is_read(tmp_path: Path) -> None:
    """As the Hugging Face Hub keeps them: links to blobs that lie side by side."""
    if os.name != "posix":
        pytest.skip("links")
    blobs, snapshot = tmp_path / "blobs", tmp_path / "snapshots" / "1"
    blobs.mkdir()
    snapshot.mkdir(parents=True)
    path = save_shards(blobs, two_shards())
    for at, file in enumerate(sorted(blobs.iterdir())):
        file.rename(blobs / f"{at}")
        (snapshot / file.name).symlink_to(Path("../../blobs") / f"{at}")
    assert len(open_tensors(snapshot / path.name).stored) == 6


def test_a_link_that_leads_elsewhere_is_refused(tmp_path: Path) -> None:
    if os.name != "posix":
        pytest.skip("links")
    folder = tmp_path / "model"
    folder.mkdir()
    path = save_shards(folder, two_shards())
    shard = folder / "model-00002-of-00002.safetensors"
    shard.rename(tmp_path / "elsewhere.safetensors")
    shard.symlink_to(tmp_path / "elsewhere.safetensors")
    with pytest.raises(UnusableError, match=r"index\.json: model-00002.*leads out"):
        open_tensors(path)


@pytest.mark.parametrize(
    ("edits", "message"),
    [
        ({"x": "model-00003-of-00003.safetensors"}, "missing beside it: model-00003-of-00003"),
        ({"x": "model-00001-of-00002.safetensors"}, "not there: x in model-00001-of-00002"),
        ({"x": "../model-00001-of-00002.safetensors"}, "is no file beside the index"),
        ({"x": "/etc/passwd"}, "is no file beside the index"),
        ({"x": "a\\b.safetensors"}, "is no file beside the index"),
        ({"x": "C:w.safetensors"}, "is no file beside the index"),
        ({"x": "w\0.safetensors"}, r"w\\x00.safetensors is no file"),
        ({"x": "w" * 300 + ".safetensors"}, "is no file beside the index"),
        ({"x": ".."}, "is no file beside the index"),
        ({"x": ""}, "is no file beside the index"),
        ({"x": "\ud800.safetensors"}, r"missing beside it: \\ud800"),
        ({"x": "model-00001.npz"}, "is no .safetensors file"),
        ({"x": "pytorch_model-00001.bin"}, "may be a pickle"),
        ({"x": 3}, "leads to other than names"),
        ({"x": ["model-00001-of-00002.safetensors"]}, "leads to other than names"),
    ],
)
def test_an_index_that_leads_astray_is_refused(
    tmp_path: Path, edits: dict[str, object], message: str
) -> None:
    with pytest.raises(UnusableError, match=message):
        open_tensors(save_shards(tmp_path, two_shards(), **edits))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{}", "has a `weight_map`"),
        ("[]", "has a `weight_map`"),
        ('{"weight_map": {}}', "has a `weight_map`"),
        ('{"weight_map": []}', "has a `weight_map`"),
        ("{", "no index"),
        ("[" * 100_000, "no index"),
        ('{"weight_map": {"a": "b", "a": "c"}}', "'a' stands there twice"),
        ("\xff", "no index"),
        ("", "is empty"),
        ("version https://git-lfs.github.com/spec/v1\n", "Git LFS pointer"),
        ("9" * 5000, "no index"),
    ],
)
def test_an_index_that_is_none_is_refused(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "w.safetensors.index.json"
    path.write_bytes(content.encode("latin-1"))
    with pytest.raises(UnusableError, match=rf"w\.safetensors\.index\.json.*{message}"):
        open_tensors(path)


def test_a_huge_index_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("netspec.weights.sharded.MAX_INDEX_BYTES", 50)
    with pytest.raises(UnusableError, match="an index of more than 50 bytes"):
        open_tensors(save_shards(tmp_path, two_shards()))


# names


def test_a_folder_names_the_file_that_may_be_meant(tmp_path: Path) -> None:
    with pytest.raises(UnusableError, match="is a folder") as caught:
        open_tensors(tmp_path)
    assert caught.value.help is None
    index = save_shards(tmp_path, two_shards())
    with pytest.raises(UnusableError, match="is a folder") as caught:
        open_tensors(tmp_path)
    assert caught.value.help == f"such as {index}"


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("resnet5.safetensors", "resnet50.safetensors"),
        ("resnet50.npz", "resnet50.safetensors"),
        ("resnet50.h5", "resnet50.safetensors"),
        ("resnet50", "resnet50.safetensors"),
        ("vgg.safetensors", None),
    ],
)
def test_a_near_name_is_named(tmp_path: Path, name: str, near: str | None) -> None:
    (tmp_path / "resnet50.safetensors").write_bytes(b"")
    (tmp_path / "notes.txt").write_bytes(b"")
    with pytest.raises(UnusableError, match=name) as caught:
        open_tensors(tmp_path / name)
    assert caught.value.help == (None if near is None else f"did you mean {tmp_path / near}?")


@pytest.mark.parametrize("name", ["w.h5", "w.onnx", "w.json", "w.npy", "w.gguf", "w"])
def test_other_formats_are_refused_by_name(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"w")
    suffix = Path(name).suffix or "this"
    with pytest.raises(UnusableError, match=rf"are \.safetensors, .*or \.npz, not {suffix}$"):
        open_tensors(tmp_path / name)


# pickles


def checkpoints() -> dict[str, object]:
    """What people save: the tensors alone, or below a key beside the state of the training."""
    torch = pytest.importorskip("torch")
    shared = torch.arange(24.0).reshape(6, 4)
    state = {
        "fc.weight": shared,
        "tied.weight": shared,
        "part": shared[1:3],
        "turned": shared.t(),
        "repeated": torch.ones(1, 4).expand(3, 4),
        "stepped": torch.arange(10.0)[::2],
        "learned": torch.nn.Parameter(torch.ones(2, 2)),
        "half": torch.ones(3).bfloat16(),
        "bn.num_batches_tracked": torch.tensor(3),
    }
    about = {"epoch": 3, "best": torch.tensor(0.5), "optimizer": {"state": {0: {"step": 1.0}}}}
    return {
        "plain": state,
        "state_dict": {**about, "state_dict": state},
        "model_state_dict": {**about, "model_state_dict": state},
        "model": {**about, "model": state, "args": None},
    }


@pytest.mark.parametrize("form", ["plain", "state_dict", "model_state_dict", "model"])
def test_the_line_that_converts_a_pickle_does(tmp_path: Path, form: str) -> None:
    torch = pytest.importorskip("torch")
    path = tmp_path / "it's $5.pth"
    torch.save(checkpoints()[form], path)
    with pytest.raises(UnusableError, match="may be a pickle") as caught:
        open_tensors(path)
    assert caught.value.help is not None
    line = shlex.split(caught.value.help.partition("convert it once: ")[2])
    assert line[:2] == ["python", "-c"] and len(line) == 3
    exec(line[2], {})

    file = open_tensors(path.with_suffix(".safetensors"))
    state: Any = checkpoints()["plain"]
    assert set(file.stored) == set(state)
    for name, values in state.items():
        if values.is_floating_point():
            np.testing.assert_array_equal(file.read(name), values.detach().float().numpy())


# strangers


def packed(header: object, data: bytes = b"") -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def tensor(start: Any, stop: Any, shape: Any = (1,), dtype: Any = "F32") -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [start, stop]}


@pytest.mark.parametrize(
    "content",
    [
        packed([]),
        packed(b" {}"),
        packed(b"{} {}"),
        packed({"a": 3}),
        packed({"a": {}}),
        packed({"a": tensor(0, 4) | {"more": 1}}, bytes(4)),
        packed({"a": tensor(0, 4), "b": tensor(0, 4)}, bytes(4)),
        packed({"a": tensor(0, 4), "b": tensor(2, 6)}, bytes(6)),
        packed({"a": tensor(4, 8)}, bytes(8)),
        packed({"a": tensor(0, 4), "b": tensor(8, 12)}, bytes(12)),
        packed({"a": tensor(-4, 0)}, bytes(4)),
        packed({"a": tensor(4, 0)}, bytes(4)),
        packed({"a": tensor(4, 0, dtype="NEW")}, bytes(4)),
        packed({"a": tensor(0, 4)}, bytes(3)),
        packed({"a": tensor(0, 4)}, bytes(5)),
        packed({"a": tensor(0, 8)}, bytes(8)),
        packed({"a": tensor(0, 4, [-1, -1])}, bytes(4)),
        packed({"a": tensor(0, 4, [True])}, bytes(4)),
        packed({"a": tensor(0, 4, [1.0])}, bytes(4)),
        packed({"a": tensor(0, 4, [1] * 65)}, bytes(4)),
        packed({"a": tensor(0, 0, [0, 2**64])}),
        packed({"a": tensor(0, 4, "1")}, bytes(4)),
        packed({"a": tensor(0, 4, None)}, bytes(4)),
        packed({"a": tensor(0, 4, dtype=1)}, bytes(4)),
        packed({"a": tensor(False, True, [], "U8")}, bytes(1)),
        packed({"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4, 8]}}, bytes(8)),
        packed(b'{"a": {"dtype":"F32","shape":[1],"data_offsets":[0,4]},'
               b' "a": {"dtype":"F32","shape":[1],"data_offsets":[4,8]}}', bytes(8)),
        packed(b'{"a": {"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}', bytes(4)),
        packed(b'{"a": {"dtype":"F32","shape":[' + b"9" * 5000 + b'],"data_offsets":[0,4]}}'),
        packed(b'{"a":' * 100_000),
        packed(b"[" * 100_000),
        packed(b"\xff{}"),
        packed(b""),
        b"\0" * 7,
    ],
)  # fmt: skip
def test_a_header_that_lies_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "w.safetensors"
    path.write_bytes(content)
    with pytest.raises(UnusableError, match=r"w\.safetensors: not a (complete )?safetensors file"):
        open_tensors(path)


def test_names_that_a_header_uses_itself_are_tensors(tmp_path: Path) -> None:
    tensors = {name: np.full(2, at, "f4") for at, name in enumerate(("dtype", "shape"))}
    tensors["data_offsets"] = np.ones(3, "f4")
    save_file(tensors, tmp_path / "w.safetensors")
    assert set(open_tensors(tmp_path / "w.safetensors").stored) == set(tensors)


def mutated(content: bytes, dice: random.Random) -> bytes:
    """The file with a few bytes flipped, cut out, doubled, or set to what matters in it."""
    made = bytearray(content)
    for _ in range(dice.randint(1, 4)):
        at = dice.randrange(len(made))
        match dice.randrange(5):
            case 0:
                made[at] ^= 1 << dice.randrange(8)
            case 1:
                del made[at : at + dice.randint(1, 40)]
            case 2:
                made[at:at] = made[at : at + dice.randint(1, 40)]
            case 3:
                made[at] = dice.choice(b'"{}[]:,-0189\\\xff\0')
            case 4:
                del made[at:]
        if not made:
            return b"\0"
    return bytes(made)


@pytest.mark.parametrize("suffix", [".safetensors", ".npz", ".index.json"])
def test_damaged_files_are_read_or_refused(tmp_path: Path, suffix: str) -> None:
    """Whatever the bytes: the values that the library reads as well, or a sentence."""
    tensors: Tensors = {f"layer{i}.weight": np.arange(i + 1, dtype="f4") for i in range(6)}
    path = tmp_path / f"w{suffix}"
    if suffix == ".index.json":
        save_shards(tmp_path, {"a.safetensors": tensors}).rename(path)
    elif suffix == ".npz":
        np.savez_compressed(path, allow_pickle=False, **tensors)
    else:
        save_file(tensors, path)
    content, read = path.read_bytes(), 0
    for seed in range(1500):
        path.write_bytes(mutated(content, random.Random(seed)))
        try:
            file = open_tensors(path)
            found = {n: file.read(n) for n, at in file.stored.items() if at.dtype in FLOATS}
        except UnusableError as error:
            assert str(path) in error.message or "safetensors" in error.message
            continue
        read += bool(found)
        if suffix == ".safetensors":
            if not set(TYPES) >= {at.dtype for at in file.stored.values()}:
                continue  # a type that the library does not know yet
            theirs = load_file(path)
            for name, values in found.items():
                np.testing.assert_array_equal(values, theirs[name].astype("f4"))
    assert 0 < read < 1500


def test_an_archive_of_another_packing_is_refused(tmp_path: Path) -> None:
    """bz2 and lzma inflate a block to whatever size at once; NumPy writes neither."""
    with zipfile.ZipFile(tmp_path / "w.npz", "w", zipfile.ZIP_BZIP2) as file:
        file.writestr("a.npy", bytes(100))
    with pytest.raises(UnusableError, match=r"a\.npy cannot be read: it is packed as NumPy"):
        open_tensors(tmp_path / "w.npz")


def test_an_array_header_of_gigabytes_is_refused_unread(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "w.npz", "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("a.npy", b"\x93NUMPY\x02\x00" + struct.pack("<I", 2**32 - 1) + bytes(1 << 24))
    tracemalloc.start()
    try:
        with pytest.raises(UnusableError, match="a header of 4294967295 bytes"):
            open_tensors(tmp_path / "w.npz")
        assert tracemalloc.get_traced_memory()[1] < 1 << 21
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("packing", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_an_array_that_promises_terabytes_is_refused_before_there_is_room_for_it(
    tmp_path: Path, packing: int
) -> None:
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": "<f4", "fortran_order": False, "shape": (1 << 50,)}
    )
    with zipfile.ZipFile(tmp_path / "w.npz", "w", packing) as file:
        file.writestr("a.npy", header.getvalue() + bytes(4000))
        file.filelist[0].file_size = 1 << 53
    with pytest.raises(UnusableError, match=r"a\.npy cannot be read: at most \d{3,6} bytes where"):
        open_tensors(tmp_path / "w.npz").read("a")


def test_the_directory_of_an_archive_has_a_bound(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrays: Tensors = {f"a{i}": np.zeros(1) for i in range(50)}
    np.savez(tmp_path / "w.npz", allow_pickle=False, **arrays)
    monkeypatch.setattr("netspec.weights.npz.MAX_HEADER_BYTES", 1000)
    with pytest.raises(UnusableError, match=r"not a complete \.npz file"):
        open_tensors(tmp_path / "w.npz")
