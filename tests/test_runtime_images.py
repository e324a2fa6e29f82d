"""Pictures: orientation, alpha, depth, palettes, sizes, and files that are none."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image as Pillow

from netspec.runtime.errors import InputError
from netspec.runtime.images import read_picture
from netspec.text.image import Image

#: The pixels as they are, 0..255.
PLAIN = Image(None, None, "RGB", 1.0, (0.0,) * 3, (1.0,) * 3)
GRAY = Image(None, None, "GRAY", 1.0, (0.0,), (1.0,))
RNG = np.random.default_rng(0)


def noise(*shape: int) -> NDArray[np.uint8]:
    return RNG.integers(0, 256, shape, dtype=np.uint8)


def saved(folder: Path, picture: Pillow.Image, name: str = "p.png", **options: Any) -> Path:
    picture.save(folder / name, **options)
    return folder / name


def test_channels_come_first_and_in_their_order(tmp_path: Path) -> None:
    pixels = noise(4, 6, 3)
    path = saved(tmp_path, Pillow.fromarray(pixels))
    rgb = read_picture(path, PLAIN, (3, 4, 6))
    np.testing.assert_array_equal(rgb, pixels.transpose(2, 0, 1))
    bgr = Image(None, None, "BGR", 1.0, (0.0,) * 3, (1.0,) * 3)
    np.testing.assert_array_equal(read_picture(path, bgr, (3, 4, 6)), rgb[::-1])
    assert rgb.dtype == np.float32 and rgb.flags.c_contiguous


def test_scale_then_mean_then_std(tmp_path: Path) -> None:
    path = saved(tmp_path, Pillow.new("RGB", (2, 2), (10, 20, 30)))
    image = Image(None, None, "BGR", 0.5, (1.0, 2.0, 3.0), (2.0, 4.0, 8.0))
    found = read_picture(path, image, (3, 2, 2))[:, 0, 0]
    np.testing.assert_allclose(found, [(15 - 1) / 2, (10 - 2) / 4, (5 - 3) / 8])


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied(tmp_path: Path, orientation: int) -> None:
    upright = noise(4, 6, 3)
    stored = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.transpose(1, 0, 2),
        6: np.rot90(upright),
        7: upright[::-1, ::-1].transpose(1, 0, 2),
        8: np.rot90(upright, -1),
    }[orientation]
    exif = Pillow.Exif()
    exif[0x112] = orientation
    path = saved(tmp_path, Pillow.fromarray(np.ascontiguousarray(stored)), exif=exif)
    found = read_picture(path, PLAIN, (3, 4, 6)).transpose(1, 2, 0)
    np.testing.assert_array_equal(found, upright)


def test_alpha_is_laid_over_white(tmp_path: Path) -> None:
    path = saved(tmp_path, Pillow.new("RGBA", (2, 2), (100, 0, 200, 51)))
    found = read_picture(path, PLAIN, (3, 2, 2))[:, 0, 0]
    np.testing.assert_allclose(found, [255 - 155 * 0.2, 255 * 0.8, 255 - 55 * 0.2], atol=1)


def test_transparent_palettes_and_grey_with_alpha(tmp_path: Path) -> None:
    palette = Pillow.new("P", (2, 2), 1)
    palette.putpalette([0, 0, 0, 10, 20, 30])
    path = saved(tmp_path, palette)
    np.testing.assert_array_equal(read_picture(path, PLAIN, (3, 2, 2))[:, 0, 0], [10, 20, 30])
    path = saved(tmp_path, palette, transparency=1)
    np.testing.assert_array_equal(read_picture(path, PLAIN, (3, 2, 2))[:, 0, 0], [255] * 3)
    path = saved(tmp_path, Pillow.new("LA", (2, 2), (40, 0)))
    assert read_picture(path, GRAY, (1, 2, 2)).min() == 255


def test_16_bits_are_scaled_to_8(tmp_path: Path) -> None:
    samples = np.array([[0, 128, 129, 257], [514, 32896, 65406, 65535]], np.uint16)
    path = saved(tmp_path, Pillow.fromarray(samples))
    found = read_picture(path, GRAY, (1, 2, 4))[0]
    np.testing.assert_array_equal(found, np.round(samples / 257))


def test_grey_is_repeated_and_colour_is_weighed(tmp_path: Path) -> None:
    grey = noise(3, 5)
    path = saved(tmp_path, Pillow.fromarray(grey))
    np.testing.assert_array_equal(read_picture(path, PLAIN, (3, 3, 5)), np.stack([grey] * 3))
    np.testing.assert_array_equal(read_picture(path, GRAY, (1, 3, 5)), grey[None])
    path = saved(tmp_path, Pillow.new("RGB", (1, 1), (200, 100, 50)))
    expected = 0.299 * 200 + 0.587 * 100 + 0.114 * 50  # ITU-R 601
    assert read_picture(path, GRAY, (1, 1, 1)).item() == pytest.approx(expected, abs=1)


@pytest.mark.parametrize(("mode", "name"), [("1", "p.png"), ("CMYK", "p.jpg"), ("RGB", "p.webp")])
def test_other_modes_and_formats_are_converted(tmp_path: Path, mode: str, name: str) -> None:
    path = saved(tmp_path, Pillow.new(mode, (4, 4)), name)
    assert read_picture(path, PLAIN, (3, 4, 4)).shape == (3, 4, 4)


@pytest.mark.parametrize(
    ("size", "resized"), [((60, 40), (30, 20)), ((40, 61), (20, 30)), ((20, 20), (20, 20))]
)
def test_the_shorter_side_is_resized(
    tmp_path: Path, size: tuple[int, int], resized: tuple[int, int]
) -> None:
    image = Image(20, None, "RGB", 1.0, (0.0,) * 3, (1.0,) * 3)
    pixels = Pillow.fromarray(noise(size[1], size[0], 3))
    found = read_picture(saved(tmp_path, pixels), image, (3, resized[1], resized[0]))
    # Pillow's bilinear filter widens with the scale, which is the antialiasing of torchvision
    expected = np.asarray(pixels.resize(resized, Pillow.Resampling.BILINEAR))
    np.testing.assert_array_equal(found, expected.transpose(2, 0, 1))


def test_shrinking_averages_all_pixels(tmp_path: Path) -> None:
    board = (np.indices((64, 64)).sum(0) % 2 * 255).astype(np.uint8)
    image = Image((8, 8), None, "GRAY", 1.0, (0.0,), (1.0,))
    found = read_picture(saved(tmp_path, Pillow.fromarray(board)), image, (1, 8, 8))
    np.testing.assert_allclose(found, 127.5, atol=3)


def test_the_centre_is_cropped(tmp_path: Path) -> None:
    pixels = noise(9, 12, 3)
    image = Image(None, (5, 4), "RGB", 1.0, (0.0,) * 3, (1.0,) * 3)
    found = read_picture(saved(tmp_path, Pillow.fromarray(pixels)), image, (3, 5, 4))
    np.testing.assert_array_equal(found, pixels[2:7, 4:8].transpose(2, 0, 1))


def test_sizes_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    path = saved(tmp_path, Pillow.new("RGB", (5, 5)))
    with pytest.raises(InputError, match="5x5 and the net takes 4x4"):
        read_picture(path, PLAIN, (3, 4, 4))
    with pytest.raises(InputError, match="smaller than the crop of 8x8"):
        read_picture(path, Image(None, (8, 8), "RGB", 1.0, (0.0,) * 3, (1.0,) * 3), (3, 8, 8))


def png(width: int, height: int, data: bytes) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        check = zlib.crc32(kind + body)
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", check)

    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    parts = chunk(b"IHDR", head), chunk(b"IDAT", data), chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


@pytest.mark.parametrize("side", [10_001, 20_000, 2**31 - 1])
def test_more_than_100_megapixels_are_refused_undecoded(tmp_path: Path, side: int) -> None:
    path = tmp_path / "bomb.png"
    path.write_bytes(png(side, side, b"not even data"))
    with pytest.raises(InputError, match="100 megapixels"):
        read_picture(path, PLAIN, (3, 4, 4))


def test_a_long_picture_does_not_grow_without_bound(tmp_path: Path) -> None:
    path = saved(tmp_path, Pillow.new("L", (40_000, 1)))
    with pytest.raises(InputError, match="100 megapixels"):
        read_picture(path, Image(256, (224, 224), "GRAY", 1.0, (0.0,), (1.0,)), (1, 224, 224))


@pytest.mark.parametrize("name", ["p.png", "p.jpg", "p.gif", "p.tif", "p.webp", "p.bmp", "p.ppm"])
def test_half_a_picture_is_refused(tmp_path: Path, name: str) -> None:
    path = saved(tmp_path, Pillow.fromarray(noise(40, 40, 3)), name)
    content = path.read_bytes()
    for share in (0.3, 0.6, 0.9):
        path.write_bytes(content[: int(len(content) * share)])
        with pytest.raises(InputError):
            read_picture(path, PLAIN, (3, 40, 40))


@pytest.mark.parametrize(
    "content", [b"", b"no picture", b"%!PS-Adobe-3.0 EPSF-3.0\n", b"\x89PNG\r\n\x1a\n" + bytes(99)]
)
def test_files_that_are_no_pictures_are_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "p.png"
    path.write_bytes(content)
    with pytest.raises(InputError, match="picture"):
        read_picture(path, PLAIN, (3, 4, 4))


def test_samples_of_32_bits_are_refused(tmp_path: Path) -> None:
    for kind, value in ((np.int32, 100_000), (np.float32, 0.5)):
        path = saved(tmp_path, Pillow.fromarray(np.full((4, 4), value, kind)), "p.tif")
        with pytest.raises(InputError, match="npy"):
            read_picture(path, GRAY, (1, 4, 4))
