"""`netspec train`: samples in, a folder of weights out; what it refuses, and what it leaves when it
is ended early.
"""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

np = pytest.importorskip("numpy")
pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")
pytest.importorskip("ml_dtypes")
Image = pytest.importorskip("PIL.Image")

from netspec.cli import train_folder
from netspec.machine.errors import UnusableError
from netspec.text.training import INITS, chosen
from netspec.train.selection import select
from netspec.weights.initial import Seeded
from netspec.weights.safetensor import SafetensorsFile, write_safetensors
from tests.commands import Outcome, environment
from tests.commands import netspec as run_netspec
from tests.graphs import graph_of

Run = Callable[..., Outcome]

#: A net with state, noise, and a section that a run is judged by.
NET = """
netspec: 1
name: net
input: 4
net: INPUT -> FC(8, bias=no) -> BN -> RELU -> DROPOUT(0.2) -> FC(units)
where: {units: 3}
train: {data: flowers.csv, split: 0.2, optimizer: momentum, rate: 0.05, epochs: 3, batch: 16}
"""
PICTURES = """
netspec: 1
name: shades
input: {shape: 1x8x8, image: {resize: 8, crop: 8}}
net: INPUT -> CONV(4, 3) -> RELU -> POOL -> FC(2) -> SOFTMAX
train:
  {data: pictures, test: pictures, augment: [flip, {name: crop, pad: 1}], epochs: 8, batch: 4,
   rate: 0.02}
"""
FILES = ["checkpoint.safetensors", "log.jsonl", "model.onnx", "weights.safetensors"]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a spec and a table of flowers."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    (tmp_path / "net.yaml").write_text(NET)
    rows = (Path(__file__).parent.parent / "specs" / "iris.csv").read_text()
    (tmp_path / "flowers.csv").write_text(rows)
    return tmp_path


