"""Pictures -> input tensors, as a spec's `image:` section says."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import ImageOps, UnidentifiedImageError

from netspec.runtime.errors import InputError
from netspec.text.inputs import Image
from netspec.text.limits import MAX_PIXELS

#: Formats that are read: decoded here, none by another program, as Pillow does with EPS.
_FORMATS = ("PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP", "PPM")
SUFFIXES = frozenset(
    {".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".ppm", ".pgm", ".pbm"}
)


def read_picture(path: Path, image: Image, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """The picture as `(C, H, W)`:  (pixel * scale - mean) / std  for each channel.

    Before that it is turned as EXIF says, laid over white, brought to 8 bits a sample, resized and
    cropped. InputError where it is no picture, or not a whole one; OSError where it does not open.
    """
    with path.open("rb") as file:
        picture = _decode(file)
    picture = _crop(_resize(picture, image), image)
    if (picture.height, picture.width) != shape[1:]:
        raise InputError(
            f"the picture is {picture.height}x{picture.width} and the net takes "
            f"{shape[1]}x{shape[2]}; let the spec's `image:` section say resize and crop"
        )
    return _normalise(picture, image)


def _decode(stream: IO[bytes]) -> Pillow.Image:
    """The first picture of a file, upright, as RGB."""
    try:
        with warnings.catch_warnings():
            # Pillow warns of large and of odd files; we decide by our own limit
            warnings.simplefilter("ignore")
            with Pillow.open(stream, formats=_FORMATS) as file:
                _refuse_large(file.width, file.height)
                file.load()
                return _to_rgb(ImageOps.exif_transpose(file))
    except (InputError, MemoryError):
        raise
    except UnidentifiedImageError:
        raise InputError("not a picture that can be read") from None
    except Pillow.DecompressionBombError:
        raise InputError(f"more than {MAX_PIXELS // 10**6} megapixels") from None
    except Exception as error:  # decoders raise whatever a damaged file makes them stumble over
        raise InputError(f"not a complete picture ({error})") from error


def _refuse_large(width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise InputError(f"{width}x{height} pixels are more than {MAX_PIXELS // 10**6} megapixels")


def _to_rgb(picture: Pillow.Image) -> Pillow.Image:
    if picture.mode.startswith("I"):
        picture = _from_16_bits(picture)
    if picture.mode == "F":
        raise InputError("pictures of floating-point samples are not read; give an .npy file")
    if not picture.has_transparency_data:
        return picture.convert("RGB")
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
    match image.resize:
        case None:
            return picture
        case int(side):
            short, long = sorted(picture.size)
            other = max(side * long // short, 1)
            width, height = (side, other) if picture.width == short else (other, side)
        case (height, width):
            pass
    _refuse_large(width, height)
    if (width, height) == picture.size:
        return picture
    return picture.resize((width, height), Pillow.Resampling.BILINEAR)


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


def _normalise(picture: Pillow.Image, image: Image) -> NDArray[np.float32]:
    pixels = np.asarray(picture.convert("L") if image.channels == "GRAY" else picture, np.float32)
    if image.channels == "BGR":
        pixels = pixels[:, :, ::-1]
    mean, std = (np.asarray(values, np.float32) for values in (image.mean, image.std))
    pixels = pixels[:, :, None] if pixels.ndim == 2 else pixels
    scaled = (pixels * np.float32(image.scale) - mean) / std
    return np.ascontiguousarray(scaled.transpose(2, 0, 1), np.float32)
