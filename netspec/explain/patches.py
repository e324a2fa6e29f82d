"""What the places of a layer see of a picture."""

from __future__ import annotations

from dataclasses import dataclass
from math import floor

import numpy as np
from numpy.typing import NDArray

from netspec.analysis.receptive import Field, Pixels
from netspec.explain.gradcam import stretched
from netspec.explain.maps import Array
from netspec.explain.samples import Sample


@dataclass(frozen=True, eq=False)
class Patch:
    """What a place of a channel sees of a picture, by its `name`: `box` is (top, left, bottom,
    right) of the part of its receptive field that lies in the picture, `pixels` are those, (h, w)
    or (h, w, 3); `cut` is how many rows and columns of the field lie above and left of the picture.
    The channel's `value` is its largest in the picture. Where the box is most of the picture,
    `strength` is the channel's plane at its size, for the box does not say where to look.
    """

    name: str
    value: float
    box: tuple[int, int, int, int]
    cut: tuple[int, int]
    pixels: NDArray[np.uint8]
    strength: Array | None = None


@dataclass(frozen=True)
class View:
    """What the places of a layer of a `shape` see: a `field`, None where that is all there is."""

    field: Field | None
    shape: tuple[int, ...]

    def patch(self, sample: Sample, place: int, value: float, plane: Array) -> Patch:
        """What the place sees of a sample, counted along the rows of a channel's plane."""
        height, width = sample.pixels.shape[:2]
        if self.field is None or self.field.stride is None or self.field.padding is None:
            spans = ((0, height, 0), (0, width, 0))
        else:
            strides, pads, sizes = self.field.stride, self.field.padding, self.field.size
            row, column = divmod(place, self.shape[2])
            spans = (
                _span(row, strides[0], pads[0], sizes[0], height),
                _span(column, strides[1], pads[1], sizes[1], width),
            )
        (top, bottom, above), (left, right, before) = spans
        pixels = sample.pixels[top:bottom, left:right].copy()
        strength = None
        if plane.ndim == 2 and plane.size > 1 and 2 * pixels[..., :1].size > height * width:
            wide = stretched(plane[None].astype(np.float64), (height, width))[0]
            strength = wide[top:bottom, left:right]
        box = top, left, bottom, right
        return Patch(sample.name, value, box, (above, before), pixels, strength)


def _span(spot: int, stride: Pixels, pad: int, size: int, side: int) -> tuple[int, int, int]:
    """From where to where a place sees along an axis, one pixel at least, and how much of what it
    could see lies before that.
    """
    start = floor(spot * stride) - pad
    first = min(max(start, 0), side - 1)
    return first, max(min(start + size, side), first + 1), max(first - start, 0)