@pytest.fixture
def run(here: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    return lambda *arguments: run_netspec(capsys, "train", *arguments)


def tensors(path: Path) -> dict[str, Any]:
    file = SafetensorsFile(path)
    return {name: file.read(name) for name in file.stored}


def records(folder: Path) -> list[dict[str, Any]]:
    """The lines of a log, but for what a clock says."""
    lines = (folder / "log.jsonl").read_text().splitlines()
    return [{k: v for k, v in json.loads(line).items() if k != "seconds"} for line in lines]


def same_run(one: Path, other: Path) -> bool:
    """Whether two folders have the same to the bit."""
    first, second = (tensors(folder / "checkpoint.safetensors") for folder in (one, other))
    return (
        first.keys() == second.keys()
        and all(first[name].tobytes() == second[name].tobytes() for name in first)
        and records(one) == records(other)
        and all((one / f).read_bytes() == (other / f).read_bytes() for f in FILES[2:])
    )


def save(path: Path, arrays: dict[str, Any]) -> None:
    with path.open("wb") as file:
        shapes = [(name, array.shape) for name, array in arrays.items()]
        write_safetensors(shapes, arrays.__getitem__, file)


# a run


def test_iris_is_learned_by_one_command(
    here: Path, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    done = run("iris", "--epochs", "30")
    assert done.code == 0, done.err
    assert sorted(path.name for path in (here / "iris.train").iterdir()) == FILES
    lines = done.out.splitlines()
    assert lines[0].startswith("validation: loss 0.")
    assert float(lines[1].split()[1].rstrip("%:")) >= 90
    assert lines[3].split() == ["setosa", "versicolor", "virginica", "recall", "precision"]
    assert "iris: 131 parameters to learn\n120 samples to learn from, 30 held out" in done.err
    assert "begins with random weights of seed 0" in done.err
    assert "epoch 30/30" in done.err
    assert [record["epoch"] for record in records(here / "iris.train")] == [*range(1, 31)]
    np.save("flower.npy", np.array([5.1, 3.5, 1.4, 0.2], np.float32))
    weights = here / "iris.train" / "weights.safetensors"
    answer = run_netspec(capsys, "run", "iris", "flower.npy", "--weights", weights)
    assert answer.code == 0 and "setosa" in answer.out.splitlines()[1], answer


def test_the_model_is_what_compile_makes_of_the_weights(
    here: Path, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "net.yaml").write_text(NET + "output: {labels: [setosa, versicolor, virginica]}")
    done = run("net.yaml", "-o", "out")
    assert done.code == 0 and "names the classes" not in done.err, done.err
    compiled = run_netspec(
        capsys, "compile", "net.yaml", "--weights", "out/weights.safetensors", "-o", "c.onnx"
    )
    assert compiled.code == 0
    assert (here / "c.onnx").read_bytes() == (here / "out" / "model.onnx").read_bytes()


def test_pictures_in_class_folders_and_pictures_of_the_run(here: Path, run: Run) -> None:
    pytest.importorskip("matplotlib")
    (here / "net.yaml").write_text(PICTURES)
    random = np.random.default_rng(0)
    for name, low in (("dark", 0), ("light", 150)):
        (here / "pictures" / name).mkdir(parents=True)
        for at in range(6):
            pixels = random.integers(low, low + 100, (8, 8), np.uint8)
            Image.fromarray(pixels).save(here / "pictures" / name / f"{at}.png")
    done = run("net.yaml", "-o", "out", "--plot")
    assert done.code == 0, done.err
    assert "12 samples to learn from, 12 to test; 2 classes" in done.err
    assert done.out.startswith("test: loss")
    assert "100.0%: 12 of 12 samples" in done.out
    assert done.out.splitlines()[3].split() == ["dark", "light", "recall", "precision"]
    names = sorted(path.name for path in (here / "out").iterdir())
    assert names == sorted([*FILES, "curves.svg", "confusion.svg"])
    for name in ("curves.svg", "confusion.svg"):
        assert (here / "out" / name).read_text().rstrip().endswith("</svg>")
    (here / "pictures" / "dark" / "0.png").write_bytes(b"\x89PNG\r\n\x1a\n broken")
    broken = run("net.yaml", "-o", "other")
    assert broken.code == 2 and "pictures/dark/0.png" in broken.err, broken.err
    assert not (here / "other").exists()


def test_values_are_learned_too(here: Path, run: Run) -> None:
    x = np.random.default_rng(0).normal(size=(64, 4)).astype(np.float32)
    np.savez("values.npz", x=x, y=x @ np.ones((4, 3), np.float32))
    said = ("--data", "values.npz", "--test", "values.npz", "--split", "0", "--epochs", "2")
    done = run("net.yaml", "-o", "out", *said)
    assert done.code == 0, done.err
    assert done.out.startswith("test: loss") and len(done.out.splitlines()) == 1
    assert "squared-error, momentum, rate 0.05, batches of 16, 2 epochs" in done.err
    assert records(here / "out")[1]["accuracy"] is None
    assert "those of the last epoch" in done.err


def test_names_of_classes_go_into_the_model(
    here: Path, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    done = run("net.yaml", "-o", "out", "--epochs", "1")
    line = 'output: {labels: ["setosa", "versicolor", "virginica"]}'
    assert done.code == 0 and done.err.endswith(f"the spec does not yet: {line}\n"), done.err
    np.save("flower.npy", np.array([5.1, 3.5, 1.4, 0.2], np.float32))
    answer = run_netspec(capsys, "run", "out/model.onnx", "flower.npy")
    assert answer.code == 0 and "virginica" in answer.out, answer
    (here / "net.yaml").write_text(f"{NET}{line}\n")
    weights = ("--weights", "out/weights.safetensors")
    assert "virginica" in run_netspec(capsys, "run", "net.yaml", "flower.npy", *weights).out
    np.savez("two.npz", x=np.zeros((6, 4), np.float32), y=np.arange(6) % 3)
    (here / "net.yaml").write_text(NET)
    numbers = run("net.yaml", "-o", "numbers", "--data", "two.npz", "--epochs", "1")
    assert numbers.code == 0 and "names the classes" not in numbers.err, numbers.err


def test_one_hot_values_are_learned_as_classes_are(here: Path, run: Run) -> None:
    x = np.random.default_rng(0).normal(size=(64, 4)).astype(np.float32)
    np.savez("hot.npz", x=x, y=np.eye(3)[np.argmax(x[:, :3], axis=1)])
    soft = np.full((64, 3), 1 / 3)
    np.savez("soft.npz", x=x, y=soft)
    said = ("net.yaml", "--data", "hot.npz", "--split", "0", "--epochs", "1")
    done = run(*said, "-o", "out", "--test", "soft.npz")
    assert done.code == 0, done.err
    assert "\ncross-entropy (targets are one-hot), momentum" in done.err
    assert records(here / "out")[0]["accuracy"] is not None
    other = run(*said, "-o", "squared", "--loss", "squared-error")
    assert "\nsquared-error, momentum" in other.err
    assert "\nsquared-error, momentum" in run(*said, "-o", "soft", "--data", "soft.npz").err


def test_a_class_with_a_single_sample_is_named(here: Path, run: Run) -> None:
    rows = (here / "flowers.csv").read_text().splitlines()[:102]
    (here / "flowers.csv").write_text("\n".join(rows))
    told = "one sample alone is of class virginica: it is learned from, not held out"
    assert told in run("net.yaml", "--epochs", "1").err


def test_one_output_tells_two_classes_apart(here: Path, run: Run) -> None:
    x = np.random.default_rng(0).normal(size=(64, 4)).astype(np.float32)
    np.savez("two.npz", x=x, y=(x[:, 0] > 0).astype(np.int64))
    said = ("--data", "two.npz", "--test", "two.npz", "--set", "where.units=1", "--epochs", "20")
    done = run("net.yaml", "-o", "out", *said)
    assert done.code == 0, done.err
    assert "binary-cross-entropy" in done.err
    _, accuracy, _, _, *rows = done.out.splitlines()
    right, of = (int(word) for word in accuracy.split() if word.isdecimal())
    assert right >= 58 and of == 64
    diagonal = int(rows[0].split()[1]) + int(rows[1].split()[-3])
    assert diagonal == right


def test_without_other_samples_nothing_is_judged(here: Path, run: Run) -> None:
    done = run("net.yaml", "--split", "0", "--epochs", "1")
    assert done.code == 0 and done.out == ""
    assert "120" not in done.err and "150 samples to learn from; 3 classes" in done.err


# flags


def test_flags_override_the_section_and_set_overrides_flags(here: Path, run: Run) -> None:
    done = run(
        *("net.yaml", "-o", "out", "--epochs", "9", "--set", "train.epochs=2", "--rate", "1e-3"),
        *("--optimizer", "{name: adam, beta1: 0.8}", "--schedule", "exponential"),
        *("--batch", "50", "--weight-decay", "0.1", "--l2", "1e-3", "--clip", "1", "--warmup", "1"),
        *("--seed", "4", "--init", "lecun", "--loss", "{name: cross-entropy, smoothing: 0.1}"),
        *("--precision", "float32", "--early-stopping", "7"),
    )
    assert done.code == 0, done.err
    assert "adam, rate 0.001 (exponential), batches of 50, 2 epochs" in done.err
    said = SafetensorsFile(here / "out" / "checkpoint.safetensors").metadata
    settings = json.loads(said["netspec_checkpoint"])["origin"]["settings"]
    assert settings["optimizer beta1"] == "0.8" and settings["loss smoothing"] == "0.1"
    chosen_ = ("weight_decay", "l2", "clip", "warmup", "seed", "init", "batch")
    assert [settings[key] for key in chosen_] == ["0.1", "0.001", "1.0", "1.0", "4", "lecun", "50"]


def test_paths_of_flags_are_those_of_the_shell_and_those_of_specs_the_specs(
    here: Path, run: Run
) -> None:
    (here / "inside").mkdir()
    (here / "net.yaml").rename(here / "inside" / "net.yaml")
    assert "inside/flowers.csv: no such file" in run("inside/net.yaml").err
    assert run("inside/net.yaml", "--data", "flowers.csv", "--epochs", "1").code == 0
    other = run("inside/net.yaml", "--data", "flowers.csv", "--test", "no.csv", "-o", "other")
    assert "netspec: no.csv: no such file" in other.err


def test_the_target_of_a_table(here: Path, run: Run) -> None:
    table = (here / "flowers.csv").read_text().replace("species", "kind of flower", 1)
    (here / "flowers.csv").write_text(table)
    assert "no column says by its name" in run("net.yaml").err
    said = ("net.yaml", "--target", "kind of flower", "--epochs", "1", "--test", "flowers.csv")
    assert run(*said).code == 0
    spec = NET.replace("flowers.csv", '{file: flowers.csv, target: "kind of flower"}')
    (here / "net.yaml").write_text(spec)
    np.savez("two.npz", x=np.zeros((6, 4), np.float32), y=np.arange(6) % 3)
    for flag in ("--data", "--test"):  # whose file has no columns
        done = run("net.yaml", flag, "two.npz", "-o", f"out{flag}", "--epochs", "1")
        assert "a column" not in done.err and done.code == (0 if flag == "--data" else 2), done.err
    wrong = run("net.yaml", "--data", "two.npz", "--target", "kind", "-o", "other")
    assert wrong.code == 2 and "this is no CSV file" in wrong.err


@pytest.mark.parametrize(
    ("said", "code", "message"),
    [
        (("--rate", "0"), 1, "`rate` must be a number above 0, found `0`\n --> --rate:1:1"),
        (("--optimizer", "adma"), 1, "did you mean `adam`?"),
        (("--optimizer", "["), 2, "--optimizer: the value cannot be read"),
        (("--augment", "flip"), 1, "`augment` changes pictures, but the input is 4 features"),
        (("--split", "0", "--early-stopping", "2"), 1, " --> --early-stopping:1:1"),
        (("--data", "no.npz"), 2, "no.npz: no such file"),
        (("--set", "train={}"), 2, "there is nothing to learn from\n  = help: --data names"),
        (("--validation", "two.npz"), 2, "two.npz: its class 0 is 0; of the samples that are le"),
        (("--test", "values.npz"), 2, "its targets are values; those that are learned are clas"),
        (("--loss", "cross-entropy", "--set", "where.units=1"), 2, "the net has"),
        (("--precision", "bfloat16"), 2, "use float16 or float32"),
        (("--freeze", "fc7"), 2, "no layer fits `fc7`\n  = help: did you mean `fc1`?"),
        (("--freeze", "*"), 2, "--freeze leaves no layer to learn"),
        (("--reinit", "fc1"), 2, "--reinit draws layers anew that a file has weights for"),
        (("--weights", "w.safetensors"), 2, "fc2.weight is 5x8, the net needs 3x8"),
        (("--weights", "w.safetensors"), 2, "= help: --reinit fc2 draws anew what is of another"),
        (("--weights", "no.safetensors"), 2, "no.safetensors: no such file"),
        (("--map", "map.yaml"), 2, "--map is for the names of a file: say which with --weights"),
        (("--device", "tensorrt"), 2, "TensorRT does not train; there are auto, cpu, cuda"),
        (("--device", "gpu"), 2, "'gpu' is not one of auto, cpu, cuda, cuda:N.\n"),
        (("--sanity", "--resume"), 2, "--sanity trains nothing"),
        (("-o", "net.yaml"), 2, "net.yaml is a file; -o takes the folder of a run"),
        (("-o", "no/where"), 2, "cannot write no/where: there is no folder no"),
        (("-o", "begun"), 2, "begun/checkpoint.safetensors: a run was begun here\n  = help: --re"),
        (("-o", "done"), 2, "done/weights.safetensors: a run was begun here\n  = help: -o names"),
        (("--resume", "--weights", "w.safetensors"), 2, "--resume goes on with the weights of"),
        (
            ("-o", "mine", "--weights", "mine/weights.safetensors"),
            2,
            "mine/weights.safetensors: a run was begun here",
        ),
        (("-o", "begun", "--resume"), 2, "begun/checkpoint.safetensors: not a complete"),
    ],
)
def test_what_it_refuses(
    here: Path, run: Run, said: tuple[str, ...], code: int, message: str
) -> None:
    x = np.zeros((6, 4), np.float32)
    np.savez("two.npz", x=x, y=np.arange(6) % 2)
    np.savez("values.npz", x=x, y=np.zeros((6, 3), np.float32))
    save(here / "w.safetensors", other_weights())
    for name in ("begun/checkpoint", "done/weights", "mine/weights"):
        (here / name).parent.mkdir()
        (here / f"{name}.safetensors").touch()
    done = run("net.yaml", *said)
    assert done.code == code, done.err
    assert message in done.err
    assert done.out == "" and not (here / "net.train").exists()


def test_a_class_without_a_sample_is_named(here: Path, run: Run) -> None:
    rows = (here / "flowers.csv").read_text().splitlines()[:101]
    (here / "flowers.csv").write_text("\n".join(rows))
    (here / "net.yaml").write_text(NET + "output: {labels: [setosa, versicolor, virginica]}")
    assert "no sample to learn from is of class virginica" in run("net.yaml", "--epochs", "1").err


def test_the_checks_alone(here: Path, run: Run) -> None:
    well = run("net.yaml", "--sanity")
    assert well.code == 0 and "loss at the start" in well.err, well.err
    assert run("net.yaml", "--sanity", "--init", "zero").code == 1
    assert not (here / "net.train").exists()


# ends, and what comes after them


@pytest.mark.parametrize("said", [(), ("--optimizer", "adam", "--schedule", "plateau")])
def test_a_run_that_goes_on_has_the_bytes_of_an_unbroken_one(
    here: Path, run: Run, said: tuple[str, ...]
) -> None:
    assert run("net.yaml", "-o", "whole", "--epochs", "6", *said).code == 0
    assert run("net.yaml", "-o", "parts", "--epochs", "4", *said).code == 0
    done = run("net.yaml", "-o", "parts", "--epochs", "6", "--resume", *said)
    assert done.code == 0 and "parts/checkpoint.safetensors has epoch 4" in done.err, done.err
    assert "epoch 5/6" in done.err and "epoch 4/6" not in done.err
    assert same_run(here / "whole", here / "parts")


#: Trains, and is killed in the third epoch: as the step before the last of these begins.
KILLED = """
import os, signal, sys
from netspec.cli import main
from netspec.train import checkpoint, fit, log
def killing(module, name):
    real, calls = getattr(module, name), []
    def until(*arguments, **more):
        calls.append(None)
        if len(calls) == 3:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*arguments, **more)
    setattr(module, name, until)
places = {"evaluate": fit, "add": log.EpochLog, "write_checkpoint": checkpoint}
killing(places[sys.argv[1]], sys.argv[1])
sys.argv[:] = ["netspec", "train", "net.yaml", "-o", "killed"]
main.main()
"""


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize("moment", ["evaluate", "add", "write_checkpoint"])
def test_a_run_that_is_killed_goes_on_to_the_same_bytes(here: Path, run: Run, moment: str) -> None:
    argv = [sys.executable, "-c", KILLED, moment]
    killed = subprocess.run(argv, env=environment(), capture_output=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed
    assert not (here / "killed" / "weights.safetensors").exists()
    assert run("net.yaml", "-o", "killed", "--resume").code == 0
    assert run("net.yaml", "-o", "whole").code == 0
    assert same_run(here / "whole", here / "killed")


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_run_that_is_ended_leaves_its_last_epoch(
    here: Path,
    run: Run,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    number: signal.Signals,
    code: int,
) -> None:
    end_in_epoch(monkeypatch, 3, number)
    done = run("net.yaml", "-o", "out")
    assert done.code == code, done.err
    left = "out/checkpoint.safetensors has epoch 2; --resume goes on from it, and --weights takes"
    assert left in done.err
    assert sorted(path.name for path in (here / "out").iterdir()) == FILES[:2]
    np.save("flower.npy", np.ones(4, np.float32))
    checkpoint = ("--weights", "out/checkpoint.safetensors")
    assert run_netspec(capsys, "run", "net.yaml", "flower.npy", *checkpoint).code == 0
    monkeypatch.undo()
    monkeypatch.chdir(here)
    assert run("net.yaml", "-o", "out", "--resume").code == 0
    assert run("net.yaml", "-o", "whole").code == 0
    assert same_run(here / "whole", here / "out")


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_a_run_without_an_epoch_leaves_nothing(
    here: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    end_in_epoch(monkeypatch, 1, signal.SIGINT)
    assert run("net.yaml").code == 130
    assert not (here / "net.train").exists()


def end_in_epoch(monkeypatch: pytest.MonkeyPatch, epoch: int, number: signal.Signals) -> None:
    """Have a signal sent when so many epochs are done, before the last is kept."""
    keep = train_folder.Keeper.epoch

    def ended(self: train_folder.Keeper, record: Any) -> None:
        if record.epoch == epoch:
            os.kill(os.getpid(), number)
        keep(self, record)

    monkeypatch.setattr(train_folder.Keeper, "epoch", ended)


def test_a_run_that_is_done_is_not_trained_again(here: Path, run: Run) -> None:
    first = run("net.yaml")
    before = {path.name: path.read_bytes() for path in (here / "net.train").iterdir()}
    (here / "net.train" / "model.onnx").unlink()
    again = run("net.yaml", "--resume")
    assert again.code == 0 and again.out == first.out, again.err
    assert "all 3 epochs are done; a larger --epochs goes on" in again.err
    assert {path.name: path.read_bytes() for path in (here / "net.train").iterdir()} == before


def test_a_run_goes_on_with_what_it_was_begun_with(here: Path, run: Run) -> None:
    assert run("net.yaml", "--freeze", "fc1", "--set", "train.epochs=1").code == 0
    other = run("net.yaml", "--resume", "--seed", "1", "--batch", "8")
    assert other.code == 2
    assert "batch 16, now 8; seed 0, now 1; frozen fc1, now none" in other.err
    assert "batches of" not in other.err  # as if that were how it goes on
    nets = run("net.yaml", "--resume", "--freeze", "fc1", "--set", "net=INPUT -> [FC(3)]*2")
    assert nets.code == 2 and "another net (its layers differ)" in nets.err


def test_defaults_that_are_written_out_go_on(here: Path, run: Run) -> None:
    assert run("net.yaml", "--optimizer", "adam", "--rate", "0.001").code == 0
    (here / "net.yaml").write_text(NET.replace("rate: 0.05, ", "").replace("momentum", "adam"))
    done = run("net.yaml", "--resume", "--loss", "cross-entropy", "--epochs", "4")
    assert done.code == 0 and "adam, rate 0.001, batches of 16, 4 epochs" in done.err, done.err


def test_adamw_without_decay_is_told(here: Path, run: Run) -> None:
    told = "adamw without weight_decay is adam"
    assert told in run("net.yaml", "--sanity", "--optimizer", "adamw").err
    said = ("--sanity", "--optimizer", "adamw", "--weight-decay", "0.01")
    assert told not in run("net.yaml", *said).err


def test_resume_without_a_run_is_refused(here: Path, run: Run) -> None:
    done = run("net.yaml", "--resume", "--epochs", "1")
    assert done.code == 2 and done.out == ""
    assert "there is no net.train/checkpoint.safetensors to go on from" in done.err
    assert "= help: without --resume a run begins" in done.err
    assert not (here / "net.train").exists()


def test_a_folder_that_takes_no_files_is_found_first(
    here: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*arguments: object, **more: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(train_folder, "TemporaryDirectory", full)
    done = run("net.yaml", "-o", "out")
    assert done.code == 2 and "loss at the start" not in done.err
    assert "cannot write out: no file can be made in . (No space left on device)" in done.err


def test_a_disk_without_room_is_found_first(
    here: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=500))
    done = run("net.yaml", "-o", "out")  # of 75 parameters and 16 numbers of state
    assert done.code == 2 and "samples" not in done.err
    taken = 4 * (2 * 75 + 16)
    assert f"netspec: out: a checkpoint takes {taken} bytes; . has 500 bytes free" in done.err


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="a file system of no files")
def test_a_place_that_is_no_place(here: Path, run: Run) -> None:
    done = run("net.yaml", "-o", "/proc/foo")
    assert done.code == 2 and "sgd" not in done.err
    assert "netspec: cannot write /proc/foo: no file can be made in /proc\n" in done.err


def test_early_stopping_keeps_the_best(here: Path, run: Run) -> None:
    said = ("--epochs", "50", "--early-stopping", "3", "--rate", "0.3", "--optimizer", "adam")
    done = run("net.yaml", "-o", "out", *said)
    assert done.code == 0
    losses = [record["validation_loss"] for record in records(here / "out")]
    best = losses.index(min(losses)) + 1
    assert len(losses) == best + 3 < 50
    assert f"stopped after epoch {best + 3}: none was better than epoch {best}" in done.err
    assert f"the weights are those of epoch {best}, the best" in done.err
    held, used = tensors(here / "out" / "checkpoint.safetensors"), "out/weights.safetensors"
    for name, array in tensors(here / used).items():
        assert array.tobytes() == held[f"best/{name}"].tobytes() != held[name].tobytes()


def test_a_loss_beyond_all_numbers_ends_the_run(here: Path, run: Run) -> None:
    assert run("net.yaml", "-o", "out", "--epochs", "2").code == 0
    before = (here / "out" / "checkpoint.safetensors").read_bytes()
    table = (here / "flowers.csv").read_text().replace("5.1,3.5", "3e38,3e38")
    (here / "flowers.csv").write_text(table)
    done = run("net.yaml", "--split", "0", "--set", "net=INPUT -> FC(9) -> FC(3)", "--rate", "1e9")
    assert done.code == 3, done.err
    assert "a lower --rate, --clip 1 or --warmup 1 may help" in done.err
    assert not (here / "net.train").exists()
    assert (here / "out" / "checkpoint.safetensors").read_bytes() == before


def test_weights_beyond_all_numbers_are_not_kept(
    here: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    from netspec.train.trainer import Trainer

    current = Trainer.current

    def strange(self: Trainer) -> dict[str, Any]:
        found = current(self)
        if self.steps > 16:
            found["fc2.bias"][2] = np.nan
        return found

    monkeypatch.setattr(Trainer, "current", strange)
    done = run("net.yaml", "-o", "out")
    assert done.code == 3
    assert "fc2.bias holds NaN or infinity after epoch 3" in done.err
    assert "help: out/checkpoint.safetensors has epoch 2; --weights takes it" in done.err
    assert len(records(here / "out")) == 2


# transfer


def other_weights(**more: Any) -> dict[str, Any]:
    """Weights of the net with five classes."""
    seeded = Seeded(graph_of(NET.replace("units: 3", "units: 5")), 7)
    found = {name: seeded.read(name) for name, _ in seeded.graph.all_weights()}
    return found | more


#: A run whose weights stay as they were at its start, where no statistics run.
STILL = ("--optimizer", "sgd", "--rate", "1e-30", "--epochs", "1", "--split", "0", "-o", "out")


def test_layers_are_drawn_anew_and_the_others_taken_from_the_file(here: Path, run: Run) -> None:
    save(here / "w.safetensors", other_weights())
    said = ("--weights", "w.safetensors", "--reinit", "fc2", "--init", "lecun", "--seed", "3")
    done = run("net.yaml", *STILL, *said, "--freeze", "bn1", "--show-mapping")
    assert done.code == 0, done.err
    assert "begins with the weights of w.safetensors, but for fc2" in done.err
    assert ["(drawn", "anew)", "3x8", "fc2.weight"] in [x.split() for x in done.err.splitlines()]
    new = Seeded(graph_of(NET), 3, chosen(INITS, "lecun"))
    given = other_weights()
    for name, array in tensors(here / "out" / "weights.safetensors").items():
        expected = new.read(name) if name.startswith("fc2") else given[name]
        assert np.abs(array - expected).max() < 1e-25, name


def test_names_of_pytorch_are_known_where_layers_are_drawn_anew(here: Path, run: Run) -> None:
    ours = other_weights()
    names = {"fc1": "body.0", "bn1": "body.1", "fc2": "head"}
    theirs = {f"{names[n.split('.')[0]]}.{n.split('.')[1]}": a for n, a in ours.items()}
    save(here / "w.safetensors", theirs)
    refused = run("net.yaml", *STILL, "--weights", "w.safetensors")
    assert refused.code == 2 and "extra: head.weight (5x8)" in refused.err
    said = ("--weights", "w.safetensors", "--reinit", "fc2", "--freeze", "bn1")
    assert run("net.yaml", *STILL, *said).code == 0
    found = tensors(here / "out" / "weights.safetensors")
    assert found["fc1.weight"].tobytes() == ours["fc1.weight"].tobytes()
    assert found["fc2.weight"].shape == (3, 8)


def test_frozen_layers_stay_to_the_bit(here: Path, run: Run) -> None:
    begin = Seeded(graph_of(NET), 0)
    done = run("net.yaml", "-o", "out", "--freeze", "fc1..bn1", "--epochs", "2")
    assert done.code == 0, done.err
    assert "27 parameters to learn, 48 frozen" in done.err
    found = tensors(here / "out" / "checkpoint.safetensors")
    slots = {name for name in found if name.endswith("/momentum")}
    assert slots == {"fc2.weight/momentum", "fc2.bias/momentum"}
    for name, _ in begin.graph.all_weights():
        same = found[name].tobytes() == begin.read(name).tobytes()
        assert same == name.startswith(("fc1", "bn1")), name


def test_the_weights_that_a_spec_names_are_not_begun_with(here: Path, run: Run) -> None:
    (here / "net.yaml").write_text(NET + "weights: none.safetensors\n")
    done = run("net.yaml", "--epochs", "1")
    assert done.code == 0 and "begins with random weights of seed 0" in done.err


# patterns


@pytest.mark.parametrize(
    ("patterns", "found"),
    [
        (["fc1"], {"fc1"}),
        (["fc*"], {"fc1", "fc2"}),
        (["*1", "fc2"], {"fc1", "bn1", "relu1", "dropout1", "fc2"}),
        (["bn1..dropout1"], {"bn1", "relu1", "dropout1"}),
        (["fc2..fc2"], {"fc2"}),
        (["**"], {"input", "fc1", "bn1", "relu1", "dropout1", "fc2"}),
        ([], set()),
    ],
)
def test_patterns(here: Path, patterns: list[str], found: set[str]) -> None:
    assert select(graph_of(NET), patterns) == found


@pytest.mark.parametrize(
    ("pattern", "message", "help_text"),
    [
        ("conv*", "no layer fits `conv*`", "there are: input, fc1"),
        ("fc1..fc3", "no layer fits `fc3`, in `fc1..fc3`", "did you mean `fc1`?"),
        ("fc2..bn1", "`fc2..bn1` is empty: bn1 runs before fc2", "write bn1..fc2"),
        ("..", "no layer fits ``, in `..`", "there are: input"),
        ("\x1b[2J", "no layer fits `\\x1b[2J`", "there are: input"),
        ("head", "no layer fits `head`", "write `head.*`"),
    ],
)
def test_patterns_that_fit_nothing(here: Path, pattern: str, message: str, help_text: str) -> None:
    text = NET if pattern != "head" else NET.replace("net: INPUT", "net:\n  - head: INPUT")
    with pytest.raises(UnusableError) as refused:
        select(graph_of(text), [pattern])
    assert refused.value.message == message
    assert refused.value.help is not None and refused.value.help.startswith(help_text)


def test_the_reference_names_all_options() -> None:
    from netspec.cli.train import command

    page = (Path(__file__).parent.parent / "docs" / "train.md").read_text("utf-8")
    options = {option for param in command.params for option in param.opts if option[0] == "-"}
    assert [option for option in sorted(options - {"--output"}) if f"`{option}" not in page] == []
