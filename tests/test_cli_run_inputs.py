"""What `netspec run` is given that is not quite what it takes: files of training, tables, weights
in the place of a spec; and the answer of a net with one chance.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from netspec.text.image import image_advice
from tests.commands import Outcome, netspec
from tests.texts import checked, spec

PICTURES = "netspec: 1\nname: n\ninput: {shape: 1x8x8, image: {}}\nnet: INPUT -> FC(3)\n"
FEATURES = "netspec: 1\nname: n\ninput: 4\nnet: INPUT -> FC(3)\n"
CHANCE = (
    "netspec: 1\nname: n\ninput: 4\nnet: INPUT -> FC(1) -> SIGMOID\noutput: {labels: [no, yes]}\n"
)


class Here:
    """A folder, and `netspec` in it."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self.capsys = capsys

    def __call__(self, *arguments: object) -> Outcome:
        return netspec(self.capsys, *arguments)


@pytest.fixture
def here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Here:
    monkeypatch.chdir(tmp_path)
    for name, text in {"pictures": PICTURES, "features": FEATURES, "chance": CHANCE}.items():
        Path(f"{name}.yaml").write_text(text)
    return Here(capsys)


def test_the_samples_of_a_file_to_train_on(here: Here) -> None:
    x = np.random.default_rng(0).standard_normal((5, 4), np.float32)
    np.savez("train.npz", x=x, y=np.arange(5))
    np.save("x.npy", x)
    for name in ("train.npz", "x.npy"):
        assert here("run", "features.yaml", name, "-o", f"{name}.out.npy").code == 0
    np.testing.assert_array_equal(np.load("train.npz.out.npy"), np.load("x.npy.out.npy"))
    np.savez("other.npz", z=x, y=np.arange(5))
    assert (
        "the net takes input; the file holds z, y" in here("run", "features.yaml", "other.npz").err
    )


@pytest.mark.parametrize("layout", ["NHW", "NHWC", "NCHW"])
def test_pixels_to_train_on_are_read_as_pictures(here: Here, layout: str) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (2, 8, 8), np.uint8)
    shaped = {"NHW": pixels, "NHWC": pixels[..., None], "NCHW": pixels[:, None]}[layout]
    np.savez("train.npz", x=shaped, y=np.arange(2))
    for at, picture in enumerate(pixels):
        Pillow.fromarray(picture).save(f"{at}.png")
    assert here("run", "pictures.yaml", "train.npz", "-o", "a.npy").code == 0
    assert here("run", "pictures.yaml", "0.png", "1.png", "-o", "b.npy").code == 0
    np.testing.assert_array_equal(np.load("a.npy"), np.load("b.npy"))


def test_a_table_is_no_picture(here: Here) -> None:
    Path("data.csv").write_text("a,b,c,d,kind\n1,2,3,4,x\n5,6,7,8,y\n")
    done = here("run", "features.yaml", "data.csv")
    assert done.code == 2 and "data.csv: a table; an input is a picture" in done.err
    line = done.err.splitlines()[-1].strip()
    exec(f"import numpy\n{line.replace('range(N)', 'range(4)')}")
    assert np.load("data.npy").tolist() == [[1, 2, 3, 4], [5, 6, 7, 8]]
    assert here("run", "features.yaml", "data.npy").code == 0


def test_what_is_no_picture_needs_no_image_section(here: Here) -> None:
    Path("notes.txt").write_text("no picture")
    assert "notes.txt: neither a picture nor .npy" in here("run", "features.yaml", "notes.txt").err
    Pillow.new("L", (8, 8)).save("p.png")
    assert "p.png: a picture needs an `image:`" in here("run", "features.yaml", "p.png").err


@pytest.mark.parametrize(
    ("shape", "section"),
    [
        ((1, 28, 28), "{resize: 28, crop: 28}"),
        ((3, 224, 224), "{resize: 256, crop: 224}"),
        ((3, 20, 30), "{resize: [20, 30]}"),
    ],
)
def test_the_section_that_is_advised_fits(shape: tuple[int, ...], section: str) -> None:
    advice = image_advice(shape)
    assert section in advice
    said = advice.strip("`").removeprefix("input: ")
    found = checked(spec("INPUT -> FC(2)", size=said))
    assert found.ok and found.spec is not None and found.spec.inputs[0].shape == shape


def test_what_takes_no_pictures_is_advised_none() -> None:
    for shape in ((4,), (2, 8, 8)):
        assert "as arrays" in image_advice(shape)


@pytest.mark.parametrize("command", ["run", "check", "draw", "compile", "train"])
@pytest.mark.parametrize("name", ["w.safetensors", "w.npz", "w.pth"])
def test_weights_are_no_spec(here: Here, command: str, name: str) -> None:
    Path(name).write_bytes(b"\x80\x00\xff")
    done = here(command, name, *(["x.npy"] if command == "run" else []))
    assert done.code == 2
    assert f"{name}: weights, not a spec; give the spec first" in done.err + done.out
    assert f"`netspec run SPEC --weights {name} ...`" in done.err + done.out


def test_the_folder_of_a_training_is_no_folder_of_specs(here: Here) -> None:
    folder = Path("n.train")
    folder.mkdir()
    (folder / "checkpoint.safetensors").touch()
    told = here("run", "n.train", "x.npy").err
    assert "--weights n.train/checkpoint.safetensors" in told
    (folder / "model.onnx").touch()
    assert "`run` and `bench` take n.train/model.onnx" in here("run", "n.train", "x.npy").err


def test_one_chance_is_that_of_two_classes(here: Here) -> None:
    np.save("x.npy", np.random.default_rng(1).standard_normal((6, 4), np.float32))
    assert here("compile", "chance.yaml", "-o", "m.onnx").code == 0
    table = here("run", "chance.yaml", "x.npy").out
    assert table == here("run", "m.onnx", "x.npy").out
    assert table.splitlines()[0].split() == ["input", "class", "label", "probability"]
    assert here("run", "chance.yaml", "x.npy", "-o", "r.jsonl").code == 0
    for line in Path("r.jsonl").read_text().splitlines():
        record = json.loads(line)
        chances = {at["label"]: at["probability"] for at in record["top"]}
        (yes,) = record["outputs"]["output"]
        assert chances == pytest.approx({"yes": yes, "no": 1 - yes})
        assert record["top"][0]["label"] == ("yes" if yes > 0.5 else "no")


def test_one_value_stays_one(here: Here) -> None:
    np.save("x.npy", np.zeros((1, 4), np.float32))
    for said in ("net=INPUT -> FC(1)", "output.labels=[only]"):
        out = here("run", "chance.yaml", "x.npy", "--set", "output={}", "--set", said).out
        assert out.splitlines()[0].split()[-1] == "value"
