"""Pictures varied at random: what each way may and may not do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from netspec.text.training import AUGMENTS, chosen
from netspec.train.data.augmenting import Augmentation
from netspec.train.data.draws import Draws

RNG = np.random.default_rng(0)
X = RNG.uniform(0, 255, (64, 3, 7, 9)).astype(np.float32)
AT = np.arange(len(X))


def varied(
    x: NDArray[np.float32],
    ways: Mapping[str, Mapping[str, float]],
    draws: Draws | None = None,
    top: float | None = 255.0,
) -> NDArray[np.float32]:
    """The pictures, varied in these ways, with their options."""
    choices = {name: chosen(AUGMENTS, name, **options) for name, options in ways.items()}
    return Augmentation(choices).apply(x, np.arange(len(x)), draws or Draws(0, 1), top)


@dataclass(frozen=True)
class Fixed(Draws):
    """The same number for all, or one for a lane."""

    number: float = 0.5
    lanes: tuple[tuple[int, float], ...] = ()

    def numbers(self, indices: NDArray[np.int64], lane: int) -> NDArray[np.float64]:
        return np.full(len(indices), dict(self.lanes).get(lane, self.number))


def test_a_flip_exchanges_left_and_right_of_some() -> None:
    found = varied(X, {"flip": {}})
    same = (found == X).all((1, 2, 3))
    np.testing.assert_array_equal(found[~same], X[~same][..., ::-1])
    assert 16 < same.sum() < 48
    np.testing.assert_array_equal(varied(X, {"flip": {"chance": 1}}), X[..., ::-1])
    np.testing.assert_array_equal(varied(X, {"flip": {"chance": 0}}), X)


def test_a_crop_is_a_window_of_the_padded_picture() -> None:
    found = varied(X, {"crop": {"pad": 2}})
    padded = np.pad(X, ((0, 0), (0, 0), (2, 2), (2, 2)))
    places = set()
    for picture, result in zip(padded, found, strict=True):
        windows = sliding_window_view(picture, (7, 9), (1, 2)).transpose(1, 2, 0, 3, 4)
        ((down, across),) = np.argwhere((windows == result).all((2, 3, 4)))
        places.add((int(down), int(across)))
    assert places <= {(d, a) for d in range(5) for a in range(5)} and len(places) > 15


def test_the_ends_of_a_crop() -> None:
    first, last = (
        varied(X, {"crop": {"pad": 2}}, Fixed(0, 0, 0.0)),
        varied(X, {"crop": {"pad": 2}}, Fixed(0, 0, 0.999)),
    )
    np.testing.assert_array_equal(first[..., 2:, 2:], X[..., :-2, :-2])
    assert not first[..., :2, :].any() and not first[..., :2].any()
    np.testing.assert_array_equal(last[..., :-2, :-2], X[..., 2:, 2:])


def test_colour_is_brightness_then_contrast_then_saturation() -> None:
    factors = (1.4, 0.8, 0.6)
    lanes = tuple((13 + at, (factor - 0.5)) for at, factor in enumerate(factors))
    found = varied(X, {"colour": {"strength": 0.5}}, Fixed(0, 0, 0, lanes))
    luma = np.array([0.299, 0.587, 0.114])[:, None, None]
    for picture, result in zip(X.astype(np.float64), found, strict=True):
        bright = np.clip(picture * 1.4, 0, 255)
        mean = (bright * luma).sum(0).mean()
        contrast = np.clip(mean + (bright - mean) * 0.8, 0, 255)
        grey = (contrast * luma).sum(0)
        np.testing.assert_allclose(
            result, np.clip(grey + (contrast - grey) * 0.6, 0, 255), rtol=1e-4, atol=1e-3
        )


def test_colours_stay_within_those_of_pixels_and_numbers_need_not() -> None:
    assert varied(X, {"colour": {"strength": 0.9}}).min() >= 0
    assert varied(X, {"colour": {"strength": 0.9}}).max() == 255
    assert varied(X, {"colour": {"strength": 0.9}}, top=None).max() > 300
    gray = X[:, :1]
    np.testing.assert_allclose(varied(gray, {"colour": {}}, Fixed(0, 0)), gray, atol=1e-4)


MOVES = {"turn": {"degrees": 30.0}, "scale": {"part": 0.3}, "shift": {"part": 0.25}}


def test_the_middle_of_each_move_is_none() -> None:
    np.testing.assert_allclose(varied(X, MOVES, Fixed(0, 0)), X, atol=1e-3)


def test_a_shift_of_whole_pixels_repeats_the_edge() -> None:
    x = RNG.uniform(0, 255, (4, 3, 8, 8)).astype(np.float32)
    found = varied(x, {"shift": {"part": 0.25}}, Fixed(0, 0, 0.999999999999))
    wanted = np.pad(x, ((0, 0), (0, 0), (2, 0), (2, 0)), "edge")[..., :8, :8]
    np.testing.assert_allclose(found, wanted, atol=1e-3)


def test_a_quarter_turn_is_clockwise() -> None:
    x = X[..., :7]
    found = varied(x, {"turn": {"degrees": 90}}, Fixed(0, 0, 0.999999999999))
    np.testing.assert_allclose(found, np.rot90(x, -1, (2, 3)), atol=1e-3)


def test_a_picture_that_is_enlarged_shows_less() -> None:
    ramp = np.broadcast_to(np.arange(9, dtype=np.float32), (2, 1, 7, 9)).copy()
    large = varied(ramp, {"scale": {"part": 0.5}}, Fixed(0, 0, 0.999999999999))
    np.testing.assert_allclose(large[0, 0, 3], 4 + (np.arange(9) - 4) / 1.5, atol=1e-5)
    small = varied(ramp, {"scale": {"part": 0.5}}, Fixed(0, 0, 0.0))
    np.testing.assert_allclose(small[0, 0, 3], np.clip(4 + (np.arange(9) - 4) * 2, 0, 8), atol=1e-5)


def test_moves_beside_torch() -> None:
    torch = pytest.importorskip("torch")
    functional = torch.nn.functional
    draws, count, (height, width) = Draws(3, 4), len(X), X.shape[2:]
    turn, scale, down, across = (
        torch.from_numpy(draws.numbers(AT, 20 + at) * 2 - 1) for at in range(4)
    )
    angle, zoom = torch.deg2rad(turn * 30), 1 + scale * 0.3
    cos, sin = angle.cos() / zoom, angle.sin() / zoom
    # of grid_sample's coordinates, in which each side is 2 pixels less one long
    tall, wide = (height - 1) / 2, (width - 1) / 2
    dy, dx = down * 0.25 * height, across * 0.25 * width
    rows = (
        torch.stack([cos, sin * tall / wide, (-cos * dx - sin * dy) / wide], 1),
        torch.stack([-sin * wide / tall, cos, (sin * dx - cos * dy) / tall], 1),
    )
    grid = functional.affine_grid(
        torch.stack(rows, 1), (count, 3, height, width), align_corners=True
    )
    wanted = functional.grid_sample(
        torch.from_numpy(X).double(), grid, padding_mode="border", align_corners=True
    )
    np.testing.assert_allclose(varied(X, MOVES, draws), wanted.numpy(), atol=2e-3)


def test_samples_are_not_written_to() -> None:
    before = X.copy()
    varied(X, {name: {} for name in AUGMENTS})
    np.testing.assert_array_equal(X, before)


def test_one_way_more_leaves_the_others_as_they_are() -> None:
    np.testing.assert_array_equal(
        varied(X, {"flip": {}, "crop": {"pad": 2}}),
        varied(varied(X, {"crop": {"pad": 2}}), {"flip": {}}),
    )


def test_large_pictures_are_worked_on_in_blocks() -> None:
    large = RNG.uniform(0, 255, (3, 1, 200, 300)).astype(np.float32)
    found = varied(large, MOVES)
    for at in range(3):
        alone = Augmentation({n: chosen(AUGMENTS, n, **o) for n, o in MOVES.items()}).apply(
            large[at : at + 1], np.array([at]), Draws(0, 1), 255.0
        )
        np.testing.assert_array_equal(found[at], alone[0])
