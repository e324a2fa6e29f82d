"""Maps over a picture: what is zero is clear, and the larger a number, the more it covers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from netspec.explain.pictures.colours import Scale, grey, table

if TYPE_CHECKING:
    from matplotlib.colors import Colormap

#: The grey of black in a picture beneath maps, which show on what is dark too.
_BLACK = 40
#: How opaque areas are, as a part of the end of a scale: they cover all of a picture.
_EVEN = 0.625


def beneath(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A picture as it lies beneath maps, (H, W): grey, and a little lighter where it is dark."""
    lifted = _BLACK + grey(pixels) * ((255 - _BLACK) / 255)
    return np.asarray(lifted + 0.5).astype(np.uint8)


#: The grey beneath the colours of bars and legends, so that they are those of the maps.
MIDDLE = int(beneath(np.array([[128]], np.uint8))[0, 0])


def shades(scale: Scale, colours: Colormap, *, clear: bool) -> NDArray[np.uint8]:
    """Red, green, blue and opacity of the 256 steps of a scale, (256, 4).

    Where maps are `clear` zero is, and the end of the scale farther from it is opaque.
    """
    numbers = np.linspace(scale.low, scale.high, 256)
    most = max(-scale.low, scale.high)
    opacity = np.abs(numbers) / most if clear else np.ones(256)
    return np.column_stack([table(colours), np.round(opacity * 255).astype(np.uint8)])


def shaded(values: NDArray[np.float32], scale: Scale, of: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Numbers in the shades of their scale, (H, W, 4); clear where there is none."""
    found = of[scale.steps(values)]
    found[~np.isfinite(values)] = (255, 255, 255, 0)
    return found


def area_shades(colours: Sequence[str]) -> NDArray[np.uint8]:
    """Red, green, blue and opacity of areas in colours, `#rrggbb`: (N, 4)."""
    opacity = round(_EVEN * 255)
    return np.array([[*bytes.fromhex(colour[1:]), opacity] for colour in colours], np.uint8)


def over_grey(colours: NDArray[np.uint8], alpha: float) -> NDArray[np.uint8]:
    """Colours with an opacity, (N, 4), as they look over a grey, (N, 3); the most opaque ones cover
    a part `alpha` of it.
    """
    part = colours[:, 3:] * (alpha / 255)
    return np.asarray(part * colours[:, :3] + (1 - part) * MIDDLE + 0.5).astype(np.uint8)
