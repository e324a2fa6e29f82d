"""What pictures of a net are made of: colours of equal steps, scales, what lies over a picture,
panels from what the methods answer, and sheets of tiles.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from netspec.explain.answer import Answer
from netspec.explain.dissect import Dissected
from netspec.explain.maps import Map, Tiles
from netspec.explain.occlusion import Occlusion
from netspec.explain.patches import Patch
from netspec.explain.pictures.colours import Scale, colormap, grey, scale_of, table
from netspec.explain.pictures.made import map_panels, patches_panel, tiles_panel, winners_panel
from netspec.explain.pictures.overlay import MIDDLE, beneath, over_grey, shaded, shades
from netspec.explain.pictures.panels import Areas, Caption, Heat, Photo
from netspec.explain.pictures.sheets import Grid, from_signed
from netspec.machine.errors import UnusableError
from tests.explain_panels import HOSTILE, a_map, map_panel, photo, some

pytest.importorskip("matplotlib", reason="the extra `plot` is not installed")


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


@pytest.mark.parametrize("name", ["twilight", "tab10", "viridis"])
def test_a_table_has_all_colours_however_many_there_are(name: str) -> None:
    colours = colormap(name, signed=True)
    shown = table(colours)
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        expected = np.array(colours(share)[:3]) * 255
        assert np.abs(shown - expected).max(axis=1).min() < 2, share
    assert np.abs(shown[-1] - np.array(colours(1.0)[:3]) * 255).max() < 1


def test_colours_that_there_are_not() -> None:
    with pytest.raises(UnusableError, match=r"no colours 'virids'") as caught:
        colormap("virids", signed=True)
    assert caught.value.help == "did you mean viridis?"
    assert colormap("gray", signed=True).name == "gray"


numbers = st.lists(st.floats(-1e6, 1e6, width=32), min_size=1, max_size=30)


@given(numbers, st.booleans(), st.booleans())
def test_the_ends_of_a_scale(values: list[float], signed: bool, fine: bool) -> None:
    array = np.array(values, np.float32)
    scale = scale_of(array, signed=signed, fine=fine)
    assert scale.low < scale.high
    assert scale.above == bool((array > scale.high).any())
    assert scale.below == bool((array < scale.low).any())
    if scale.signed:
        assert scale.low == -scale.high
        assert scale.steps(np.zeros(1))[0] in (127, 128)
    elif signed:
        assert scale.low == 0 and -array.min() <= 0.05 * scale.high
    else:
        assert scale.low == min(0, array.min())


def test_a_few_numbers_do_not_hide_the_rest() -> None:
    values = np.abs(some(100, 100))
    values[0, 0] = 1000
    scale = scale_of(values, signed=False)
    assert scale.above and not scale.below and 2 < scale.high < 4
    values[:] = np.nan
    assert (scale_of(values, signed=True).low, scale_of(values, signed=False).high) == (-1, 1)


def test_of_maps_of_pixels_the_largest_hundredth_is_beyond_the_end() -> None:
    values = np.linspace(0, 1, 10_001)[1:]
    assert scale_of(values, signed=False, fine=True).high == pytest.approx(0.99, abs=1e-3)
    assert scale_of(values, signed=False) == Scale(0, 1, False)


def test_colours_of_a_sign_are_for_maps_that_have_two() -> None:
    values = np.abs(some(20, 20)) + 0.1
    high = float(values.max())
    assert scale_of(values, signed=True) == Scale(0, high, False)
    values[0, 0] = -0.04 * high
    assert scale_of(values, signed=True) == Scale(0, high, False, below=True)
    values[0, 0] = -0.2 * high
    assert scale_of(values, signed=True) == Scale(-high, high, True)
    assert scale_of(-np.abs(values), signed=True).signed  # blue: all of it speaks against


@pytest.mark.parametrize("scale", [Scale(0, 3, False), Scale(-3, 3, True)])
def test_what_is_zero_lets_the_picture_through(scale: Scale) -> None:
    steps = shades(scale, colormap(None, signed=scale.signed), clear=True)
    values = np.array([[0, 0.75, 1.5, 3, np.nan]], np.float32)
    opacity = shaded(values, scale, steps)[0, :, 3]
    assert np.allclose(opacity, [0, 64, 128, 255, 0], atol=2)
    assert np.array_equal(shaded(-values, scale, steps)[0, :, 3], opacity) == scale.signed
    opaque = shades(scale, colormap(None, signed=scale.signed), clear=False)
    assert shaded(values, scale, opaque)[0, :, 3].tolist() == [255] * 4 + [0]


def test_bars_have_the_colours_over_a_middle_grey() -> None:
    steps = shades(Scale(0, 1, False), colormap(None, signed=False), clear=True)
    seen = over_grey(steps, 0.8)
    assert seen[0].tolist() == [MIDDLE] * 3
    assert np.allclose(seen[-1], 0.8 * steps[-1, :3] + 0.2 * MIDDLE, atol=1)
    assert beneath(np.array([[0, 128, 255]], np.uint8)).tolist() == [[40, MIDDLE, 255]]


def test_captions() -> None:
    assert map_panel(a_map()).caption.lines == ("Grad-CAM at conv3", "class cat, 91.8%")
    assert map_panel(a_map()).caption.beside("Grad-CAM") == ("at conv3", "class cat, 91.8%")
    long = Caption("CAM", "x" * 50, HOSTILE, "0.5", "a note").lines
    assert long[0] == f"CAM at {'x' * 31}…"
    assert "\x1b" not in long[1] and long[2] == "a note"
    score = replace(a_map(), probability=None)
    assert map_panel(score).caption.answer == "12.5"


def test_signs_are_those_that_mean_something() -> None:
    gradient = Map("vanilla", "input", "cat", 2, 1, 0.9, some(3, 20, 24), True)
    panel = map_panel(gradient)
    assert not panel.scale.signed and panel.alpha == 1 and not panel.clear
    assert np.array_equal(panel.values, np.abs(gradient.values).max(axis=0))
    share = Map("integrated", "input", "cat", 2, 1, 0.9, some(3, 20, 24), True)
    panel = map_panel(share, 0.3)
    assert panel.scale.signed and panel.alpha == 0.3 and panel.clear
    assert np.allclose(panel.values, share.values.sum(axis=0))
    assert map_panel(a_map()).clear and map_panel(a_map(), 1.0).clear


def test_maps_of_several_classes_share_a_scale() -> None:
    small, large = a_map(), replace(a_map(), values=10 * a_map().values)
    first, second = map_panels([small, large], photo(), None)
    assert first.scale == second.scale == map_panel(large).scale


def test_tiles_lie_row_by_row() -> None:
    tiles = np.arange(5 * 2 * 3).reshape(5, 2, 3)
    grid = Grid.of(tiles, "abcde", columns=2)
    sheet = grid.lay(tiles, -1)
    assert sheet.shape == (3 * 2 + 2, 2 * 3 + 1)
    assert np.array_equal(sheet[:2, :3], [[0, 1, 2], [3, 4, 5]])
    assert np.array_equal(sheet[3:5, 4:], [[18, 19, 20], [21, 22, 23]])
    assert (sheet[2] == -1).all() and (sheet[:, 3] == -1).all() and (sheet[6:, 4:] == -1).all()
    assert [sheet[top, left] for _, left, top in grid.corners] == [0, 6, 12, 18, 24]
    assert (Grid.of(some(7, 4, 4), "abcdefg").columns, Grid.of(some(2, 9, 9), "ab").rows) == (3, 1)


def test_captions_of_tiles_say_how_many_of_how_many() -> None:
    tiles = Tiles("activations", "conv5", ("7", "2"), some(2, 7, 7), True, 512)
    panel = tiles_panel(tiles)
    assert panel.caption.lines == ("Activations at conv5", "2 strongest of 512, 7x7")
    assert isinstance(panel, Heat) and panel.grid is not None and panel.grid.names == ("7", "2")
    names = tuple(f"{kernel}, {of}" for kernel in range(4) for of in range(3))
    kernels = tiles_panel(Tiles("filters", "conv2", names, some(12, 5, 5), True, 12, 3))
    assert isinstance(kernels, Heat) and kernels.size == (4 * 6 - 1, 3 * 6 - 1)
    assert kernels.caption.note == "12 of 5x5, each row a kernel"
    coloured = tiles_panel(Tiles("filters", "conv1", ("0",), some(1, 3, 5, 5), True, 1))
    assert coloured.caption.note.endswith("each scaled to its own largest weight")


def test_zero_is_the_middle() -> None:
    assert from_signed(np.array([-2.0, 0, 1, 2])).tolist() == [0, 128, 191, 255]
    assert from_signed(np.zeros((2, 2))).tolist() == [[128, 128], [128, 128]]


def sheet_of(*patches: Patch) -> Photo:
    return patches_panel(Dissected("conv1", 4, patches))


def test_patches_keep_their_place_in_what_a_channel_sees() -> None:
    black = np.zeros((6, 6), np.uint8)
    whole = Patch("a.png", 1.02, (5, 5, 11, 11), (0, 0), black)
    corner = Patch("b.png", 1, (0, 0, 4, 3), (2, 3), black[:4, :3])
    right = Patch("c.png", 0.9, (5, 27, 11, 32), (0, 0), black[:, :5])
    sheet = sheet_of(whole, corner, right, whole)
    assert sheet.caption.note == "strongest: 1.02 in a.png"
    shown = (sheet.pixels == [0, 0, 0, 255]).all(axis=2)
    outside, between = ((sheet.pixels[..., 3] == at) & ~shown for at in (255, 0))
    assert shown[:6, :6].all() and outside[:2, 7:].all() and between[:, 6].all()
    assert np.argwhere(shown[:6, 7:]).min(axis=0).tolist() == [2, 3]
    assert np.argwhere(shown[7:, :6]).max(axis=0).tolist() == [5, 4]


def test_patches_of_a_field_that_is_larger_than_the_picture() -> None:
    """Each is cut off on both sides, and lies where it is in the field."""
    black = np.zeros((5, 5), np.uint8)
    cuts = [(3, 1), (1, 1), (2, 3)]
    sheet = sheet_of(*[Patch("a.png", 1, (0, 0, 5, 5), cut, black) for cut in cuts])
    assert sheet.grid is not None and (sheet.grid.height, sheet.grid.width) == (7, 7)
    for (_, left, top), cut in zip(sheet.grid.corners, cuts, strict=True):
        tile = sheet.pixels[top : top + 7, left : left + 7, 0] == 0
        assert np.argwhere(tile).min(axis=0).tolist() == [cut[0] - 1, cut[1] - 1]


def test_what_does_not_excite_a_channel_is_faint() -> None:
    """Of patches that are most of a picture, which lie side by side whatever the field is."""
    strength = np.zeros((6, 8), np.float32)
    strength[1:3, 2:5] = 1
    strength[4] = 0.49
    dark = np.full((6, 8), 55, np.uint8)
    patches = [Patch("a.png", 4, (0, 0, 6, 8), cut, dark, strength) for cut in ((9, 0), (0, 5))]
    sheet = sheet_of(*patches)
    assert sheet.grid is not None and (sheet.grid.height, sheet.grid.width) == (6, 8)
    for _, left, top in sheet.grid.corners:
        tile = sheet.pixels[top : top + 6, left : left + 8, 0]
        assert (tile[strength == 1] == 55).all() and (tile[strength < 1] == 195).all()


def test_patches_that_are_whole_pictures_make_no_huge_sheet() -> None:
    sheet = sheet_of(*[Patch("a.png", 1, (0, 0, 500, 400), (0, 0), photo(500, 400))] * 9)
    assert 800 < max(sheet.size) < 1200
    assert sheet.grid is not None
    assert sheet.grid.height / sheet.grid.width == pytest.approx(1.25, rel=0.02)


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


@pytest.mark.parametrize(
    ("winners", "note"), [([[0, 1]], "which class wins"), ([[1, 1]], "`dog` wins everywhere")]
)
def test_the_panel_of_winners_says_who_won_before(winners: list[list[int]], note: str) -> None:
    found = Occlusion((a_map("occlusion", signed=True),), np.array(winners))
    panel = winners_panel(found, ["cat", "dog"], Answer("cat", "91.8%", 0.918), photo(), None)
    assert panel.caption.lines == ("Occlusion at conv3", "class cat, 91.8%", note)


def test_grey_is_the_lightness() -> None:
    assert grey(np.array([[[255, 255, 255], [255, 0, 0]]], np.uint8)).tolist() == [[255, 76]]
    assert grey(photo()[..., 0]).shape == (20, 24)
