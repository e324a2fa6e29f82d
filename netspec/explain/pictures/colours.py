"""Numbers of a map -> colours of equal steps, and the ends of the colour bar.

Where a map has no sign the colours are viridis (Smith & van der Walt 2015); where it has one, two
straight lines in Oklab (Ottosson 2020, "A perceptual color space for image processing") from near
white at zero: to blue below it, to vermilion above, equally light at equal distance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from netspec.machine.errors import UnusableError
from netspec.text.nearest import nearest
from netspec.text.printable import printable

if TYPE_CHECKING:
    from matplotlib.colors import Colormap

#: Colours of maps without a sign.
SEQUENTIAL = "viridis"
#: Colours of classes: those of Okabe & Ito (2008, "Color universal design"); grey for the rest.
CATEGORIES = (
    *("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442"),
    "#888888",
)
#: Oklab of the colours of a sign: lightness, green to red, blue to yellow.
_ZERO, _BELOW, _ABOVE = (0.97, 0.0, 0.0), (0.45, -0.035, -0.15), (0.45, 0.12, 0.093)
#: Part of the numbers that may lie beyond the ends of the bar, so that a few do not hide the rest;
#: of maps of single pixels, which are uneven, this part does (Smilkov et al. 2017, "SmoothGrad").
_BEYOND, _FINE = 0.005, 0.01
#: How far below zero, as a part of the largest number, the colours need tell no sign.
_SLIGHT = 0.05


@dataclass(frozen=True)
class Scale:
    """The numbers at the ends of a colour bar; some of a map may lie `below` or `above` them."""

    low: float
    high: float
    signed: bool
    below: bool = False
    above: bool = False

    def steps(self, values: NDArray[Any]) -> NDArray[np.uint8]:
        """Numbers -> 0..255, for colours of a table."""
        part = (np.nan_to_num(values.astype(np.float64)) - self.low) / (self.high - self.low)
        return np.asarray(np.clip(part, 0, 1) * 255 + 0.5).astype(np.uint8)


def scale_of(values: NDArray[Any], *, signed: bool, fine: bool = False) -> Scale:
    """The scale of a map, or of several that share one: from 0, or from the least number below it;
    with a sign as far below zero as above, unless hardly anything is below.  NaN is nowhere.

    Where a few numbers are much larger than the rest they lie beyond the end; in `fine` maps the
    largest hundredth does.
    """
    finite = np.asarray(values, np.float64)[np.isfinite(values)]
    least, most = float(finite.min(initial=0.0)), float(finite.max(initial=0.0))
    sizes = np.abs(finite) if signed else finite
    high = _end(sizes[sizes > 0], fine=fine)
    if signed and not (most > 0 and -least <= _SLIGHT * high):
        return Scale(-high, high, True, least < -high, most > high)
    low = 0.0 if signed else least
    return Scale(low, high, False, least < low, most > high)


def _end(sizes: NDArray[np.float64], *, fine: bool) -> float:
    """Where a scale ends for numbers above zero."""
    if not sizes.size:
        return 1.0
    if fine:
        return float(np.quantile(sizes, 1 - _FINE))
    most, usual = float(sizes.max()), float(np.quantile(sizes, 1 - _BEYOND))
    return most if most <= 2 * usual else usual


def colormap(name: str | None, *, signed: bool) -> Colormap:
    """The colours of a name that matplotlib has, else those of maps with or without a sign.

    UnusableError where there is no such name.
    """
    import matplotlib
    from matplotlib.colors import LinearSegmentedColormap

    if name is None and signed:
        return LinearSegmentedColormap.from_list("signed", _diverging(256), 256)
    name = name or SEQUENTIAL
    if name not in matplotlib.colormaps:
        near = nearest(name, sorted(matplotlib.colormaps))
        hint = f"did you mean {near}?" if near else "viridis, magma, cividis, gray are some"
        raise UnusableError(f"--colormap: matplotlib has no colours {printable(name)!r}", help=hint)
    return matplotlib.colormaps[name]


def table(colours: Colormap) -> NDArray[np.uint8]:
    """256 colours, `(256, 3)`, of 0..255."""
    shares = np.linspace(0, 1, 256)
    return np.asarray(colours(shares) * 255 + 0.5).astype(np.uint8)[:, :3]


def grey(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The lightness of pixels, (H, W) or (H, W, 3), as ITU-R BT.601 weighs red, green and blue."""
    if pixels.ndim == 2:
        return pixels
    return np.asarray(pixels @ np.array([0.299, 0.587, 0.114]) + 0.5).astype(np.uint8)


def _diverging(count: int) -> list[tuple[float, float, float]]:
    zero, below, above = (np.array(colour) for colour in (_ZERO, _BELOW, _ABOVE))
    places = np.linspace(-1, 1, count)
    return [_rgb(zero + abs(at) * ((below if at < 0 else above) - zero)) for at in places]


def _rgb(oklab: NDArray[np.float64]) -> tuple[float, float, float]:
    """Oklab -> sRGB, 0..1."""
    cubes = (np.array(_TO_CONES) @ oklab) ** 3
    linear = np.clip(np.array(_TO_LINEAR) @ cubes, 0, 1)
    red, green, blue = np.where(
        linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055
    )
    return float(red), float(green), float(blue)


#: The matrices of Ottosson 2020.
_TO_CONES: Sequence[Sequence[float]] = (
    (1.0, 0.3963377774, 0.2158037573),
    (1.0, -0.1055613458, -0.0638541728),
    (1.0, -0.0894841775, -1.2914855480),
)
_TO_LINEAR: Sequence[Sequence[float]] = (
    (4.0767416621, -3.3077115913, 0.2309699292),
    (-1.2684380046, 2.6097574011, -0.3413193965),
    (-0.0041960863, -0.7034186147, 1.7076147010),
)
