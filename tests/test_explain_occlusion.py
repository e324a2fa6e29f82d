"""Occlusion is a plain loop over squares, whatever the batches; a square hurts where it hides."""

from __future__ import annotations

from typing import Any, get_args

import numpy as np
import pytest

from netspec.explain.maps import Array
from netspec.explain.net import Net
from netspec.explain.occlusion import Fill, Occlusion, occlude
from netspec.machine.errors import UnusableError
from netspec.runtime.errors import InputError
from netspec.weights.values import ArrayValues
from tests.explain_nets import IMAGE, SAMPLES, digits, net_of

#: What the loop of one and batches of many may differ by.
ROUNDING = 1e-5


def colours(batch: int = 8) -> Net:
    """A small net of pictures whose sides are no multiple of anything."""
    return net_of(
        "INPUT -> CONV(6, 3) -> RELU -> GAP -> FC(5)", "3x23x17", image=IMAGE, batch=batch
    )


def picture(net: Net) -> Array:
    shape = (1, *net.graph.inputs[net.input].shape)
    return np.random.default_rng(1).standard_normal(shape, np.float32)


def gauss(plane: Array, sigma: float) -> Array:
    """A blurred plane, pixel by pixel."""
    height, width = plane.shape
    rows, columns = np.mgrid[:height, :width]
    soft = np.empty_like(plane)
    for y, x in np.ndindex(height, width):
        weights = np.exp(-((rows - y) ** 2 + (columns - x) ** 2) / (2 * sigma**2))
        soft[y, x] = (weights * plane).sum() / weights.sum()
    return soft


def hidden(net: Net, plane: Array, channel: int, fill: Fill, size: int) -> Array:
    """What shows under a square in a channel."""
    if fill == "blur":
        return gauss(plane, size / 2)
    mean, std = net.image.mean[channel], net.image.std[channel]
    colour = (127.5 * net.image.scale - mean) / std if fill == "grey" else plane.mean()
    return np.full_like(plane, colour)


def plain_loop(net: Net, x: Array, fill: Fill, size: int, stride: int) -> tuple[Array, Array]:
    """The probabilities under each pixel's square (H, W, classes), and without one."""
    _, channels, height, width = x.shape
    filling = np.stack([hidden(net, x[0, at], at, fill, size) for at in range(channels)])
    found = np.empty((height, width, net.classes), np.float32)
    for top in range(0, height, stride):
        for left in range(0, width, stride):
            covered = x.copy()
            for y, u in np.ndindex(height, width):
                above, before = top + (stride - size) // 2, left + (stride - size) // 2
                if above <= y < above + size and before <= u < before + size:
                    covered[0, :, y, u] = filling[:, y, u]
            found[top : top + stride, left : left + stride] = net.probabilities(covered)[0]
    return found, net.probabilities(x)[0]


def same(found: Occlusion, loop: Array, before: Array, numbers: tuple[int, ...]) -> None:
    for fall, number in zip(found.falls, numbers, strict=True):
        assert fall.number == number
        assert fall.probability == pytest.approx(before[number], abs=ROUNDING)
        np.testing.assert_allclose(fall.values, before[number] - loop[..., number], atol=ROUNDING)
    np.testing.assert_array_equal(found.winners, loop.argmax(axis=-1))


@pytest.mark.parametrize("fill", get_args(Fill))
@pytest.mark.parametrize(("size", "stride"), [(5, 3), (4, 4), (2, 5), (6, 1)])
def test_as_a_plain_loop(fill: Fill, size: int, stride: int) -> None:
    net = colours(7)
    x = picture(net)
    found = occlude(net, x, (3, 0), fill=fill, size=size, stride=stride)
    assert np.ptp(found.falls[0].values) > 1e-3
    same(found, *plain_loop(net, x, fill, size, stride), (3, 0))


def test_as_a_plain_loop_on_digits() -> None:
    net = digits()
    x, _ = net.prepare(SAMPLES[3])
    found = occlude(net, x, size=10, stride=4)
    loop, before = plain_loop(net, x, "grey", 10, 4)
    same(found, loop, before, (int(before.argmax()),))
    assert len(np.unique(found.winners)) > 1


@pytest.mark.parametrize("batch", [1, 5, 400])
def test_batches_do_not_matter(batch: int) -> None:
    x = picture(colours())
    one, other = (occlude(net, x, stride=2) for net in (colours(64), colours(batch)))
    np.testing.assert_allclose(one.falls[0].values, other.falls[0].values, atol=ROUNDING)
    np.testing.assert_array_equal(one.winners, other.winners)


def test_two_batches_under_way_as_on_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    net = colours(3)
    x = picture(net)
    alone = occlude(net, x, stride=2)
    monkeypatch.setattr(Net, "device", "cuda:0")
    both = occlude(net, x, stride=2)
    np.testing.assert_allclose(alone.falls[0].values, both.falls[0].values, atol=ROUNDING)


def test_the_input_is_left_alone() -> None:
    net = colours()
    x = picture(net)
    before = x.copy()
    occlude(net, x)
    np.testing.assert_array_equal(x, before)


def test_the_winner_is_looked_at_unless_a_class_is_named() -> None:
    net = digits()
    x, _ = net.prepare(SAMPLES[0])
    (fall,) = occlude(net, x, stride=16).falls
    assert (fall.method, fall.layer, fall.label) == ("occlusion", "input", "0")
    assert fall.signed


