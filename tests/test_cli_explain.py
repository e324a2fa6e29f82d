"""`netspec explain`: what it writes and where, what it says, and what it refuses."""

from __future__ import annotations

import errno
import os
import re
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from netspec import load
from netspec.cli.explain_places import Names, place
from netspec.cli.explain_progress import ExplainProgress
from netspec.cli.failure import Failure
from netspec.cli.progress import PATIENCE
from netspec.explain import looking
from netspec.explain.gradcam import gradcam
from netspec.explain.methods import METHODS
from netspec.explain.net import Net
from netspec.explain.occlusion import occlude
from netspec.explain.saliency import saliency
from netspec.weights.values import choose_values
from tests.commands import Outcome, netspec
from tests.explain_nets import DIGITS, SAMPLES, digits

pytest.importorskip("matplotlib", reason="the extra `plot` is not installed")

THREE = next(path for path in SAMPLES if "digit_3" in path.name)

#: A net of which little is to be computed.
TINY = """\
netspec: 1
name: tiny
input: {shape: 3x12x12, image: {resize: 12, crop: 12}}
net: INPUT -> CONV(4, 3) -> RELU -> GAP -> FC(3)
output: {labels: [ant, bee, cat]}
"""


class Here:
    """A folder with a small spec and two pictures, and `netspec explain` in it."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.capsys = folder, capsys
        (folder / "tiny.yaml").write_text(TINY)
        (folder / "pics").mkdir()
        for at, name in enumerate(("a", "b")):
            pixels = np.random.default_rng(at).integers(0, 256, (12, 16, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / "pics" / f"{name}.png")

    def explain(self, *arguments: object, spec: object = "tiny.yaml") -> Outcome:
        return netspec(self.capsys, "explain", spec, *arguments)

    def files(self, folder: str = ".") -> set[str]:
        return {path.name for path in (self.folder / folder).iterdir()} - {"tiny.yaml", "pics"}


@pytest.fixture
def here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Here:
    monkeypatch.chdir(tmp_path)
    return Here(tmp_path, capsys)


def text(path: str) -> str:
    return Path(path).read_text("utf-8")


def test_one_picture(here: Here) -> None:
    outcome = here.explain(THREE, spec=DIGITS / "lenet5.yaml")
    assert outcome.code == 0
    name = f"{THREE.stem}.gradcam.png"
    assert here.files() == {name}
    assert outcome.out.startswith(f"{THREE.name}: 3, ") and outcome.out.endswith(f"%: {name}\n")
    assert outcome.err == "netspec: running on cpu\n"
    with Image.open(name) as picture:
        assert picture.format == "PNG" and picture.width > picture.height


def test_the_numbers_of_a_map(here: Here) -> None:
    net = digits()
    x, _ = net.prepare(THREE)
    spec = DIGITS / "lenet5.yaml"
    assert here.explain(THREE, "--method", "gradcam", "-o", "a.npy", spec=spec).code == 0
    assert np.allclose(np.load("a.npy"), gradcam(net, x, [3])[0].values, atol=1e-5)
    classes = ("--class", "3", "--class", "8")
    assert here.explain(THREE, "--method", "saliency", *classes, "-o", "b.npy", spec=spec).code == 0
    expected = np.stack([one.values for one in saliency(net, x, [3, 8])])
    assert np.allclose(np.load("b.npy"), expected, atol=1e-5)
    square = ("--size", "8", "--stride", "8", "--fill", "mean")
    outcome = here.explain(THREE, "--method", "occlusion", *square, "-o", "c.npy", spec=spec)
    assert outcome.code == 0
    found = occlude(net, x, [3], fill="mean", size=8, stride=8).falls[0].values
    assert np.allclose(np.load("c.npy"), found, atol=1e-5)


def test_pixels_of_a_file_to_train_on_are_read_as_training_reads_them(here: Here) -> None:
    pixels = np.asarray(Image.open("pics/a.png"))[:, 2:14]
    Image.fromarray(pixels).save("cut.png")
    np.savez("x.npz", x=pixels[None], y=np.zeros(1, np.int64))
    for source in ("cut.png", "x.npz"):
        assert here.explain(source, "--method", "vanilla", "-o", f"{source}.npy").code == 0
    np.testing.assert_array_equal(np.load("cut.png.npy"), np.load("x.npz.npy"))


def test_classes_side_by_side(here: Here) -> None:
    said = ("--class", "bee", "--class", "0", "--method", "vanilla", "--method", "occlusion")
    assert here.explain("pics/a.png", *said, "-o", "a.svg").code == 0
    drawn = text("a.svg")
    for part in ("tiny: a.png", "class bee, ", "class ant, ", "Vanilla gradient at input"):
        assert part in drawn
    assert drawn.count("Occlusion at input") == 3 and drawn.count(" wins") == 1


def test_a_page_has_all_methods(here: Here) -> None:
    outcome = here.explain("pics/a.png", "-o", "a.html", "--steps", "2", "--sanity")
    assert outcome.code == 0
    assert "left out" not in outcome.err
    page = text("a.html")
    for name, method in METHODS.items():
        assert (f"<h3>{method.title}</h3>" in page) == (name != "dissect")
    assert "vanilla, class " in outcome.out and "guided, class " in outcome.out
    assert "sanity check " in page and "conv1 " in page
    assert "arXiv:1810.03292" in page  # guided backpropagation is known to fail it


def test_a_method_that_is_not_for_the_net_is_left_out_of_a_page(here: Here) -> None:
    (here.folder / "mlp.yaml").write_text(TINY.replace("CONV(4, 3) -> RELU -> GAP", "FC(5)"))
    outcome = here.explain("pics/a.png", "-o", "a.html", "--steps", "1", spec="mlp.yaml")
    assert outcome.code == 0
    assert "netspec: gradcam is left out: the net has no layer with an area\n" in outcome.err
    assert "Grad-CAM</h3>" not in text("a.html") and "Vanilla gradient</h3>" in text("a.html")
    assert here.explain("pics/a.png", spec="mlp.yaml").code == 0
    assert "a.vanilla.png" in here.files()


def test_a_folder_of_pictures(here: Here) -> None:
    outcome = here.explain("pics", "--method", "vanilla")
    assert outcome.code == 0
    assert here.files("tiny.explain") == {"a.vanilla.png", "b.vanilla.png"}
    assert [line.split(":")[0] for line in outcome.out.splitlines()] == ["a.png", "b.png"]
    assert here.explain("pics", "--format", "npy", "--method", "cam", "-o", "maps").code == 0
    assert here.files("maps") == {"a.cam.npy", "b.cam.npy"}
    assert np.load("maps/b.cam.npy").shape == (12, 12)


def test_an_index_and_its_pages(here: Here) -> None:
    outcome = here.explain("pics", "-o", "r.html", "--method", "gradcam", "--method", "vanilla")
    assert outcome.code == 0
    assert here.files() == {"r.html", "r.pages"} and here.files("r.pages") == {"a.html", "b.html"}
    assert 'href="r.pages/a.html"' in text("r.html") and outcome.out.endswith("2 pages: r.html\n")
    assert 'href="../r.html"' in text("r.pages/a.html")
    (here.folder / "r").mkdir()
    assert here.explain("pics", "--format", "html", "--method", "cam", "-o", "r").code == 0
    assert here.files("r") == {"index.html", "a.html", "b.html"}
    assert 'href="a.html"' in text("r/index.html") and 'href="index.html"' in text("r/a.html")


def test_the_net_itself(here: Here) -> None:
    assert here.explain("--method", "filters").code == 0
    outcome = here.explain("--method", "maximize", "--steps", "2", "--seeds", "2", "-o", "m.npy")
    assert outcome.code == 0 and "tiny: m.npy" in outcome.out
    assert here.files() == {"tiny.filters.png", "m.npy"}
    assert np.load("m.npy").shape == (3, 2, 3, 12, 12)  # classes, seeds
    # a channel is none of the classes, of which there are many
    many = TINY.replace("FC(3)", "FC(12)").partition("output:")[0]
    (here.folder / "many.yaml").write_text(many)
    one = ("--method", "maximize", "--channel", "2", "--steps", "2")
    for spec in ("tiny.yaml", "many.yaml"):
        assert here.explain(*one, "--layer", "conv1", "-o", "c.svg", spec=spec).code == 0
        assert "conv1, channel 2" in text("c.svg")
    assert here.explain(*one, "-o", "c.svg").code == 0
    assert "relu1, channel 2" in text("c.svg")
    outcome = here.explain("--method", "maximize", spec="many.yaml")
    assert outcome.code == 2 and "the net knows 12 classes" in outcome.err


def test_raw_numbers_of_layers(here: Here) -> None:
    """Planes by channel, and kernels as files of weights have them."""
    assert here.explain("pics/a.png", "--method", "activations", "-o", "a.npy").code == 0
    assert here.explain("--method", "filters", "-o", "f.npy").code == 0
    graph = load("tiny.yaml").elaborate()
    net = Net(graph, choose_values(graph), "cpu")
    x, _ = net.prepare("pics/a.png")
    np.testing.assert_array_equal(np.load("a.npy"), net.activations(x, ["relu1"])["relu1"][0])
    np.testing.assert_array_equal(np.load("f.npy"), net.values.read("conv1.weight"))


def test_what_is_of_the_net_is_looked_for_once(here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    looked, original = list[str](), looking.look

    def look(net: Net, name: str, *rest: Any) -> Any:
        looked.append(name)
        return original(net, name, *rest)

    monkeypatch.setattr("netspec.cli.explain_run.look", look)
    said = ("--method", "maximize", "--method", "filters", "--class", "bee", "--steps", "1")
    assert here.explain("pics", *said, "--method", "cam").code == 0
    assert sorted(looked) == ["cam", "cam", "filters", "maximize"]


def test_a_method_is_left_out_of_all_pages_and_told_of_once(here: Here) -> None:
    (here.folder / "t.yaml").write_text(TINY.replace("RELU", "TANH"))
    outcome = here.explain("pics", "-o", "r", "--format", "html", "--steps", "1", spec="t.yaml")
    assert outcome.code == 0
    for name in ("guided", "deconv", "guided-gradcam"):
        assert outcome.err.count(f"netspec: {name} is left out: ") == 1


def test_patches_of_all_pictures(here: Here) -> None:
    (here.folder / "pics" / "c.png").write_bytes(b"no picture")
    chosen = ("--method", "dissect", "--layer", "conv1", "--channel", "1", "--top", "2")
    outcome = here.explain("pics", *chosen, "-o", "d.svg")
    assert outcome.code == 3 and "netspec: pics/c.png: " in outcome.err
    assert "conv1, channel 1" in text("d.svg")


def test_a_picture_that_cannot_be_read_stops_no_other(here: Here) -> None:
    (here.folder / "pics" / "b.png").write_bytes(b"no picture")
    outcome = here.explain("pics", "--method", "cam")
    assert outcome.code == 3
    assert "netspec: pics/b.png: not a picture that can be read\n" in outcome.err
    assert outcome.err.endswith("netspec: 1 picture failed, 1 drawn\n")
    assert here.files("tiny.explain") == {"a.cam.png"}


def test_an_index_says_how_many_could_not_be_read(here: Here) -> None:
    (here.folder / "pics" / "b.png").write_bytes(b"no picture")
    assert here.explain("pics", "--method", "cam", "-o", "r.html").code == 3
    assert "<p>1 picture; 1 could not be read</p>" in text("r.html")


def test_pictures_of_several_folders_are_told_apart(here: Here) -> None:
    shutil.copytree(here.folder / "pics", here.folder / "more")
    outcome = here.explain("pics", "more/a.png", "--method", "cam", "-o", "out")
    assert [line.split(": ")[0] for line in outcome.out.splitlines()] == [
        *("pics/a.png", "pics/b.png", "more/a.png")
    ]
    assert here.files("out") == {"pics_a.cam.png", "pics_b.cam.png", "more_a.cam.png"}
    chosen = ("--method", "dissect", "--layer", "conv1", "--channel", "0", "--top", "1")
    assert here.explain("more", "pics", *chosen, "-o", "d.svg").code == 0
    assert re.search(r"strongest: [\d.]+ in (more|pics)/[ab]\.png", text("d.svg"))
    # one folder, however it is said
    assert here.explain("pics/", "./pics/a.png", "--method", "cam", "-o", "one").code == 0
    assert here.files("one") == {"a.cam.png", "b.cam.png", "a.png.cam.png"}


def test_nothing_is_left_where_nothing_is_drawn(here: Here) -> None:
    for name in "ab":
        (here.folder / "pics" / f"{name}.png").write_bytes(b"no picture")
    outcome = here.explain("pics")
    assert outcome.code == 3 and outcome.err.endswith("netspec: nothing was drawn\n")
    assert here.files() == set()


def test_arrays(here: Here) -> None:
    np.save("x.npy", np.zeros((2, 3, 12, 12), np.float32))
    assert here.explain("x.npy", "--method", "cam", "-o", "x.png").code == 2
    assert here.explain("x.npy", "--method", "cam", "-o", "out").code == 0
    assert here.files("out") == {"x[0].cam.png", "x[1].cam.png"}
    np.save("x.npy", np.zeros((3, 9, 9), np.float32))
    outcome = here.explain("x.npy")
    assert outcome.code == 3
    assert "x.npy: it holds 3x9x9; the net takes 3x12x12, or a batch Nx3x12x12" in outcome.err


REFUSED: dict[str, tuple[Sequence[str], str, str]] = {
    "nothing to look at": ((), "nothing to look at: name an IMAGE", ""),
    "a method without pictures": (("--method", "cam"), "cam looks at pictures", ""),
    "filters of a picture": (("pics/a.png", "--method", "filters"), "filters are the net's", ""),
    "no picture": (("pics/z.png",), "pics/z.png: no such file", ""),
    "no such method": (("pics", "--method", "gradcm"), "did you mean gradcam?", ""),
    "no such class": (("pics", "--class", "bea"), "no class `bea`", "did you mean `bee`?"),
    "a class beyond": (("pics", "--class", "3"), "no class `3`; there are 3", "= help: "),
    "no such layer": (("pics", "--layer", "conv2"), "no layer `conv2`", "did you mean `conv1`?"),
    "no area": (("pics", "--layer", "fc1"), "layer `fc1` answers 3, which has no area", "relu1"),
    "no use": (("pics", "--method", "vanilla", "--layer", "conv1"), "--layer is for gradcam", ""),
    "no use of a square": (("pics", "--size", "3"), "--size is for occlusion", ""),
    "no use of noise": (("pics", "--noise", "0"), "--noise is for smooth", ""),
    "no use of opacity": (("--method", "maximize", "--alpha", "0"), "--alpha is for gradcam", ""),
    "a layer's what": (
        ("--method", "maximize", "--layer", "conv1"),
        "maximize looks at channels of a --layer: say --channel",
        "",
    ),
    "no such channel": (
        ("--method", "maximize", "--channel", "4"),
        "`relu1` has no channel 4",
        "from 0 to 3",
    ),
    "a class of many digits": (("pics", "--class", "7" * 5000), "there are 3", "from 0 to 2"),
    "a class below": (("pics", "--class", "-1"), "no class `-1`", "from 0 to 2 or a label"),
    "a part of a label": (("pics", "--class", "E"), "no class `E`", "there are: bee"),
    "two classes in one": (("pics", "--class", "ant,bee"), "no class", "--class for each"),
    "no places": (
        ("pics", "--method", "occlusion", "--size", "12"),
        "a square that covers 12 pixels of 12x12",
        "6 is the most",
    ),
    "a class and a channel": (
        ("--method", "maximize", "--class", "ant", "--channel", "1"),
        "maximize looks at a --class or at a --channel",
        "",
    ),
    "standard output": (("pics", "-o", "-"), "pictures are files: - is none", "a name"),
    "over a named picture": (("pics/a.png", "-o", "pics/a.png"), "would overwrite", ""),
    "over a picture": (
        ("pics", "--method", "dissect", "-o", "pics/b.png"),
        "-o pics/b.png would overwrite what is read",
        "",
    ),
    "no such colours": (("pics", "--colormap", "virids"), "no colours 'virids'", "viridis?"),
    "another format": (("pics/a.png", "-o", "a.gif"), "a.gif: pictures of nets are .png", ""),
    "two formats": (("pics/a.png", "-o", "a.png", "--format", "svg"), "says its format", ""),
    "several in one": (("pics", "-o", "a.png"), "a.png holds one picture", "report.html"),
    "no folder": (("pics/a.png", "-o", "no/a.png"), "there is no folder no", ""),
    "over what is read": (("pics", "-o", "pics"), "pictures are read from pics/", "another"),
    "different numbers": (
        ("pics/a.png", "--method", "cam", "--method", "vanilla", "-o", "a.npy"),
        "a.npy holds one array, and there are some of 3x12x12, 12x12",
        "ask for one method",
    ),
    "patches and more": (("pics", "--method", "dissect", "--method", "cam"), "no other", ""),
    "no device": (("pics", "--device", "tpu"), "'tpu' is not one of auto, cpu", ""),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(here: Here, name: str) -> None:
    arguments, said, help_text = REFUSED[name]
    outcome = here.explain(*arguments)
    assert outcome.code == 2
    assert said in outcome.err and help_text in outcome.err
    assert here.files() == set() and outcome.out == ""


def test_a_spec_that_does_not_say_how_pictures_are_read(here: Here) -> None:
    (here.folder / "bare.yaml").write_text(TINY.replace(", image: {resize: 12, crop: 12}", ""))
    outcome = here.explain("pics/a.png", spec="bare.yaml")
    assert outcome.code == 2
    assert "a picture needs an `image:` section in the spec's `input:`" in outcome.err
    assert "= help: `input: {shape: 3x12x12, image: {resize: 12, crop: 12}}`" in outcome.err


def test_pictures_of_a_folder_keep_their_bytes(here: Here) -> None:
    before = (here.folder / "pics" / "b.png").read_bytes()
    assert here.explain("pics", "--method", "dissect", "-o", "pics/b.png").code == 2
    assert (here.folder / "pics" / "b.png").read_bytes() == before


def test_names_of_files_that_are_no_text(here: Here) -> None:
    report = os.fsdecode(b"r\xff.html")
    assert here.explain("pics", "--method", "cam", "-o", report).code == 0
    page = (here.folder / report).read_text("utf-8")
    assert 'href="r%FF.pages/a.html"' in page


def test_a_picture_that_is_called_as_the_index_is(here: Here) -> None:
    (here.folder / "pics" / "a.png").rename(here.folder / "pics" / "index.png")
    said = ("--method", "cam", "--format", "html", "-o", "site")
    assert here.explain("pics", *said).code == 0
    assert here.files("site") == {"index.html", "index.png.html", "b.html"}
    assert 'href="index.png.html"' in text("site/index.html")


def test_classes_in_columns_whatever_else_is_drawn(here: Here) -> None:
    """Filters are one panel; classes stand below each other all the same."""
    said = ("--class", "0", "--class", "1", "--method", "gradcam", "--method", "vanilla")
    assert here.explain("pics/a.png", *said, "--method", "filters", "-o", "a.svg").code == 0
    drawn = text("a.svg")

    def left(words: str) -> list[float]:
        places = re.findall(r'translate\(([\d.]+) [\d.]+\)">' + words, drawn)
        return [float(at) for at in places]

    ant, bee = left("class ant"), left("class bee")
    assert len(ant) == len(bee) == 2
    assert ant[0] == ant[1] < bee[0] == bee[1]


def test_labels_that_occur_twice(here: Here) -> None:
    (here.folder / "tiny.yaml").write_text(TINY.replace("ant, bee, cat", "ant, bee, ant"))
    outcome = here.explain("pics/a.png", "--class", "ant")
    assert outcome.code == 2 and "2 classes are called `ant`" in outcome.err
    assert "say which: ant (0), ant (2)" in outcome.err
    for name in ("2", "ant (2)"):
        assert here.explain("pics/a.png", "--class", name, "-o", "a.svg").code == 0
        assert "class ant (2)" in text("a.svg")


def test_the_folder_here(here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are called after the folder that `.` is; a page of patches leads to no index."""
    monkeypatch.chdir(here.folder / "pics")
    spec = here.folder / "tiny.yaml"
    assert here.explain(".", "--method", "dissect", spec=spec).code == 0
    assert here.files("pics") == {"a.png", "b.png", "pics.dissect.png"}
    said = ("--method", "dissect", "-o", str(here.folder / "out"), "--format", "html")
    assert here.explain(".", *said, spec=spec).code == 0
    assert here.files("out") == {"tiny.html"}
    assert "all pictures" not in text(str(here.folder / "out" / "tiny.html"))


