"""Pixels in arrays, as data sets keep them -> input tensors."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec.runtime.images import fit_pixels, to_input
from netspec.text.image import Image

#: The sizes of a last axis that mean channels: grey, RGB, RGB with transparency.
_CHANNELS = (1, 3, 4)


def as_pictures(pixels: NDArray[Any], shape: tuple[int, ...]) -> NDArray[Any] | None:
    """Pixels (N, H, W), (N, H, W, C) or (N, C, H, W) as (N, H, W, C); None where they are none.

    Those of the input's shape, C x H x W, are read as that although a side may be as short as a
    number of channels.
    """
    if pixels.ndim == 3:
        return pixels[..., None]
    as_input = pixels.shape[1:] == shape and pixels.shape[-1] != shape[0]
    if pixels.ndim == 4 and pixels.shape[-1] in _CHANNELS and not as_input:
        return pixels
    if pixels.ndim == 4 and pixels.shape[1] in _CHANNELS:
        return pixels.transpose(0, 2, 3, 1)
    return None


def to_inputs(
    pictures: NDArray[np.uint8], image: Image, shape: tuple[int, ...]
) -> NDArray[np.float32]:
    """Pictures (N, H, W, C) as inputs (N, *shape), as `read_picture` makes each of a file.

    InputError where they are of another size.
    """
    inputs = np.empty((len(pictures), *shape), np.float32)
    for picture, into in zip(pictures, inputs, strict=True):
        to_input(fit_pixels(picture, image, shape[1:]), image, into)
    return inputs
