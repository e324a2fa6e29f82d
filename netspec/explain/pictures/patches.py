"""Patches of pictures as tiles of one size."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, sqrt

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from netspec.explain.patches import Patch

#: How strong a channel is where pixels are not faint, as a part of its largest value (Bau et al.
#: 2017 show what lies above a level); and what is left of the ink of faint ones.
_STRONG, _FAINT = 0.5, 0.3
#: The grey of what is no picture, and the pixels of the longer side of a sheet.
OUTSIDE, _MOST = 224, 900


def laid(patches: Sequence[Patch]) -> NDArray[np.uint8]:
    """Patches, (N, 4, H, W), each where it is in the field that a channel sees, grey outside the
    picture; or where that is most of a picture all of this, faint where the channel is not half as
    strong as at its strongest.  They are made smaller where a sheet would be a large one.
    """
    whole = any(at.strength is not None for at in patches)
    cuts = np.array([(0, 0) if whole else at.cut for at in patches])
    first, last = cuts.min(axis=0), (cuts + [at.pixels.shape[:2] for at in patches]).max(axis=0)
    tallest, widest = map(int, last - first)
    tiles = np.full((len(patches), tallest, widest, 4), (OUTSIDE, OUTSIDE, OUTSIDE, 255), np.uint8)
    for tile, patch, cut in zip(tiles, patches, cuts, strict=True):
        height, width = patch.pixels.shape[:2]
        down, right = cut - first
        coloured = patch.pixels if patch.pixels.ndim == 3 else patch.pixels[..., None]
        if patch.strength is not None:
            faint = patch.strength < _STRONG
            coloured = np.where(faint[..., None], 255 - (255 - coloured) * _FAINT, coloured)
        tile[down : down + height, right : right + width, :3] = coloured
    side = _MOST // ceil(sqrt(len(patches)))
    if max(tallest, widest) > side:
        part = side / max(tallest, widest)
        size = max(1, round(widest * part)), max(1, round(tallest * part))
        tiles = np.stack([np.asarray(Image.fromarray(tile).resize(size)) for tile in tiles])
    return tiles.transpose(0, 3, 1, 2)
