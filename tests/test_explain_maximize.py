"""Pictures that excite a class look like it, and one of a linear layer is where it must be."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from netspec.explain.ascent import Ascent
from netspec.explain.maximize import Maximum, Priors, maximize
from netspec.explain.natural import natural
from netspec.explain.net import Net
from netspec.explain.samples import as_pixels
from netspec.machine.errors import UnusableError
from tests.explain_nets import DIGITS, IMAGE, digits, net_of

#: No priors: gradient ascent alone.
BARE = Priors(steps=60, rate=0.2, natural=False, jitter=0, l2=0, tv=0, blur=0)
FAR = replace(BARE, rate=10)
#: A convolution whose planes' means are the scores.
LINEAR = "INPUT -> CONV(4, 3) -> GAP"


@pytest.fixture(scope="module")
def drawn() -> list[Maximum]:
    """A picture of each digit."""
    return [maximize(digits(), number, seeds=(0,))[0] for number in range(10)]


def test_the_score_rises_by_ten_logits(drawn: list[Maximum]) -> None:
    """And the net is as good as sure; it rises in comparison with all other classes too."""
    for one in drawn:
        assert one.score - one.start > 10, one.label
        assert one.probability is not None
        assert one.probability > 0.999, one.label


def test_they_look_like_the_digit(drawn: list[Maximum]) -> None:
    """Of the mean pictures of the ten digits each resembles its own most."""
    train = np.load(DIGITS / "train.npz")
    means = np.stack([train["x"][train["y"] == number].mean(axis=0) for number in range(10)])
    resemblance = normed(np.stack([one.pixels for one in drawn])) @ normed(means).T
    assert resemblance.argmax(axis=1).tolist() == list(range(10))
    assert np.diag(resemblance).mean() > 0.5


def normed(pictures: NDArray[Any]) -> NDArray[Any]:
    """Flat, of mean 0 and length 1."""
    flat = pictures.reshape(len(pictures), -1).astype(np.float64)
    flat -= flat.mean(axis=1, keepdims=True)
    flat /= np.linalg.norm(flat, axis=1, keepdims=True)
    return flat


def test_what_is_said_of_a_picture_is_what_the_net_says(drawn: list[Maximum]) -> None:
    net = digits()
    for one in drawn:
        assert (one.layer, one.label, one.seed) == ("fc2", str(one.number), 0)
        assert net.scores(one.x[None])[0, one.number] == pytest.approx(one.score, abs=1e-4)
        assert net.probabilities(one.x[None])[0, one.number] == pytest.approx(one.probability)
        np.testing.assert_array_equal(one.pixels, as_pixels(net, one.x))


def test_priors_make_it_even() -> None:
    bare, held = (
        maximize(digits(), 3, seeds=(0,), priors=priors)[0].x for priors in (BARE, Priors())
    )
    roughness = [np.abs(np.diff(x, axis=axis)).mean() for x in (bare, held) for axis in (1, 2)]
    assert max(roughness[2:]) < 0.5 * min(roughness[:2])


def test_each_seed_has_its_own_picture_and_the_same_again() -> None:
    first, second, third = (
        maximize(digits(), 5, seeds=seeds, priors=Priors(steps=20))
        for seeds in ((0, 1), (0, 1), (1,))
    )
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one.x, other.x)
    assert np.abs(first[0].x - first[1].x).max() > 0.01
    assert [one.seed for one in (*first, *third)] == [0, 1, 1]
    np.testing.assert_allclose(first[1].x, third[0].x, atol=1e-3)


@pytest.mark.parametrize("channels", ["RGB", "BGR"])
def test_a_linear_class_has_its_maximum_in_a_corner(channels: str) -> None:
    """The score's gradient is the same everywhere: pixels are black or white by its sign."""
    net = net_of(LINEAR, "3x6x7", image=IMAGE.replace("{", f"{{channels: {channels}, "))
    found = maximize(net, 2, seeds=(0, 1), priors=FAR)
    x = np.zeros((1, 3, 6, 7), np.float32)
    gradient = net.gradients(x, net.seed([2]), ("input",))["input"][0]
    image, white = net.image, gradient > 0
    ends = [(np.array(end * image.scale) - image.mean) / image.std for end in (0, 255)]
    corner = np.where(white, *(end[:, None, None] for end in ends[::-1]))
    shown = white[:: -1 if channels == "BGR" else 1].transpose(1, 2, 0)
    for one in found:
        np.testing.assert_allclose(one.x, corner, atol=1e-5)
        np.testing.assert_array_equal(one.pixels, shown * np.uint8(255))
        assert one.score == pytest.approx(float(net.scores(corner[None])[0, 2]), abs=1e-4)


