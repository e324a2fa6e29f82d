"""Pictures -> input tensors, as a spec's `image:` section says."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import UnidentifiedImageError

from netspec.runtime.errors import InputError
from netspec.text.image import Image
from netspec.text.limits import MAX_PIXELS

#: The number of EXIF's tag for the way a camera was held.
_ORIENTATION = 0x0112
#: Formats that are read: decoded here, none by another program, as Pillow does with EPS.
_FORMATS = ("PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP", "PPM")


def read_picture(path: Path, image: Image, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """The picture as `(C, H, W)`, as `decode_picture` makes it."""
    pixels = np.empty(shape, np.float32)
    with quiet():
        decode_picture(path, image, pixels)
    return pixels


@contextmanager
def quiet() -> Iterator[None]:
    """No warnings of large and of odd files, in any thread: our own limits decide.

    Not in several threads at a time: Python's list of filters belongs to all of them.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def decode_picture(path: str | Path, image: Image, into: NDArray[np.float32]) -> None:
    """Write the picture into an array `(C, H, W)`:  (pixel * scale - mean) / std  for each channel.

    Before that it is turned as EXIF says, laid over white, brought to 8 bits a sample, resized and
    cropped. InputError where it is no picture, or not a whole one; OSError where it does not open.
    """
    to_input(decode_pixels(path, image, into.shape[1:]), image, into)


def decode_pixels(path: str | Path, image: Image, size: tuple[int, ...]) -> NDArray[np.uint8]:
    """The picture of a file as 0..255, `(C, H, W)`, at the size that is given, RGB or grey.

    Errors as `decode_picture` has them.
    """
    with open(path, "rb") as file:  # noqa: PTH123 - a million strings need not become Paths
        return _fitted(_decode(file), image, size)


def is_picture(path: str | Path) -> bool:
    """Whether a file begins as one of the formats that are read; OSError where it does not open."""
    Pillow.init()
    with open(path, "rb") as file:  # noqa: PTH123 - as above
        start = file.read(16)
    accepts = (Pillow.OPEN[name][1] for name in _FORMATS if name in Pillow.OPEN)
    return any(accept is not None and accept(start) is True for accept in accepts)


def fit_pixels(pixels: NDArray[np.uint8], image: Image, size: tuple[int, ...]) -> NDArray[np.uint8]:
    """What `decode_pixels` makes of a file that holds these pixels, `(H, W)` or `(H, W, C)`."""
    plain = pixels[:, :, 0] if pixels.shape[2:] == (1,) else pixels
    return _fitted(_to_rgb(Pillow.fromarray(plain)), image, size)


def keeps_pixels(shape: tuple[int, ...], image: Image) -> bool:
    """Whether pixels `(H, W, C)` of this shape stay as they are, in size and in channels."""
    height, width, channels = shape
    size = height, width
    same = image.resize is None or _resized((width, height), image.resize) == (width, height)
    return same and image.crop in (None, size) and channels == len(image.mean)


def _fitted(picture: Pillow.Image, image: Image, size: tuple[int, ...]) -> NDArray[np.uint8]:
    """RGB or grey, resized, cropped: `(C, H, W)`."""
    picture = _crop(_resize(picture, image), image)
    if (picture.height, picture.width) != size:
        raise InputError(
            f"the picture is {picture.height}x{picture.width} and the net takes "
            f"{size[0]}x{size[1]}; let the spec's `image:` section say resize and crop"
        )
    pixels = np.asarray(picture.convert("L") if image.channels == "GRAY" else picture)
    return pixels.transpose(2, 0, 1) if pixels.ndim == 3 else pixels[None]


def to_input(pixels: NDArray[Any], image: Image, into: NDArray[np.float32]) -> None:
    """Write  (pixel * scale - mean) / std  for each channel of `(..., C, H, W)`, in the order that
    the net takes; `into` may be the pixels themselves.
    """
    mean, std = (np.asarray(x, np.float32)[:, None, None] for x in (image.mean, image.std))
    into[...] = pixels[..., ::-1, :, :] if image.channels == "BGR" else pixels
    into *= np.float32(image.scale)
    into -= mean
    into /= std


def _decode(stream: IO[bytes]) -> Pillow.Image:
    """The first picture of a file, upright, as RGB."""
    try:
        with Pillow.open(stream, formats=_FORMATS) as file:
            _refuse_large(file.width, file.height)
            file.load()
            _turn_upright(file)
            return _to_rgb(file)
    except (InputError, MemoryError):
        raise
    except UnidentifiedImageError:
        raise InputError("not a picture that can be read") from None
    except Pillow.DecompressionBombError:
        raise InputError(f"more than {MAX_PIXELS // 10**6} megapixels") from None
    except Exception as error:  # decoders raise whatever a damaged file makes them stumble over
        raise InputError(f"not a complete picture ({error})") from error


def _turn_upright(picture: Pillow.Image) -> None:
    """As EXIF says; most pictures are upright, and are not copied."""
    if picture.getexif().get(_ORIENTATION, 1) != 1:
        from PIL import ImageOps

        ImageOps.exif_transpose(picture, in_place=True)


def _refuse_large(width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise InputError(f"{width}x{height} pixels are more than {MAX_PIXELS // 10**6} megapixels")


def _to_rgb(picture: Pillow.Image) -> Pillow.Image:
    if picture.mode.startswith("I"):
        picture = _from_16_bits(picture)
    if picture.mode == "F":
        raise InputError("pictures of floating-point samples are not read; give an .npy file")
    if not picture.has_transparency_data:
        return picture if picture.mode == "RGB" else picture.convert("RGB")
    picture = picture.convert("RGBA")
    white = Pillow.new("RGBA", picture.size, "white")
    return Pillow.alpha_composite(white, picture).convert("RGB")


def _from_16_bits(picture: Pillow.Image) -> Pillow.Image:
    """Samples of 0..65535 as 0..255, rounded."""
    samples = np.asarray(picture).astype(np.int64)
    if samples.size and not 0 <= samples.min() <= samples.max() <= 65535:
        raise InputError("pictures of 32-bit samples are not read; give an .npy file")
    return Pillow.fromarray(((samples + 128) // 257).astype(np.uint8))


def _resize(picture: Pillow.Image, image: Image) -> Pillow.Image:
    """Bilinear; where it shrinks each pixel is an average of all that it covers."""
    if image.resize is None:
        return picture
    width, height = _resized(picture.size, image.resize)
    _refuse_large(width, height)
    if (width, height) == picture.size:
        return picture
    return picture.resize((width, height), Pillow.Resampling.BILINEAR)


def _resized(size: tuple[int, int], resize: int | tuple[int, int]) -> tuple[int, int]:
    """Width and height: as they are given, or scaled to the shorter side that is."""
    if not isinstance(resize, int):
        return resize[1], resize[0]
    width, height = size
    other = max(resize * max(size) // min(size), 1)
    return (resize, other) if width <= height else (other, resize)


def _crop(picture: Pillow.Image, image: Image) -> Pillow.Image:
    if image.crop is None:
        return picture
    height, width = image.crop
    if height > picture.height or width > picture.width:
        raise InputError(
            f"the picture is {picture.height}x{picture.width}, "
            f"smaller than the crop of {height}x{width}"
        )
    left, top = round((picture.width - width) / 2), round((picture.height - height) / 2)
    return picture.crop((left, top, left + width, top + height))
