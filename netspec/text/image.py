"""How a picture becomes a tensor; imports nothing, for a compiled model says it without a spec."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, eq=False)
class Image:
    """How a picture becomes the input:  (pixel * scale - mean) / std  for each channel.

    `resize` is the shorter side (or height and width), `crop` the centre's height and width, both
    in pixels; None leaves the picture as it is.
    """

    resize: int | tuple[int, int] | None
    crop: tuple[int, int] | None
    channels: str
    scale: float
    mean: tuple[float, ...]
    std: tuple[float, ...]