@pytest.mark.parametrize(
    ("labels", "numbers"), [("[ant]", ("0", "1", "2")), ("[ant, bee, cat, dog]", ("bee", "cat"))]
)
def test_another_number_of_labels_than_of_classes(
    here: Here, labels: str, numbers: Sequence[str]
) -> None:
    (here.folder / "tiny.yaml").write_text(TINY.replace("[ant, bee, cat]", labels))
    classes = [part for number in numbers for part in ("--class", number)]
    assert here.explain("pics/a.png", *classes, "--method", "occlusion").code == 0
    outcome = here.explain("pics/a.png", "--class", "dog")
    assert outcome.code == 2 and "no class `dog`; there are 3" in outcome.err


@pytest.mark.parametrize(
    ("end", "said", "drawn"),
    [("FC(1)", r"-?\d\.\d+", ""), ("FC(1) -> SIGMOID", r"1, \d+\.\d+%", "class ")],
)
def test_a_net_of_one_output(here: Here, end: str, said: str, drawn: str) -> None:
    """A value has no class and is no probability; one chance is that of the second of two classes,
    by its number where it has no name. Nothing can win.
    """
    one = TINY.replace("FC(3)", end).partition("output:")[0]
    (here.folder / "one.yaml").write_text(one)
    chosen = ("--method", "gradcam", "--method", "occlusion")
    outcome = here.explain("pics/a.png", *chosen, "-o", "a.svg", spec="one.yaml")
    assert outcome.code == 0
    assert re.fullmatch(rf"a\.png: {said}: a\.svg\n", outcome.out)
    picture = text("a.svg").partition("</style>")[2]
    assert "wins" not in picture and ("class" in picture) == bool(drawn)
    assert re.search(rf">{drawn}{said}<", picture)
    assert ("fall of the value" in picture) != bool(drawn)


