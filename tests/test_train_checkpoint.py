"""Checkpoints: what is read is what was written, to the bit; a process that ends while it writes
leaves the old one whole; another run's, a foreign or a damaged file is refused by name.
"""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
from collections.abc import Callable
from dataclasses import fields, replace
from math import nan
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from netspec.machine.errors import UnusableError
from netspec.text.training import OPTIMIZERS, SCHEDULES, DataPath, Training, chosen
from netspec.train.checkpoint import Checkpoint, Progress, read_checkpoint, write_checkpoint
from netspec.train.fingerprint import fingerprint
from netspec.train.origin import Origin
from netspec.train.records import EpochRecord
from netspec.train.schedules import rate_at
from netspec.weights.initial import FloatArray
from netspec.weights.safetensor import SafetensorsFile
from tests.graphs import SMALL, graph_of
from tests.test_faults import REASONS, Faults

SHAPES: dict[str, tuple[int, ...]] = {
    "conv1.weight": (3, 2, 2),
    "conv1.weight/momentum": (3, 2, 2),
    "bn1.mean": (3,),
    "prelu1.slope": (),
}
WEIGHTS = tuple(name for name in SHAPES if "/" not in name)


def origin(training: Training | None = None, net: str = SMALL, **other: Any) -> Origin:
    said = {"data": "samples", "device": "cpu"} | other
    return Origin.of(graph_of(net), training or Training(), **said)


def numbers(seed: int, names: tuple[str, ...] = (*SHAPES,)) -> dict[str, FloatArray]:
    """State with numbers of all kinds: NaN and its payload, infinity, -0, the smallest."""
    random = np.random.default_rng(seed)
    bits = {name: random.integers(0, 2**32, SHAPES[name], dtype=np.uint32) for name in names}
    bits["conv1.weight"].flat[:5] = (0x7FC00001, 0xFFC12345, 0x7F800000, 0x80000000, 1)
    return {name: np.asarray(array).view(np.float32) for name, array in bits.items()}


def epoch(number: int, loss: float | None = 0.5) -> EpochRecord:
    return EpochRecord(number, 0.001, nan, 0.1 + 0.2, loss, None, 2.1, 1438)


def checkpoint(epochs: int = 3, best: int | None = 2) -> Checkpoint:
    records = tuple(epoch(number) for number in range(1, epochs + 1))
    progress = Progress(origin(), 45 * epochs, records, best, 65536.0, 17)
    return Checkpoint(numbers(1), progress, None if best is None else numbers(2, WEIGHTS))


def read(path: Path, now: Origin | None = None) -> Checkpoint:
    return read_checkpoint(path, now or origin(), SHAPES)


def same(one: Checkpoint, other: Checkpoint) -> bool:
    def told(of: Checkpoint) -> object:
        parts = (of.state, of.best or {})
        return repr(of.progress), [
            {name: (a.shape, a.tobytes()) for name, a in sorted(part.items())} for part in parts
        ]

    return told(one) == told(other)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run.safetensors"


# what is read is what was written


@pytest.mark.parametrize("best", [None, 2])
def test_to_the_bit(path: Path, best: int | None) -> None:
    written = checkpoint(best=best)
    write_checkpoint(path, written)
    assert same(read(path), written)
    assert (read(path).progress.epoch, read(path).progress.step) == (3, 135)
    first = path.read_bytes()
    write_checkpoint(path, read(path))
    assert path.read_bytes() == first


def test_the_best_weights_are_not_written_twice(path: Path) -> None:
    written = checkpoint(best=3)
    written = replace(written, best={name: written.state[name] for name in WEIGHTS})
    write_checkpoint(path, written)
    assert set(SafetensorsFile(path).stored) == set(SHAPES)
    assert same(read(path), written)


def test_the_library_reads_it_and_writes_the_same(path: Path) -> None:
    library = pytest.importorskip("safetensors.numpy")
    safe_open = pytest.importorskip("safetensors").safe_open
    written = checkpoint()
    write_checkpoint(path, written)
    tensors = library.load_file(path)
    assert written.best is not None
    best = {f"best/{name}": array for name, array in written.best.items()}
    expected = {**written.state, **best}
    assert tensors.keys() == expected.keys()
    assert all(tensors[name].tobytes() == expected[name].tobytes() for name in expected)
    with safe_open(path, "np") as file:
        metadata = file.metadata()
    assert library.save(tensors, metadata) == path.read_bytes()


# whenever the process ends, there is a whole checkpoint


