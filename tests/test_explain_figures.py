"""Pictures of panels as files: what they say is never markup or math, words stay beside their own
panel, colours are those of the bars, and the same panels give the same bytes.
"""

from __future__ import annotations

import io
import re
import sys
import xml.etree.ElementTree as ET
from base64 import b64decode
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFont

from netspec.explain.maps import Tiles
from netspec.explain.maximize import Maximum
from netspec.explain.pictures.colours import Scale, colormap, table
from netspec.explain.pictures.figure import draw_panels, in_rows
from netspec.explain.pictures.layout import CAPTION, SMALL, boxes, caption, keys, size_of
from netspec.explain.pictures.made import maximum_panel, tiles_panel
from netspec.explain.pictures.overlay import over_grey, shades
from netspec.explain.pictures.panels import Areas, Caption, Heat, Photo
from netspec.explain.pictures.words import width_of, wrapped
from netspec.machine.errors import UnusableError
from tests.explain_panels import HOSTILE, SHOWN, a_map, map_panel, panels, photo, some

matplotlib = pytest.importorskip("matplotlib", reason="the extra `plot` is not installed")


def words(path: Path) -> list[str]:
    return ["".join(at.itertext()) for at in ET.parse(path).iter() if at.tag.endswith("text")]


@pytest.mark.parametrize("suffix", [".svg", ".png"])
def test_the_same_panels_give_the_same_bytes(tmp_path: Path, suffix: str) -> None:
    files = [tmp_path / f"{name}{suffix}" for name in "ab"]
    for file in files:
        draw_panels(file, "small: cat.png", in_rows(panels()), note="random weights")
    first, second = (file.read_bytes() for file in files)
    assert first == second


def test_captions_stay_text(tmp_path: Path) -> None:
    draw_panels(tmp_path / "a.svg", HOSTILE, in_rows(panels(HOSTILE)), note=HOSTILE)
    said = words(tmp_path / "a.svg")
    assert said.count(SHOWN) == 2
    for part in ("Grad-CAM at conv3", "a note", "score -3 → 12.5, seed 1", "of 5, 36x30"):
        assert part in " ".join(said)
    draw_panels(tmp_path / "a.png", HOSTILE, in_rows(panels(HOSTILE)), note=HOSTILE)


def test_tiles_have_their_numbers_where_there_is_room(tmp_path: Path) -> None:
    for count, names in ((9, [f"{at}" for at in range(100, 109)]), (900, [])):
        tiles = Tiles(
            "activations",
            "c",
            tuple(map(str, range(100, 100 + count))),
            some(count, 7, 7),
            True,
            count,
        )
        draw_panels(tmp_path / "a.svg", "x", [[tiles_panel(tiles)]])
        assert [at for at in words(tmp_path / "a.svg") if re.fullmatch(r"\d{3}", at)] == names


def test_a_drawing_has_the_pixels_of_the_map(tmp_path: Path) -> None:
    heat = map_panel(a_map("vanilla"))
    draw_panels(tmp_path / "a.svg", "x", [[heat]])
    found = re.findall(
        r'xlink:href="data:image/png;base64,([^"]+)"', (tmp_path / "a.svg").read_text()
    )
    sizes = [Image.open(io.BytesIO(b64decode(data))) for data in found]
    (drawn,) = (image for image in sizes if image.size == (24, 20))
    expected = table(colormap(None, signed=False))[heat.scale.steps(heat.values)]
    shown = np.asarray(drawn.convert("RGB")).astype(int)
    assert min(abs(shown - expected).max(), abs(shown[::-1] - expected).max()) <= 4