def test_one_chance_is_the_second_label_s(here: Here) -> None:
    one = TINY.replace("FC(3)", "FC(1) -> SIGMOID").replace("ant, bee, cat", "no, yes")
    (here.folder / "one.yaml").write_text(one)
    outcome = here.explain("pics/a.png", "--class", "yes", "-o", "a.svg", spec="one.yaml")
    assert outcome.code == 0 and outcome.out.startswith("a.png: yes, ")
    assert "class yes, " in text("a.svg")
    assert here.explain("pics/a.png", "--class", "1", "-o", "b.svg", spec="one.yaml").code == 0
    assert text("b.svg") == text("a.svg")
    for name in ("no", "0"):
        outcome = here.explain("pics/a.png", "--class", name, spec="one.yaml")
        assert outcome.code == 2
        assert f"no score of a class `{name}`: the net gives one, that of `yes`" in outcome.err


def test_classes_that_do_not_compete(here: Here) -> None:
    """Of probabilities of their own none wins."""
    (here.folder / "tiny.yaml").write_text(TINY.replace("FC(3)", "FC(3) -> SIGMOID"))
    assert here.explain("pics/a.png", "--method", "occlusion", "-o", "a.svg").code == 0
    assert "fall of the probability" in text("a.svg") and "wins" not in text("a.svg")