@REASONS
def test_whatever_fails_leaves_the_old_one(path: Path, reason: int) -> None:
    old, new = checkpoint(2, best=1), checkpoint(3)
    for at in range(1, 100):
        write_checkpoint(path, old)
        faults = Faults(at, reason)
        try:
            with faults.in_place():
                write_checkpoint(path, new)
        except UnusableError as error:
            assert error.message == f"cannot write {path}: {os.strerror(reason)}"
            assert same(read(path), old)
        else:
            assert same(read(path), new)
        assert list(path.parent.iterdir()) == [path]
        if not faults.struck:
            assert at > 10
            return
    raise AssertionError("there is no end of things to refuse")


KILLED = """
import numpy, os, sys
from pathlib import Path
from tests.test_train_checkpoint import checkpoint
from netspec.train.checkpoint import write_checkpoint
def die(*_, **__): os.kill(os.getpid(), 9)
places = {"write": (numpy, "ascontiguousarray"), "fsync": (os, "fsync"), "replace": (os, "replace")}
setattr(*places[sys.argv[2]], die)
write_checkpoint(Path(sys.argv[1]), checkpoint(3))
"""


@pytest.mark.parametrize("moment", ["write", "fsync", "replace"])
def test_a_killed_process_leaves_the_old_one(path: Path, moment: str) -> None:
    old = checkpoint(2, best=1)
    write_checkpoint(path, old)
    done = subprocess.run([sys.executable, "-c", KILLED, path, moment], check=False)
    assert done.returncode == -9
    assert same(read(path), old)


# what is refused


def refused(path: Path, now: Origin | None = None) -> UnusableError:
    with pytest.raises(UnusableError) as caught:
        read(path, now)
    assert str(path) in caught.value.message and caught.value.message.isprintable()
    return caught.value


def test_a_truncated_file(path: Path) -> None:
    write_checkpoint(path, checkpoint())
    whole = path.read_bytes()
    for length in range(0, len(whole), 7):
        path.write_bytes(whole[:length])
        assert "not a complete safetensors file" in refused(path).message
    assert refused(path).help == "begin again in another folder, -o names it"
    weights = path.with_name("weights.safetensors")
    weights.touch()
    assert f"; {weights} is kept, and --weights takes it" in str(refused(path).help)
    path.write_bytes(whole + b"\0")
    assert "after the last tensor" in refused(path).message


def test_a_foreign_file(path: Path) -> None:
    library = pytest.importorskip("safetensors.numpy")
    assert "no such file" in refused(path).message
    path.write_bytes(b"\x80\x04 a pickle")
    assert "not a complete safetensors file" in refused(path).message
    for metadata in (None, {"format": "pt"}):
        library.save_file(numbers(1), path, metadata)
        error = refused(path)
        assert "these are tensors, but no checkpoint of `netspec train`" in error.message
        assert error.help == "--resume takes a checkpoint; --weights starts from weights"


@pytest.mark.parametrize(
    "change",
    [
        lambda said: said.pop("form"),
        lambda said: said.update(form=2),
        lambda said: said.update(step=-1),
        lambda said: said.update(step="many"),
        lambda said: said.update(steady=1.5),
        lambda said: said.update(colour="blue"),
        lambda said: said.update(best_epoch=4),
        lambda said: said.update(best_epoch=0),
        lambda said: said.update(loss_scale=0),
        lambda said: said.update(loss_scale="large"),
        lambda said: said.update(loss_scale=nan),
        lambda said: said.update(records={}),
        lambda said: said.update(records=said["records"][1:]),
        lambda said: said["records"][1].pop("rate"),
        lambda said: said.update(origin=None),
        lambda said: said["origin"].update(settings=["adam"]),
        lambda said: said["origin"]["settings"].update(rate=1),
        lambda said: said["origin"].update(data=None),
    ],
)
def test_metadata_that_are_none(path: Path, change: Callable[[Any], Any]) -> None:
    write_checkpoint(path, checkpoint())
    rewrite(path, change)
    refused(path)


def rewrite(path: Path, change: Callable[[Any], Any]) -> None:
    """Change what a checkpoint says of itself."""
    content = path.read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + length])
    said = json.loads(header["__metadata__"]["netspec_checkpoint"])
    change(said)
    header["__metadata__"]["netspec_checkpoint"] = json.dumps(said)
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + content[8 + length :])


@pytest.mark.parametrize(
    ("shapes", "reason"),
    [
        ({"fc1.bias": (3,)}, "fc1.bias is missing"),
        ({"bn1.mean": (4,)}, "bn1.mean is F32 3, this run's is F32 4"),
        ({"prelu1.slope": (1,)}, "prelu1.slope is F32 scalar, this run's is F32 1"),
    ],
)
def test_tensors_of_another_run(
    path: Path, shapes: dict[str, tuple[int, ...]], reason: str
) -> None:
    write_checkpoint(path, checkpoint(best=3))
    with pytest.raises(UnusableError, match=reason):
        read_checkpoint(path, origin(), SHAPES | shapes)
    fewer = {name: SHAPES[name] for name in SHAPES if name != "bn1.mean"}
    with pytest.raises(UnusableError, match=r"bn1\.mean is no tensor of this run"):
        read_checkpoint(path, origin(), fewer)