def test_colours_over_a_grey_picture_are_those_of_the_bar(tmp_path: Path) -> None:
    values = np.tile(np.linspace(-1, 1, 24, dtype=np.float32), (20, 1))
    under = np.full((20, 24), 128, np.uint8)
    scale = Scale(-1, 1, True)
    heat = Heat(Caption("x"), values, scale, under=under, alpha=0.8, clear=True)
    draw_panels(tmp_path / "a.png", "x", [[heat]])
    with Image.open(tmp_path / "a.png") as picture:
        drawn = np.asarray(picture.convert("RGB")).astype(int)
    bar = over_grey(shades(scale, colormap(None, signed=True), clear=True), 0.8)
    # a row below the caption and left of the bar, which the column is in
    for line, colours in (
        (drawn[-200, :430], bar[scale.steps(values[0])]),
        (drawn[:, 446], bar[4:-4]),
    ):
        assert all(abs(line - colour).max(axis=1).min() <= 3 for colour in colours)


def test_rows_may_have_gaps_and_one_size_each(tmp_path: Path) -> None:
    one, *others = panels()
    draw_panels(tmp_path / "a.png", "x", [[one, *others[:2]], [None, others[2]]])
    with Image.open(tmp_path / "a.png") as picture:
        assert picture.width > picture.height


@pytest.mark.parametrize(
    ("count", "rows"), [(1, [1]), (4, [4]), (5, [3, 2]), (16, [4] * 4), (0, [])]
)
def test_rows_are_about_as_long_as_each_other(count: int, rows: list[int]) -> None:
    assert [len(row) for row in in_rows([map_panel(a_map())] * count)] == rows


def test_sheets_are_of_one_size_whatever_their_tiles() -> None:
    sheets = [
        tiles_panel(Tiles("activations", "c", ("0",) * 64, some(64, side, side), True, 64))
        for side in (7, 56)
    ]
    small, large = (size_of(sheet) for sheet in sheets)
    assert small == pytest.approx(large)
    many = tiles_panel(Tiles("filters", "c", ("0",) * 256, some(256, 3, 3), True, 256))
    assert large[0] < size_of(many)[0] <= 6.5


@pytest.mark.parametrize(
    "text", ["Activation maximisation at bn12, channel 111", "W" * 20, "iii l"]
)
def test_words_are_as_wide_as_they_are_drawn(text: str) -> None:
    face = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
    expected = ImageFont.truetype(face, 900).getlength(text) / 7200
    assert width_of(text, 9) == pytest.approx(expected, rel=0.05)


def test_lines_are_no_wider_than_they_may_be() -> None:
    lines = wrapped(f"Activation maximisation at {'W' * 30}, channel 111", 1.5, CAPTION)
    assert all(width_of(line, CAPTION) <= 1.5 for line in lines)
    assert "".join(lines).replace(" ", "").startswith("ActivationmaximisationatWWW")
    assert wrapped("", 1, 9) == [""] and wrapped("WW", 0.01, 9) == ["W", "W"]


def test_captions_and_bars_do_not_touch_their_neighbours() -> None:
    maxima = [
        maximum_panel(
            Maximum("bn12", "channel 111", 1, seed, -11.8, -9.07, None, photo(8, 32), some(1))
        )
        for seed in range(2)
    ]
    heats = [map_panel(a_map(name="W" * 32)) for _ in range(2)]
    for row in (maxima, heats):
        (first, at), (_, beside) = boxes([row])
        assert at.left + max(width_of(line, CAPTION) for line in caption(first)) < beside.left
        assert beside.left - (at.left + at.width) > (0.8 if row is heats else 0.1)


def test_names_of_a_legend_stand_beside_each_other_only_where_there_is_room() -> None:
    areas = next(at for at in panels() if isinstance(at, Areas))
    assert len({key.down for key in keys(areas)}) == 1
    long = replace(areas, names={at: f"{at} a rather long name of it" for at in range(3)})
    assert len({key.down for key in keys(long)}) == 3
    assert all(key.right + width_of(key.name, SMALL) < 2.7 for key in keys(long))


def test_narrow_panels_have_captions_that_can_be_read() -> None:
    tall = Photo(Caption("Activations", "a_longer_layer"), np.zeros((400, 20), np.uint8))
    assert caption(tall) == ["Activations", "at a_longer_layer"]


def test_without_the_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(UnusableError, match="pictures need matplotlib"):
        draw_panels(tmp_path / "a.svg", "x", in_rows(panels()))
    assert not list(tmp_path.iterdir())