def test_a_closed_pipe_is_no_fault_of_the_folder(
    here: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    def said(run: object, *rest: object) -> None:
        raise BrokenPipeError(errno.EPIPE, "Broken pipe")

    monkeypatch.setattr("netspec.cli.explain_run._Run._say", said)
    outcome = here.explain("pics", "--method", "vanilla", "-o", "out")
    assert (outcome.code, here.files()) == (141, set())
    assert "cannot write" not in outcome.err


def test_a_net_without_weights(here: Here) -> None:
    bare = TINY.replace("CONV(4, 3) -> RELU -> GAP -> FC(3)", "GAP")
    (here.folder / "bare.yaml").write_text(bare)
    for said in (("--method", "vanilla"), ("-o", "a.npy")):
        outcome = here.explain("pics/a.png", *said, "--sanity", spec="bare.yaml")
        assert outcome.code == 2 and "the net has no weights" in outcome.err
    assert here.files() == {"bare.yaml"}


def test_a_net_that_answers_no_numbers(here: Here) -> None:
    (here.folder / "flat.yaml").write_text(
        TINY.replace("CONV(4, 3) -> RELU -> GAP -> FC(3)", "FC(3)")
    )
    weight = choose_values(load("flat.yaml").elaborate()).read("fc1.weight")
    large = np.sign(weight[0]).reshape(3, 12, 12) * np.float32(3e38)
    np.save("x.npy", np.stack([large, large / 1e38]))
    outcome = here.explain("x.npy", "--method", "vanilla", spec="flat.yaml")
    assert outcome.code == 3 and "netspec: x.npy[0]: `fc1` is NaN or infinite\n" in outcome.err
    assert here.files("tiny.explain") == {"x[1].vanilla.png"}


def test_a_picture_that_is_smaller_than_the_crop(here: Here) -> None:
    (here.folder / "tiny.yaml").write_text(TINY.replace("resize: 12, ", ""))
    Image.new("RGB", (5, 5)).save("s.png")
    outcome = here.explain("s.png")
    assert outcome.code == 3
    assert "s.png: the picture is 5x5, smaller than the crop of 12x12" in outcome.err


def test_without_matplotlib(here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    outcome = here.explain("pics/a.png")
    assert outcome.code == 2 and "pictures need matplotlib" in outcome.err
    assert "pip install 'netspec-compiler[plot]'" in outcome.err
    assert here.explain("pics/a.png", "-o", "a.npy").code == 0  # numbers do without


def test_weights_and_seeds(here: Here) -> None:
    def numbers(*said: object) -> list[float]:
        assert here.explain("pics/a.png", "--method", "cam", "-o", "a.npy", *said).code == 0
        found: list[float] = np.load("a.npy").ravel().tolist()
        return found

    assert numbers("--seed", 1) == numbers("--seed", 1) != numbers("--seed", 2)
    assert netspec(here.capsys, "weights", "tiny.yaml", "--init", "w.npz", "--seed", 2).code == 0
    assert numbers("--weights", "w.npz") == numbers("--seed", 2)
    assert "random (seed 1)" in here.explain("pics/a.png", "--seed", 1).err


def test_places() -> None:
    assert place(None, None, "cat.cam", several=False).path == Path("cat.cam.png")
    assert place(None, "svg", "cat.cam", several=False).path == Path("cat.cam.svg")
    assert place(Path("out"), None, "x", several=False).folder
    report = place(Path("r.html"), None, "x", several=True)
    assert (report.path, report.index, report.inside) == (Path("r.pages"), Path("r.html"), False)
    with pytest.raises(Failure, match="is a file"):
        place(Path(__file__), None, "x", several=True).check(())


def test_names_in_a_folder() -> None:
    names = Names()
    given = ("a.png", "a.jpg", "A.png", "a.png", "x.npz[3]", "odd:name?.png", "a[b:?].png")
    found = [names.of(name, ".cam.png") for name in given]
    assert found[:3] == ["a.cam.png", "a.jpg.cam.png", "A.png.cam.png"]
    assert found[3:6] == ["a.png-2.cam.png", "x[3].cam.png", "odd_name_.cam.png"]
    assert found[6:] == ["a_b___.cam.png"]
    assert names.of("../x/y.png", ".cam.png") == "_x_y.cam.png"
    assert names.of(f"{'d' * 300}/one.png", ".cam.png").endswith("d_one.cam.png")
    assert len(names.of("\N{HIRAGANA LETTER A}" * 100, ".guided-gradcam.png").encode()) < 200


def test_progress_is_shown_on_a_terminal_after_a_while(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    now = 0.0
    progress = ExplainProgress(lambda: now)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    progress.begin("a.png: occlusion")
    assert capsys.readouterr().err == ""
    now = 10.0 * PATIENCE
    progress.done(40, 200)
    assert "a.png: occlusion, 40 of 200" in capsys.readouterr().err
    now += 1.0
    progress.done(50, 200)
    assert "a.png: occlusion, 50 of 200, 15 s left" in capsys.readouterr().err
    now += 0.01
    progress.done(51, 200)
    assert capsys.readouterr().err == ""
    for done, left in ((3, ""), (6, ", 20 s left")):  # a further part goes by its own pace
        now += 10.0
        progress.done(done, 12)
        assert capsys.readouterr().err.endswith(f"occlusion, {done} of 12{left}\x1b[K")
    now += 10.0
    progress.begin("x" * 200)
    assert capsys.readouterr().err.count("x") == 79
    progress.clear()
    assert capsys.readouterr().err.startswith("\r")
