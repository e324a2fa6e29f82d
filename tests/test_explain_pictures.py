"""Pictures of what a net sees: colours of equal steps, panels from what the methods answer, files
and pages in which nothing is markup, and the same bytes each time.
"""

from __future__ import annotations

import io
import re
import sys
import xml.etree.ElementTree as ET
from base64 import b64decode, b64encode
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from netspec.explain.dissect import Dissected, Patch
from netspec.explain.maps import Map, Tiles
from netspec.explain.maximize import Maximum
from netspec.explain.methods import METHODS
from netspec.explain.occlusion import Occlusion
from netspec.explain.page.images import areas_address, heat_address
from netspec.explain.page.index import Card, index
from netspec.explain.page.report import Entry, Picture, Said, Section, report_page
from netspec.explain.pictures.colours import colormap, grey, scale_of, table
from netspec.explain.pictures.figure import draw_panels, in_rows
from netspec.explain.pictures.made import (
    map_panel,
    maximum_panel,
    patches_panel,
    tiles_panel,
    winners_panel,
)
from netspec.explain.pictures.panels import Areas, Caption, Heat, Panel, Photo, from_signed, tiled
from netspec.explain.samples import as_pixels, read
from netspec.machine.errors import UnusableError
from netspec.runtime.errors import InputError
from tests.explain_nets import DIGITS, SAMPLES, digits, net_of

HOSTILE = 'a $x_1$ <b onload="x">&amp; \x1b[31m'

pytest.importorskip("matplotlib", reason="the extra `plot` is not installed")


def some(*shape: int, seed: int = 0) -> NDArray[np.float32]:
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def photo(height: int = 20, width: int = 24) -> NDArray[np.uint8]:
    return np.random.default_rng(1).integers(0, 256, (height, width, 3), dtype=np.uint8)


def a_map(method: str = "gradcam", *, signed: bool = False, name: str = "cat") -> Map:
    values = some(20, 24) if signed else np.abs(some(20, 24))
    return Map(method, "conv3", name, 2, 0.918, values, signed)


def panels(name: str = "cat") -> list[Panel]:
    """One of each kind."""
    under = photo()
    winners = Occlusion((), np.indices((20, 24))[0] // 8)
    path = Path(f"{name}.png")
    cut = (
        Patch(path, 3.5, (0, 0, 5, 4), under[:5, :4]),
        Patch(path, 3, (0, 0, 5, 5), under[:5, :5]),
    )
    return [
        Photo(Caption("Picture"), under),
        map_panel(a_map(name=name), under, None),
        map_panel(a_map("occlusion", signed=True, name=name), under, 0.7, "a note"),
        winners_panel(winners, [name, "dog", "bee"], under, None),
        tiles_panel(Tiles("activations", name, ("channel 3", "channel 0"), some(2, 6, 5), True)),
        tiles_panel(Tiles("filters", name, ("0", "1", "2"), some(3, 3, 5, 5), True)),
        maximum_panel(Maximum("fc", name, 2, 1, -3.0, 12.5, 0.99, under, some(3, 20, 24))),
        maximum_panel(
            Maximum("conv1", "channel 4", 4, 1, -3.0, 12.5, None, under[..., 0], some(1))
        ),
        patches_panel(Dissected("conv1", 4, cut)),
    ]


def lightness(rgb: NDArray[Any]) -> NDArray[np.float64]:
    """CIELAB's coordinates of sRGB, 0..1: the oracle of steps, which Oklab did not make."""
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    to_xyz = [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750]]
    to_xyz.append([0.0193339, 0.1191920, 0.9503041])
    part = linear @ np.array(to_xyz).T / np.array([0.95047, 1, 1.08883])
    f = np.where(part > 0.008856, np.cbrt(part), 7.787 * part + 16 / 116)
    return np.stack(
        [116 * f[:, 1] - 16, 500 * (f[:, 0] - f[:, 1]), 200 * (f[:, 1] - f[:, 2])], axis=1
    )


@pytest.mark.parametrize("signed", [False, True])
def test_the_colours_are_of_equal_steps(signed: bool) -> None:
    lab = lightness(np.asarray(colormap(None, signed=signed)(np.arange(256)))[:, :3])
    steps = np.linalg.norm(np.diff(lab[::15], axis=0), axis=1)
    assert steps.std() / steps.mean() < 0.2
    if signed:
        assert np.allclose(lab[:, 0], lab[::-1, 0], atol=3)  # as light below zero as above
        assert (np.diff(lab[:128, 0]) > 0).all()
    else:
        assert (np.diff(lab[:, 0]) > 0).all()


