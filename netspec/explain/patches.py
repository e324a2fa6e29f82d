"""What the places of a layer see of a picture."""

from __future__ import annotations

from dataclasses import dataclass
from math import floor

import numpy as np
from numpy.typing import NDArray

from netspec.analysis.receptive import Field, Pixels
from netspec.explain.maps import Array
from netspec.explain.samples import Sample
from netspec.explain.stretch import stretched


@dataclass(frozen=True, eq=False)
class Patch:
    """What a place of a channel sees of a picture, by its `name`: `box` is (top, left, bottom,
    right) of the part of its receptive field that lies in the picture, `pixels` are those, (h, w)
    or (h, w, 3); `cut` is how many rows and columns of the field lie above and left of the picture.
    The channel's `value` is its largest in the picture. Where a field is most of a picture it does
    not say where to look, and `strength` does: the channel's plane in the box, as a part of that
    value, or of the way to it from the least one where all are below 0.
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
        box = top, left, bottom, right
        pixels = sample.pixels[top:bottom, left:right].copy()
        strength = None
        if plane.size > 1 and self._wide(height, width):
            strength = _strength(plane, value, (height, width))[top:bottom, left:right]
        return Patch(sample.name, value, box, (above, before), pixels, strength)

    def _wide(self, height: int, width: int) -> bool:
        """Whether places see more than half of a picture, its borders apart."""
        size = (height, width) if self.field is None else self.field.size
        return 2 * min(size[0], height) * min(size[1], width) > height * width


def _strength(plane: Array, value: float, area: tuple[int, int]) -> Array:
    """A plane at the picture's size, from 0 to 1 where it is strongest."""
    least = 0.0 if value > 0 else float(plane.min())
    shares = (plane.astype(np.float64) - least) / ((value - least) or 1.0)
    wide: Array = stretched(shares[None], area)[0]
    return wide


def _span(spot: int, stride: Pixels, pad: int, size: int, side: int) -> tuple[int, int, int]:
    """From where to where a place sees along an axis, one pixel at least, and how much of what it
    could see lies before that.
    """
    start = floor(spot * stride) - pad
    first = min(max(start, 0), side - 1)
    return first, max(min(start + size, side), first + 1), max(first - start, 0)
