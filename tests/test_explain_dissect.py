"""Dissection finds the places of pictures where a channel is largest, and cuts what they see."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from netspec.explain.dissect import Dissected, dissect
from netspec.explain.net import Net
from netspec.explain.stretch import stretched
from netspec.machine.errors import UnusableError
from netspec.runtime.errors import InputError
from netspec.weights.values import ArrayValues
from tests.explain_nets import IMAGE, SAMPLES, digits, net_of

#: Two windows with padding, steps and a pooling layer between: the field is cut at the borders.
PATTERN = "INPUT -> CONV(5, 3, pad=1) -> RELU -> POOL(2) -> CONV(7, 3, 2, pad=1) -> GAP -> FC(2)"


def net(batch: int = 3) -> Net:
    return net_of(PATTERN, "3x16x20", image=IMAGE, batch=batch)


@pytest.fixture
def pictures(tmp_path: Path) -> list[str]:
    random = np.random.default_rng(0)
    paths = [tmp_path / f"{at}.png" for at in range(8)]
    for path in paths:
        Image.fromarray(random.integers(0, 256, (16, 20, 3), np.uint8)).save(path)
    return list(map(str, paths))


def by_hand(net: Net, pictures: list[str], layer: str, channel: int) -> list[tuple[float, str]]:
    """The largest value of a channel in each picture, from the largest down."""
    tops = []
    for path in pictures:
        plane = net.activations(net.prepare(path)[0], (layer,))[layer][0, channel]
        tops.append((float(plane.max()), Path(path).name))
    return sorted(tops, key=lambda top: -top[0])


@pytest.mark.parametrize("layer", ["conv1", "pool1", "conv2", "gap1", "fc1"])
def test_the_pictures_that_excite_a_channel_most(pictures: list[str], layer: str) -> None:
    for found in dissect(net(), pictures, [layer], [1, 0], top=4)[0]:
        expected = by_hand(net(), pictures, layer, found.channel)[:4]
        assert [patch.name for patch in found.patches] == [name for _, name in expected]
        values = [patch.value for patch in found.patches]
        assert values == pytest.approx([value for value, _ in expected], abs=1e-5)


def test_fewer_pictures_than_asked_for(pictures: list[str]) -> None:
    ((found,),) = dissect(net(), pictures[:2], ["conv2"], [6], top=9)
    assert len(found.patches) == 2


@pytest.mark.parametrize("layer", ["conv1", "pool1", "conv2"])
def test_a_patch_is_all_that_the_place_sees(pictures: list[str], layer: str) -> None:
    """Without the rest of the picture the channel is as large there, without the patch it is not;
    no smaller part of the field would do.
    """
    sizes = {"conv1": 3, "pool1": 4, "conv2": 8}
    (found,), folder = dissect(net(), pictures, [layer], top=3), Path(pictures[0]).parent
    for patch in (patch for one in found for patch in one.patches):
        _, pixels = net().prepare(folder / patch.name)
        top, left, bottom, right = patch.box
        np.testing.assert_array_equal(patch.pixels, pixels[top:bottom, left:right])
        assert bottom - top <= sizes[layer]
        assert right - left <= sizes[layer]
    assert any(patch.pixels.shape[0] == sizes[layer] for one in found for patch in one.patches)
    for one in found:
        assert_seen(folder, one, layer)


def assert_seen(folder: Path, found: Dissected, layer: str) -> None:
    """What is outside of the box does not matter to the value, which is there again."""
    looked = net()
    for patch in found.patches:
        x, _ = looked.prepare(folder / patch.name)
        top, left, bottom, right = patch.box
        alone = np.zeros_like(x)
        alone[..., top:bottom, left:right] = x[..., top:bottom, left:right]
        plane = looked.activations(alone, (layer,))[layer][0, found.channel]
        assert np.abs(plane - patch.value).min() < 1e-5


def test_vectors_see_the_whole_picture(pictures: list[str]) -> None:
    for layer in ("gap1", "fc1"):
        ((found,),) = dissect(net(), pictures, [layer], [0], top=2)
        assert [patch.box for patch in found.patches] == [(0, 0, 16, 20)] * 2


def test_the_channels_that_are_excited_most_unless_some_are_named() -> None:
    samples = list(map(str, SAMPLES))
    (found,) = dissect(digits(), samples, ["conv3"], top=2)
    assert len(found) == 16
    best = [one.patches[0].value for one in found]
    assert best == sorted(best, reverse=True)
    (every,) = dissect(digits(), samples, ["conv3"], range(120), top=1)
    assert best[0] == max(one.patches[0].value for one in every)
    assert found[0].patches[0].pixels.shape == (32, 32)


@pytest.mark.parametrize("batch", [1, 3, 50])
def test_batches_do_not_matter(pictures: list[str], batch: int) -> None:
    one, other = (dissect(net(size), pictures, ["conv2"], [2], top=5)[0][0] for size in (8, batch))
    assert [patch.name for patch in one.patches] == [patch.name for patch in other.patches]
    assert [patch.box for patch in one.patches] == [patch.box for patch in other.patches]


def test_a_picture_that_cannot_be_read(pictures: list[str]) -> None:
    Path(pictures[4]).write_bytes(b"no picture")
    with pytest.raises(InputError, match=r"4\.png"):
        dissect(net(), pictures, ["conv2"], [0])
    told: list[str] = []
    steps: list[tuple[int, int]] = []
    ((found,),) = dissect(
        net(),
        pictures,
        ["conv2"],
        [0],
        fail=lambda error: told.append(str(error)),
        progress=lambda *at: steps.append(at),
    )
    assert len(told) == 1
    assert "4.png" in told[0]
    assert len(found.patches) == 7
    assert steps == [(done, 8) for done in range(1, 9)]
    with pytest.raises(InputError, match="there is no picture"):
        dissect(net(), [pictures[4]], ["conv2"], fail=lambda error: None)


def test_several_layers_are_looked_at_together(pictures: list[str]) -> None:
    """As each by itself; a file that cannot be read is told of once."""
    Path(pictures[4]).write_bytes(b"no picture")
    told: list[InputError] = []
    layers = ["conv2", "gap1", "conv1"]
    together = dissect(net(), pictures, layers, [1, 0], top=3, fail=told.append)
    assert len(told) == 1
    for layer, found in zip(layers, together, strict=True):
        (alone,) = dissect(net(), pictures, [layer], [1, 0], top=3, fail=told.append)
        for one, other in zip(found, alone, strict=True):
            assert (one.layer, one.channel) == (other.layer, other.channel)
            assert [at.name for at in one.patches] == [at.name for at in other.patches]
            assert [at.box for at in one.patches] == [at.box for at in other.patches]


def test_a_field_that_is_larger_than_the_picture(tmp_path: Path) -> None:
    """Cut off on both sides: how much lies outside before the picture is not lost."""
    looked = net_of("INPUT -> CONV(1, 7, pad=3) -> GAP -> FC(2)", "1x5x5", image="{scale: 1}")
    paths = []
    for at in range(5):
        pixels = np.zeros((5, 5), np.uint8)
        pixels[at, 4 - at] = 200
        paths.append(str(tmp_path / f"{at}.png"))
        Image.fromarray(pixels).save(paths[-1])
    ((found,),) = dissect(looked, paths, ["conv1"], [0], top=5)
    for patch in found.patches:
        plane = looked.activations(looked.prepare(tmp_path / patch.name)[0], ["conv1"])["conv1"]
        place = np.unravel_index(plane[0, 0].argmax(), (5, 5))
        assert patch.cut == tuple(max(3 - spot, 0) for spot in place)


@pytest.mark.parametrize(
    ("shape", "kernel", "known"), [("3", 7, True), ("1", 7, True), ("1", 4, False)]
)
@pytest.mark.parametrize("sign", [1, -1])
def test_how_strong_a_channel_is_where_its_field_does_not_say(
    pictures: list[str], shape: str, kernel: int, known: bool, sign: int
) -> None:
    """A field that is more than half of a picture, of 15x15 and not of 9x9 in 16x20, comes with the
    plane at the picture's size: 1 where it is strongest, 0 at 0 or, if it is below 0, at its least.
    """
    image = IMAGE if shape == "3" else "{scale: 0.01}"
    looked = net_of(
        f"INPUT -> POOL(2) -> RELU -> CONV(2, {kernel}) -> FC(2)", f"{shape}x16x20", image=image
    )
    weight = np.full_like(looked.values.read("conv1.weight"), 0.01 * sign)
    given = {n: looked.values.read(n) for n in ("fc1.weight", "fc1.bias", "conv1.bias")}
    given |= {"conv1.weight": weight, "conv1.bias": np.zeros(2, np.float32)}
    looked = Net(looked.graph, ArrayValues(looked.graph, given), "cpu")
    ((found,),) = dissect(looked, pictures, ["conv1"], [1], top=2)
    for patch in found.patches:
        assert (patch.strength is not None) == known
        if patch.strength is None:
            continue
        x, _ = looked.prepare(Path(pictures[0]).parent / patch.name)
        plane = looked.activations(x, ["conv1"])["conv1"][0, 1:2].astype(np.float64)
        assert (plane.max() > 0) == (sign > 0)
        least = 0 if sign > 0 else plane.min()
        whole = stretched((plane - least) / (plane.max() - least), (16, 20))[0]
        top, left, bottom, right = patch.box
        np.testing.assert_allclose(patch.strength, whole[top:bottom, left:right], atol=1e-4)


def test_a_sample_that_leads_to_no_numbers_is_left_out(tmp_path: Path) -> None:
    looked = net_of("INPUT -> CONV(2, 3) -> GAP -> FC(2)", "1x6x6")
    weight = looked.values.read("conv1.weight")
    samples = np.random.default_rng(0).standard_normal((5, 1, 6, 6), np.float32)
    samples[3, :, :3, :3] = np.sign(weight[0]) * np.float32(3e38)
    np.save(tmp_path / "x.npy", samples)
    told: list[str] = []
    ((found,),) = dissect(
        looked,
        [str(tmp_path / "x.npy")],
        ["conv1"],
        [0],
        name_of=lambda path: "these",
        fail=lambda error: told.append(str(error)),
    )
    assert sorted(patch.name for patch in found.patches) == [f"these[{at}]" for at in (0, 1, 2, 4)]
    assert told == ["these[3]: `conv1` is NaN or infinite"]


def test_files_of_several_samples(pictures: list[str], tmp_path: Path) -> None:
    """Pictures and the same ones in one array have the same patches."""
    looked = net()
    held = tmp_path / "all.npy"
    np.save(held, np.concatenate([looked.prepare(path)[0] for path in pictures[2:]]))
    ones, others = (
        dissect(looked, paths, ["conv2"], [1, 3], top=4)[0]
        for paths in (pictures, [*pictures[:2], str(held)])
    )
    for one, other in zip(ones, others, strict=True):
        assert [patch.box for patch in one.patches] == [patch.box for patch in other.patches]
        for patch, same in zip(one.patches, other.patches, strict=True):
            assert patch.value == pytest.approx(same.value, abs=1e-6)
            np.testing.assert_array_equal(patch.pixels, same.pixels)
            number = int(Path(patch.name).stem)
            assert same.name == (f"{number}.png" if number < 2 else f"all.npy[{number - 2}]")


def test_of_equal_maxima_the_larger_mean_and_the_middle(tmp_path: Path) -> None:
    """A rectifier that ends at 6: white areas are all the same, and what counts is how large."""
    looked = net_of("INPUT -> POOL(1) -> RELU6 -> GAP -> FC(2)", "1x12x12", image="{scale: 1}")
    paths = []
    for side in (3, 7, 5):
        pixels = np.zeros((12, 12), np.uint8)
        pixels[2 : 2 + side, 4 : 4 + side] = 255
        paths.append(str(tmp_path / f"{side}.png"))
        Image.fromarray(pixels).save(paths[-1])
    ((found,),) = dissect(looked, paths, ["relu61"], [0])
    assert [patch.name for patch in found.patches] == ["7.png", "5.png", "3.png"]
    assert [patch.value for patch in found.patches] == [6, 6, 6]
    middles = [(2 + side // 2, 4 + side // 2) for side in (7, 5, 3)]
    assert [patch.box[:2] for patch in found.patches] == middles


def test_channels_and_layers_that_are_not_there(pictures: list[str]) -> None:
    with pytest.raises(UnusableError, match="`conv2` has no channel 7") as error:
        dissect(net(), pictures, ["conv2"], [0, 7])
    assert error.value.help == "give a number from 0 to 6"
    with pytest.raises(UnusableError, match="no layer `conv3`"):
        dissect(net(), pictures, ["conv3"])