def test_colours_that_there_are_not() -> None:
    with pytest.raises(UnusableError, match=r"no colours 'virids'") as caught:
        colormap("virids", signed=True)
    assert caught.value.help == "did you mean viridis?"
    assert colormap("gray", signed=True).name == "gray"


numbers = st.lists(st.floats(-1e6, 1e6, width=32), min_size=1, max_size=30)


@given(numbers, st.booleans())
def test_the_ends_of_a_scale(values: list[float], signed: bool) -> None:
    array = np.array(values, np.float32)
    scale = scale_of(array, signed=signed)
    assert scale.low < scale.high
    assert scale.clipped == bool((array > scale.high).any() or (array < scale.low).any())
    if signed:
        assert scale.low == -scale.high
        assert scale.steps(np.zeros(1))[0] in (127, 128)
    else:
        assert scale.low == min(0, array.min())


def test_a_few_numbers_do_not_hide_the_rest() -> None:
    values = np.abs(some(100, 100))
    values[0, 0] = 1000
    scale = scale_of(values, signed=False)
    assert scale.clipped and 2 < scale.high < 4
    values[:] = np.nan
    assert (scale_of(values, signed=True).low, scale_of(values, signed=False).high) == (-1, 1)


def test_captions() -> None:
    (title, of) = map_panel(a_map(), photo(), None).caption.lines
    assert (title, of) == ("Grad-CAM at conv3", "class cat, 91.8%")
    long = Caption("CAM", "x" * 50, HOSTILE, 0.5, "a note").lines
    assert long[0] == f"CAM at {'x' * 31}…"
    assert "\x1b" not in long[1] and long[2] == "a note"


def test_signs_are_those_that_mean_something() -> None:
    gradient = Map("vanilla", "input", "cat", 2, 0.9, some(3, 20, 24), True)
    panel = map_panel(gradient, photo(), None)
    assert not panel.scale.signed and panel.alpha == 1
    assert np.array_equal(panel.values, np.abs(gradient.values).max(axis=0))
    share = Map("integrated", "input", "cat", 2, 0.9, some(3, 20, 24), True)
    panel = map_panel(share, photo(), 0.3)
    assert panel.scale.signed and panel.alpha == 0.3
    assert np.allclose(panel.values, share.values.sum(axis=0))
    assert map_panel(a_map(), photo(), None).alpha == 0.5


def test_tiles_lie_row_by_row() -> None:
    sheet = tiled(np.arange(5 * 2 * 3).reshape(5, 2, 3), -1, columns=2)
    assert sheet.shape == (3 * 2 + 2, 2 * 3 + 1)
    assert np.array_equal(sheet[:2, :3], [[0, 1, 2], [3, 4, 5]])
    assert np.array_equal(sheet[3:5, 4:], [[18, 19, 20], [21, 22, 23]])
    assert (sheet[2] == -1).all() and (sheet[:, 3] == -1).all() and (sheet[6:, 4:] == -1).all()
    assert tiled(some(7, 3, 4, 4), 0).shape[0] == 3


def test_zero_is_the_middle() -> None:
    assert from_signed(np.array([-2.0, 0, 1, 2])).tolist() == [0, 128, 191, 255]
    assert from_signed(np.zeros((2, 2))).tolist() == [[128, 128], [128, 128]]


def test_classes_that_cover_most_come_first() -> None:
    classes = np.zeros((10, 10), np.int64)
    classes[:, :6] = 7
    areas = Areas(Caption("x"), classes, {0: "cat", 7: "dog"}, photo(10, 10))
    assert [name for _, name in areas.legend] == ["dog", "cat"]
    assert (areas.places == (classes == 0)).all()
    many = np.arange(100).reshape(10, 10)
    areas = Areas(Caption("x"), many, {at: f"c{at}" for at in range(100)}, photo(10, 10))
    assert len(areas.legend) == 8 and areas.legend[-1] == ("#888888", "93 others")
    assert areas.places.max() == 7