def test_a_step_goes_along_the_gradient_of_the_pixels() -> None:
    """Not of the input, whose channels have ranges of their own."""
    net = net_of(LINEAR, "3x6x7", image="{mean: [0, 0, 0], std: [1, 0.5, 0.1]}")
    ascent = Ascent(net, "", 1, replace(BARE, steps=1, rate=0.01))
    begun = np.full((1, 3, 6, 7), 0.5, np.float32)
    moved = ascent.climb(begun, [np.random.default_rng(0)], lambda done, count: None) - begun
    gradient = net.gradients(ascent.inputs(begun), net.seed([1]), ("input",))["input"]
    uphill = gradient / np.array([1, 0.5, 0.1])[:, None, None]
    np.testing.assert_allclose(moved, 0.01 * uphill / np.sqrt(np.square(uphill).mean()), atol=1e-6)


def test_directions_of_natural_pictures() -> None:
    """Waves of one, four and four cycles to 16 pixels: each is divided by its frequency, whichever
    way it goes.
    """
    one, four = (np.cos(2 * np.pi * cycles * np.arange(16) / 16) for cycles in (1, 4))
    flat = np.ones(16)
    waves = np.stack([np.outer(flat, one), np.outer(flat, four), np.outer(four, flat)])
    found = natural(waves[:, None].astype(np.float32))[:, 0]
    np.testing.assert_allclose(found, waves * np.array([16, 4, 4])[:, None, None], atol=1e-4)


def test_colours_go_together_as_in_natural_pictures() -> None:
    """Red brings green and some blue, as light does; the other way round it is the same."""
    red = np.zeros((1, 3, 4, 4), np.float32)
    red[:, 0] = 1
    one = natural(red)[0, :, 0, 0]
    assert one[0] > one[1] > one[2] > 0.5 * one[0]
    other = natural(red[:, ::-1], reversed_colours=True)[0, ::-1, 0, 0]
    np.testing.assert_allclose(one, other, rtol=1e-6)


def test_a_channel_by_the_mean_over_its_plane() -> None:
    net = net_of("INPUT -> CONV(4, 3) -> RELU -> FC(2)", "3x8x8", image=IMAGE)
    (found,) = maximize(net, 3, layer="relu1", seeds=(7,), priors=Priors(steps=30))
    assert (found.layer, found.label, found.number) == ("relu1", "channel 3", 3)
    assert found.probability is None
    plane = net.activations(found.x[None], ("relu1",))["relu1"][0, 3]
    assert found.score == pytest.approx(float(plane.mean()), rel=1e-4)
    assert found.score > found.start > 0


def test_an_element_of_a_vector_is_a_channel() -> None:
    (found,) = maximize(digits(), 11, layer="tanh4", seeds=(0,), priors=Priors(steps=30))
    assert found.score > 0.9


def test_it_starts_where_there_is_a_way_up() -> None:
    """Noise that a rectifier answers with 0 everywhere has the lowest score, and no gradient."""
    net = net_of("INPUT -> CONV(2, 5) -> RELU -> GAP -> FC(2)", "3x5x5", image=IMAGE)
    for seed in range(8):
        found = maximize(net, 1, layer="relu1", seeds=(seed,), priors=replace(BARE, steps=9))[0]
        assert 0 < found.start < found.score


def test_where_nothing_has_a_gradient_priors_lead_to_the_mean_colour() -> None:
    """A rectifier that is below zero everywhere."""
    net = net_of("INPUT -> FC(3)", "3x6x6", image=IMAGE)
    ascent = Ascent(net, "", 0, Priors(steps=200, rate=0.2, tv=0, blur=0))
    ascent._seed[:] = 0
    noise = np.random.default_rng(0).random((1, 3, 6, 6), np.float32)
    ended = ascent.climb(noise, [np.random.default_rng(0)], lambda done, count: None)
    np.testing.assert_allclose(ascent.inputs(ended), 0, atol=1e-4)


def test_progress_tells_of_each_step() -> None:
    told: list[tuple[int, int]] = []
    priors = Priors(steps=3)
    maximize(digits(), 0, seeds=(0,), priors=priors, progress=lambda *at: told.append(at))
    assert told == [(1, 3), (2, 3), (3, 3)]


TWO = '"CONCAT{ INPUT(eye) -> GAP -> FC(2) | INPUT(ear) } -> FC(3)"'


@pytest.mark.parametrize(
    ("net", "number", "layer", "message"),
    [
        (net_of(LINEAR, "3x6x6"), 0, "", "needs an `image:` section"),
        (net_of(TWO, "{eye: 3x8x8, ear: 3}"), 0, "", "this takes eye, ear"),
        (net_of(LINEAR, "3x6x6", image=IMAGE), 4, "", "`gap1` has no channel 4"),
        (net_of(LINEAR, "3x6x6", image=IMAGE), -1, "conv1", "`conv1` has no channel -1"),
        (net_of(LINEAR, "3x6x6", image=IMAGE), 0, "conv7", "no layer `conv7`"),
    ],
)
def test_what_cannot_be_done(net: Net, number: int, layer: str, message: str) -> None:
    with pytest.raises(UnusableError, match=message):
        maximize(net, number, layer=layer)
