"""Samples: files as a net takes them, and inputs back as pixels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from netspec.explain.samples import as_pixels, read
from netspec.machine.errors import UnusableError
from netspec.runtime.errors import InputError
from tests.explain_nets import digits, net_of
from tests.explain_panels import photo, some


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