def words(path: Path) -> str:
    return " ".join(
        "".join(at.itertext()) for at in ET.parse(path).iter() if at.tag.endswith("text")
    )


@pytest.mark.parametrize("suffix", [".svg", ".png"])
def test_the_same_panels_give_the_same_bytes(tmp_path: Path, suffix: str) -> None:
    files = [tmp_path / f"{name}{suffix}" for name in "ab"]
    for file in files:
        draw_panels(file, "small: cat.png", in_rows(panels()))
    first, second = (file.read_bytes() for file in files)
    assert first == second


def test_captions_stay_text(tmp_path: Path) -> None:
    draw_panels(tmp_path / "a.svg", HOSTILE, in_rows(panels(HOSTILE)))
    said = words(tmp_path / "a.svg")
    assert said.endswith(r'a $x_1$ <b onload="x">&amp; \x1b[31m')
    for part in ("Grad-CAM at conv3", "91.8%", "a note", "score -3 to 12.5, seed 1", "2 of 6x5"):
        assert part in said
    draw_panels(tmp_path / "a.png", HOSTILE, in_rows(panels(HOSTILE)))


def test_a_drawing_has_the_pixels_of_the_map(tmp_path: Path) -> None:
    heat = map_panel(a_map(), photo(), 1.0)
    draw_panels(tmp_path / "a.svg", "x", [[heat]])
    found = re.findall(
        r'xlink:href="data:image/png;base64,([^"]+)"', (tmp_path / "a.svg").read_text()
    )
    sizes = [Image.open(io.BytesIO(b64decode(data))) for data in found]
    (drawn,) = (image for image in sizes if image.size == (24, 20))
    expected = table(colormap(None, signed=False))[heat.scale.steps(heat.values)]
    shown = np.asarray(drawn.convert("RGB")).astype(int)
    assert min(abs(shown - expected).max(), abs(shown[::-1] - expected).max()) <= 4


def test_rows_may_have_gaps_and_one_size_each(tmp_path: Path) -> None:
    one, *others = panels()
    draw_panels(tmp_path / "a.png", "x", [[one, *others[:2]], [None, others[2]]])
    with Image.open(tmp_path / "a.png") as picture:
        assert picture.width > picture.height


def test_without_the_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(UnusableError, match="pictures need matplotlib"):
        draw_panels(tmp_path / "a.svg", "x", in_rows(panels()))
    assert not list(tmp_path.iterdir())


def opened(address: str) -> Image.Image:
    return Image.open(io.BytesIO(b64decode(address.removeprefix("data:image/png;base64,"))))


def test_the_images_of_a_page() -> None:
    heat = map_panel(a_map("occlusion", signed=True), photo(), None)
    colours = table(colormap(None, signed=True))
    shown = np.asarray(opened(heat_address(heat, None)).convert("RGB"))
    assert np.array_equal(shown, colours[np.maximum(heat.scale.steps(heat.values), 1)])
    holed = heat.values.copy()
    holed[3, 4] = np.nan
    clear = np.asarray(
        opened(heat_address(Heat(heat.caption, holed, heat.scale), None)).convert("RGBA")
    )
    assert clear[3, 4, 3] == 0 and (np.delete(clear[..., 3].ravel(), 3 * 24 + 4) == 255).all()
    areas = next(at for at in panels() if isinstance(at, Areas))
    found = np.asarray(opened(areas_address(areas)).convert("RGB"))
    assert found[0, 0].tolist() == list(bytes.fromhex(areas.legend[areas.places[0, 0]][0][1:]))