def test_28_squares_of_a_seventh_along_a_side_unless_said_otherwise() -> None:
    """A spot of 8 pixels is hidden whole by 4 x 4 of the squares of 32 pixels."""
    net = net_of("INPUT -> AVGPOOL(56) -> FC(2)", "1x224x224", batch=100)
    told: list[tuple[int, int]] = []
    x = np.zeros((1, 1, 224, 224), np.float32)
    x[..., 108:116, 108:116] = 100
    found = occlude(net, x, (0, 1), fill="mean", progress=lambda *at: told.append(at))
    assert told == [(min(100 * at, 784), 784) for at in range(1, 9)]
    effect = np.abs(found.falls[0].values)
    rows, columns = np.nonzero(effect > 0.9 * effect.max())
    assert (rows.min(), rows.max() + 1, columns.min(), columns.max() + 1) == (96, 128, 96, 128)


def test_squares_hurt_where_they_hide_the_digit() -> None:
    """Of each sample's fall a pixel of the ink's box has more than one beside it."""
    net = digits()
    for path in SAMPLES:
        x, pixels = net.prepare(path)
        (fall,) = occlude(net, x, fill="mean", size=8, stride=2).falls
        rows, columns = np.nonzero(pixels > 127)
        box = slice(rows.min(), rows.max() + 1), slice(columns.min(), columns.max() + 1)
        mass = np.maximum(fall.values, 0)
        assert mass[box].mean() > 1.1 * mass.mean(), path.name


def test_other_inputs_stay_as_they_are() -> None:
    net = net_of(
        '"CONCAT{ INPUT(eye) -> GAP -> FC(2) | INPUT(ear) } -> FC(3)"', "{eye: 3x8x8, ear: 3}"
    )
    random = np.random.default_rng(0)
    eye = random.standard_normal((1, 3, 8, 8)).astype(np.float32)
    ear = random.standard_normal((1, 3)).astype(np.float32)
    found = occlude(net, {"eye": eye, "ear": ear}, (1,), fill="mean", size=4, stride=4)
    covered = eye.copy()
    covered[..., 4:, :4] = eye.mean(axis=(2, 3), keepdims=True)
    before, after = (net.probabilities({"eye": one, "ear": ear})[0, 1] for one in (eye, covered))
    np.testing.assert_allclose(found.falls[0].values[4:, :4], before - after, atol=ROUNDING)


def test_a_batch_that_fails_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """And does not leave others waiting for its place."""
    net = net_of("INPUT -> GAP -> FC(3)", "1x8x8", batch=2)
    asked = net.probabilities
    calls = iter(range(100))

    def probabilities(x: Any) -> Any:
        if next(calls) == 1:
            raise InputError("no numbers")
        return asked(x)

    monkeypatch.setattr(net, "probabilities", probabilities)
    with pytest.raises(InputError, match="no numbers"):
        occlude(net, np.ones((1, 1, 8, 8), np.float32), fill="mean", stride=1)


def test_classes_that_there_are_not() -> None:
    net = net_of("INPUT -> GAP -> FC(3)", "1x8x8")
    for number in (-1, 3):
        with pytest.raises(UnusableError, match=f"no class `{number}`"):
            occlude(net, np.ones((1, 1, 8, 8), np.float32), [number], fill="mean")


def test_how_far_a_class_falls_is_said() -> None:
    """The score is a pixel's value: hidden, it falls by that, or rises."""
    graph = net_of("INPUT -> FC(1)", "1x8x8").graph
    weight = np.zeros((1, 64), np.float32)
    weight[0, 9] = 1
    bias = np.zeros(1, np.float32)
    net = Net(graph, ArrayValues(graph, {"fc1.weight": weight, "fc1.bias": bias}), "cpu")
    for value, said in ((6.4, "falls by 6.3 at most"), (-6.4, "falls nowhere")):
        x = np.zeros((1, 1, 8, 8), np.float32)
        x[0, 0, 1, 1] = value
        (fall,) = occlude(net, x, fill="mean", size=1, stride=1).falls
        assert fall.note == f"square 1, step 1, mean: {said}"


@pytest.mark.parametrize(("size", "stride"), [(9, 1), (1, 9)])
def test_a_square_that_tells_no_places_apart_is_refused(size: int, stride: int) -> None:
    net = net_of("INPUT -> GAP -> FC(3)", "3x8x9")
    with pytest.raises(UnusableError, match="9 pixels of 8x9 tells no places apart") as error:
        occlude(net, np.zeros((1, 3, 8, 9), np.float32), fill="mean", size=size, stride=stride)
    assert error.value.help == "4 is the most that makes sense"


def test_each_cell_s_square_lies_in_the_picture() -> None:
    """A pixel for each seven: the last cell of 15 is one pixel wide."""
    net = net_of("INPUT -> FC(2)", "1x15x15")
    x = np.random.default_rng(0).standard_normal((1, 1, 15, 15), np.float32)
    (fall,) = occlude(net, x, (1,), fill="mean", size=1, stride=7).falls
    assert (np.abs(fall.values) > 0).all()


def test_an_input_without_an_area_is_refused() -> None:
    net = net_of("INPUT -> FC(3)", "4")
    with pytest.raises(UnusableError, match=r"`input` is 4, which has no area"):
        occlude(net, np.zeros((1, 4), np.float32))


def test_grey_needs_to_know_what_grey_is() -> None:
    net = net_of("INPUT -> GAP -> FC(3)", "3x8x8")
    with pytest.raises(UnusableError, match="which number of `input` is grey") as error:
        occlude(net, np.zeros((1, 3, 8, 8), np.float32))
    assert error.value.help == "fill with `mean` or `blur`, which need none"