MOMENTUM = chosen(OPTIMIZERS, "momentum")


@pytest.mark.parametrize(
    ("now", "told"),
    [
        (
            {"training": Training(optimizer=MOMENTUM)},
            "optimizer adam, now momentum; "
            "rate 0.001 (the default of adam), now 0.01 (the default of momentum)",
        ),
        (
            {"training": Training(optimizer=chosen(OPTIMIZERS, "adam", beta1=0.5))},
            "optimizer beta1 0.9, now 0.5",
        ),
        (
            {"training": Training(rate=0.01, seed=1)},
            "rate 0.001 (the default of adam), now 0.01; seed 0, now 1",
        ),
        ({"net": SMALL.replace("CONV(4", "CONV(5")}, "another net (its layers differ)"),
        ({"data": "others"}, "another data (the samples differ)"),
        ({"frozen": ["b", "a"]}, "frozen none, now a, b"),
    ],
)
def test_a_run_that_differs(path: Path, now: dict[str, Any], told: str) -> None:
    write_checkpoint(path, checkpoint())
    error = refused(path, origin(**now))
    assert error.message == f"{path}: it was trained with {told}"
    assert error.help == "train as before, or begin again in another folder, -o names it"


def test_a_default_that_is_written_out_makes_no_other_run() -> None:
    assert origin(Training(rate=0.001)) == origin()


def test_what_makes_no_other_run(path: Path) -> None:
    write_checkpoint(path, checkpoint())
    elsewhere = DataPath(Path("elsewhere.npz"), None, None)
    training = Training(epochs=99, early_stopping=3, data=elsewhere, test=elsewhere)
    now = origin(training, "# a comment\n" + SMALL, device="cuda:0")
    assert read(path, now).progress.origin.other_versions(now) == ("device cpu, now cuda:0",)


@pytest.mark.parametrize("name", SCHEDULES)
def test_epochs_make_another_run_where_rates_depend_on_them(name: str) -> None:
    short, long = (Training(schedule=chosen(SCHEDULES, name), epochs=epochs) for epochs in (20, 40))
    rates = [[rate_at(at, 1.0, done, [1.0] * done) for done in range(20)] for at in (short, long)]
    differ = origin(short).differences(origin(long))
    assert differ == (() if rates[0] == rates[1] else ("epochs 20, now 40",))


def test_every_other_setting_makes_another_run() -> None:
    other: dict[str, Any] = {
        "split": 0.5,
        "loss": MOMENTUM,
        "optimizer": MOMENTUM,
        "schedule": chosen(SCHEDULES, "step"),
        "augment": (chosen(SCHEDULES, "step"), MOMENTUM),
        "init": MOMENTUM,
        "precision": "bfloat16",
    }
    free = {"data", "validation", "test", "epochs", "early_stopping"}
    for field in fields(Training):
        if field.name not in free:
            now = Training(**{field.name: other.get(field.name, 7)})
            assert origin(now) != origin() and origin().differences(origin(now)), field.name


# samples are known again


class Samples:
    """A set of samples in memory."""

    def __init__(self, x: Any, targets: Any, classes: tuple[str, ...] = ("a", "b")) -> None:
        self.x, self.targets, self.classes = np.asarray(x, np.float32), np.asarray(targets), classes
        self.shape = self.x.shape[1:]

    def __len__(self) -> int:
        return len(self.x)

    def read(self, indices: Any, random: object) -> Any:
        assert random is None
        return self.x[indices]


def test_samples_have_a_fingerprint() -> None:
    x, y = np.arange(300.0).reshape(100, 3), np.arange(100) % 2
    known = fingerprint(Samples(x, y), None)
    assert known == fingerprint(Samples(x.copy(), y), None)
    others = [
        (Samples(x, y),),
        (Samples(x, y), Samples(x, y)),
        (None, Samples(x, y)),
        (Samples(x[:-1], y[:-1]), None),
        (Samples(x, 1 - y), None),
        (Samples(x, y, ("b", "a")), None),
        (Samples(x + 1, y), None),
        (Samples(x.reshape(100, 3, 1), y), None),
    ]
    made = [fingerprint(*sets) for sets in others]
    assert len({known, *made}) == 1 + len(made)