class Reader(HTMLParser):
    """The elements and the words of a page."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(page.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data


def page(name: str = "cat.png", **options: Any) -> bytes:
    entries = [
        Entry(METHODS["gradcam"].title, METHODS["gradcam"].shows, "", tuple(panels(name))),
        Entry("Guided", "What.", "Who 2015", (), remark="checked", warning="it fails"),
    ]
    picture = Picture(name, photo(), (Said(name, 0.9, True), Said("dog", 0.1, False)))
    sections = [Section("Where it looks", tuple(entries)), Section("Nothing", ())]
    return report_page("small", HOSTILE, picture, sections, **options)


def test_a_page_is_one_file_in_which_nothing_is_markup() -> None:
    found = page(HOSTILE)
    assert found == page(HOSTILE)
    read = Reader(found)
    names = {tag for tag, _ in read.tags}
    assert "b" in names and not any("onload" in attributes for _, attributes in read.tags)
    assert r"a $x_1$ <b onload=" in read.words and "\x1b" not in found.decode()
    sources = [at["src"] for tag, at in read.tags if tag == "img"]
    assert sources and all(source is not None and source.startswith("data:") for source in sources)
    assert not names & {"link", "iframe", "object"}
    assert all(at.get("alt") is not None for tag, at in read.tags if tag == "img")
    assert not any("style" in attributes for _, attributes in read.tags)
    for part in ("Grad-CAM", "checked", "it fails", "Who 2015", "The net says", "90.0%"):
        assert part in read.words
    assert "Nothing" not in read.words


def test_the_policy_is_of_the_script_and_style_that_are_there() -> None:
    text = page(alpha=0.25, back="index.html").decode()
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]+)"', text)
    for tag, name in (("style", "style"), ('script type="module"', "script")):
        (body,) = re.findall(rf"<{tag}>(.*?)</{name}>", text, re.S)
        digest = b64encode(sha256(body.encode()).digest()).decode()
        assert f"{name}-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'; ") and "unsafe" not in policy
    assert "var(--opacity, 0.25)" in text and '<a href="index.html">' in text


def test_an_index() -> None:
    heat = map_panel(a_map(), photo(), None)
    cards = [
        Card(Picture(HOSTILE, photo(), (Said("cat", 0.9, True),)), "a%20b.html", heat),
        Card(Picture("b.png", photo(), ()), "b.html", None),
    ]
    read = Reader(index("small", "a net", cards))
    assert [at["href"] for tag, at in read.tags if tag == "a"] == ["a%20b.html", "b.html"]
    assert "2 pictures" in read.words and "cat, 90.0%" in read.words and "<b onload" in read.words
    assert len([tag for tag, _ in read.tags if tag == "img"]) == 3


@pytest.mark.parametrize("channels", ["RGB", "BGR"])
def test_pixels_come_back_from_an_input(tmp_path: Path, channels: str) -> None:
    image = f"{{channels: {channels}, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225]}}"
    net = net_of("INPUT -> CONV(4, 3) -> GAP -> FC(3)", "3x20x24", image=image)
    Image.fromarray(photo()).save(tmp_path / "a.png")
    (sample,) = read(net, str(tmp_path / "a.png"))
    assert np.array_equal(sample.pixels, photo())
    assert np.array_equal(as_pixels(net, sample.x["input"][0]), photo())


def test_pixels_of_an_input_that_is_no_picture() -> None:
    net = net_of("INPUT -> CONV(4, 3) -> GAP -> FC(3)", "5x8x9")
    shown = as_pixels(net, some(5, 8, 9))
    assert shown.shape == (8, 9) and (shown.min(), shown.max()) == (0, 255)
    assert as_pixels(net, np.zeros((3, 8, 9), np.float32)).shape == (8, 9, 3)


def test_samples_of_arrays(tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", input=some(2, 1, 32, 32))
    assert [at.name for at in read(digits(), str(tmp_path / "x.npz"))] == ["x.npz[0]", "x.npz[1]"]
    np.save(tmp_path / "y.npy", some(1, 32, 32))
    (alone,) = read(digits(), str(tmp_path / "y.npy"))
    assert alone.name == "y.npy" and alone.x["input"].shape == (1, 1, 32, 32)
    np.save(tmp_path / "z.npy", some(1, 28, 28))
    with pytest.raises(InputError, match=r"z\.npy: it holds 1x28x28; the net takes 1x32x32"):
        list(read(digits(), str(tmp_path / "z.npy")))


def test_inputs_that_no_map_lies_over(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", some(4))
    net = net_of("INPUT -> FC(8) -> FC(3)", "4")
    with pytest.raises(UnusableError, match="maps are drawn over an area"):
        list(read(net, str(tmp_path / "x.npy")))


def test_grey_is_the_lightness() -> None:
    assert grey(np.array([[[255, 255, 255], [255, 0, 0]]], np.uint8)).tolist() == [[255, 76]]
    pixels = np.asarray(Image.open(SAMPLES[0]))
    assert grey(pixels) is pixels and DIGITS.is_dir()
