"""How a picture becomes a tensor; imports nothing, for a compiled model says it without a spec."""

from __future__ import annotations

from dataclasses import dataclass

#: Pixels of a side from which on pictures are cut to size.
_CUT_FROM = 112


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


def image_advice(shape: tuple[int | None, ...]) -> str:
    """The `input:` of a spec that takes pictures of any size for an input of this shape.

    A picture is brought to the size of a small input; of one from 112 pixels on a border is cut
    away, an eighth of the side, as nets for 224 pixels have it.
    """
    if len(shape) != 3 or shape[0] not in (None, 1, 3):
        return "a picture has 1 or 3 channels, CxHxW; give the samples of this net as arrays"
    if None in shape:
        return "`input: {shape: CxHxW, image: {resize: 256, crop: 224}}`"
    height, width = (int(side or 0) for side in shape[1:])
    written = "x".join(map(str, shape))
    if height != width:
        return f"`input: {{shape: {written}, image: {{resize: [{height}, {width}]}}}}`"
    resize = height * 8 // 7 if height >= _CUT_FROM else height
    return f"`input: {{shape: {written}, image: {{resize: {resize}, crop: {height}}}}}`"
