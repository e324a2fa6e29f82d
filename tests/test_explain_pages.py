"""Pages of what a net sees: one file in which nothing is markup, images that let the picture
through, and an index of small pictures.
"""

from __future__ import annotations

import io
import re
from base64 import b64decode, b64encode
from dataclasses import replace
from hashlib import sha256
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image

from netspec.explain.answer import Answer
from netspec.explain.maps import Tiles
from netspec.explain.page.figures import figures
from netspec.explain.page.images import areas_address, bar_address, heat_address, small_heat
from netspec.explain.page.index import Card, index
from netspec.explain.page.report import Picture
from netspec.explain.pictures.colours import colormap, table
from netspec.explain.pictures.made import tiles_panel
from netspec.explain.pictures.overlay import beneath
from netspec.explain.pictures.panels import Areas
from tests.explain_panels import HOSTILE, SHOWN, a_map, map_panel, page, panels, photo, some

pytest.importorskip("matplotlib", reason="the extra `plot` is not installed")


def opened(address: str) -> Image.Image:
    return Image.open(io.BytesIO(b64decode(address.partition("base64,")[2])))


def test_the_images_of_a_page() -> None:
    heat = map_panel(a_map("occlusion", signed=True))
    steps, colours = heat.scale.steps(heat.values), table(colormap(None, signed=True))
    shown = np.asarray(opened(heat_address(heat, None)).convert("RGBA")).astype(int)
    assert np.array_equal(shown[..., :3], colours[steps])
    assert np.allclose(
        shown[..., 3], 255 * np.abs(heat.values).clip(0, heat.scale.high) / heat.scale.high, atol=2
    )
    bar = np.asarray(opened(bar_address(heat, None)).convert("RGBA"))
    assert np.array_equal(bar[0][steps], shown)
    areas = next(at for at in panels() if isinstance(at, Areas))
    found = np.asarray(opened(areas_address(areas)).convert("RGBA"))
    assert found[0, 0].tolist() == [*bytes.fromhex(areas.legend[areas.places[0, 0]][0][1:]), 159]


def test_a_map_is_clear_where_it_has_no_number() -> None:
    heat = map_panel(a_map("vanilla"))
    assert "transparency" not in opened(heat_address(heat, None)).info
    holed = heat.values.copy()
    holed[3, 4] = np.nan
    opacity = np.asarray(opened(heat_address(replace(heat, values=holed), None)).convert("RGBA"))[
        ..., 3
    ]
    assert opacity[3, 4] == 0 and (np.delete(opacity.ravel(), 3 * 24 + 4) == 255).all()


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


def test_a_page_is_one_file_in_which_nothing_is_markup() -> None:
    found = page(HOSTILE, note=HOSTILE)
    assert found == page(HOSTILE, note=HOSTILE)
    read = Reader(found)
    names = {tag for tag, _ in read.tags}
    assert "b" in names and not any("onload" in attributes for _, attributes in read.tags)
    assert read.words.count(SHOWN) >= 3 and "\x1b" not in found.decode()
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


def test_the_slider_stands_where_maps_are() -> None:
    (slider,) = (at for tag, at in Reader(page(alpha=0.25)).tags if tag == "input")
    assert slider["value"] == "25"


def test_captions_do_not_repeat_the_title_above_them() -> None:
    panel = map_panel(a_map())
    alone = Reader(figures([panel], "Grad-CAM", None).encode()).words
    assert "Grad-CAM" not in alone and "at conv3" in alone and "class cat, 91.8%" in alone
    assert "Grad-CAM at conv3" in Reader(figures([panel], "Guided", None).encode()).words


def test_tiles_have_their_numbers_where_there_is_room() -> None:
    for count, marks in ((9, 9), (900, 0)):
        names = tuple(map(str, range(100, 100 + count)))
        panel = tiles_panel(Tiles("activations", "c", names, some(count, 7, 7), True, count))
        tags = [tag for tag, _ in Reader(figures([panel], "x", None).encode()).tags]
        assert tags.count("text") == marks


def test_an_index() -> None:
    picture = Picture(HOSTILE, photo(), (Answer("cat", "90.0%", 0.9),))
    cards = [
        Card.of(picture, "a%20b.html", map_panel(a_map())),
        Card.of(Picture("b.png", photo(), ()), "b.html", None),
    ]
    read = Reader(index("small", "a net", cards, note="random weights"))
    assert [at["href"] for tag, at in read.tags if tag == "a"] == ["a%20b.html", "b.html"]
    for part in ("2 pictures", "cat, 90.0%", SHOWN, "random weights"):
        assert part in read.words
    assert len([tag for tag, _ in read.tags if tag == "img"]) == 3


def test_small_pictures_of_an_index() -> None:
    heat, under = map_panel(a_map()), photo(300, 600) // 4
    values = np.zeros((300, 600), np.float32)
    values[:, 300:] = heat.scale.high
    heat = replace(heat, values=values, under=under)
    small = opened(small_heat(heat, None))
    assert small.size == (224, 112) and len(small_heat(heat, None)) < 60_000
    clear, covered = np.split(np.asarray(small.convert("RGB")).astype(float), 2, axis=1)
    assert clear.mean(axis=(0, 1)) == pytest.approx([beneath(under).mean()] * 3, abs=4)
    red, green, blue = covered.mean(axis=(0, 1)) - clear.mean(axis=(0, 1))
    assert red > 50 and green > 50 and blue < 0  # the yellow end of the scale
