"""What pictures of a net are made of, before any is drawn: numbers, pixels, and what is said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil, sqrt
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from netspec.analysis.units import percent
from netspec.explain.pictures.colours import CATEGORIES, Scale
from netspec.text.printable import printable

#: Characters of a name that are shown.
_LONGEST = 32


@dataclass(frozen=True)
class Caption:
    """What is said of a panel: of which class it is, how probable the net finds that for the
    picture, and at which layer it looks; empty or None where that means nothing.
    """

    method: str
    layer: str = ""
    label: str = ""
    probability: float | None = None
    note: str = ""

    @property
    def lines(self) -> tuple[str, ...]:
        """`Grad-CAM at conv3` and `class 7, 99.8%`."""
        at = f" at {brief(self.layer)}" if self.layer else ""
        known = f", {percent(self.probability)}" if self.probability is not None else ""
        of = f"class {brief(self.label)}{known}" if self.label else ""
        return tuple(line for line in (f"{self.method}{at}", of, self.note) if line)


@dataclass(frozen=True)
class Heat:
    """A map as colours: `values` are (H, W), NaN where there is nothing; `meaning` names what they
    measure. Over the picture `under`, (H, W) or (H, W, 3), it lies with an opacity of `alpha`.
    """

    caption: Caption
    values: NDArray[np.float32]
    scale: Scale
    meaning: str = ""
    under: NDArray[np.uint8] | None = None
    alpha: float = 1.0

    @property
    def size(self) -> tuple[int, int]:
        """Height and width."""
        height, width = self.values.shape
        return height, width


@dataclass(frozen=True)
class Photo:
    """Pixels, (H, W) or (H, W, 3)."""

    caption: Caption
    pixels: NDArray[np.uint8]

    @property
    def size(self) -> tuple[int, int]:
        """Height and width."""
        height, width = self.pixels.shape[:2]
        return height, width


@dataclass(frozen=True)
class Areas:
    """A class for each pixel, (H, W), over the picture `under`; `names` has those that occur."""

    caption: Caption
    classes: NDArray[np.int64]
    names: Mapping[int, str]
    under: NDArray[np.uint8]
    alpha: float = 0.5

    @property
    def size(self) -> tuple[int, int]:
        """Height and width."""
        height, width = self.classes.shape
        return height, width

    @property
    def legend(self) -> tuple[tuple[str, str], ...]:
        """(colour, name) of the classes, those that cover most first; the last may be the rest."""
        shown = [brief(self.names[number]) for number in self._order]
        if len(shown) > len(CATEGORIES):
            rest = len(shown) - len(CATEGORIES) + 1
            shown[len(CATEGORIES) - 1 :] = [f"{rest} others"]
        return tuple(zip(CATEGORIES, shown, strict=False))

    @property
    def places(self) -> NDArray[np.int64]:
        """The place of each pixel's class in the legend, (H, W)."""
        found = np.zeros_like(self.classes)
        for place, number in enumerate(self._order):
            found[self.classes == number] = min(place, len(CATEGORIES) - 1)
        return found

    @property
    def _order(self) -> list[int]:
        return sorted(self.names, key=lambda number: -int((self.classes == number).sum()))


Panel: TypeAlias = Heat | Photo | Areas


def brief(name: str) -> str:
    """A name as captions have it, printable and not too long."""
    shown = printable(name)
    return shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST - 1]}…"


def from_signed(values: NDArray[Any]) -> NDArray[np.uint8]:
    """Numbers `(..., H, W)` as 0..255: zero is the middle, the largest of either sign an end."""
    most = float(np.abs(values).max(initial=0.0)) or 1.0
    return np.asarray(127.5 + 127.5 * values / most + 0.5).astype(np.uint8)


def tiled(tiles: NDArray[Any], fill: float, columns: int | None = None) -> NDArray[Any]:
    """Tiles (N, ..., H, W) as one sheet (..., H', W'), row by row, with lines of `fill` between."""
    count, height, width = len(tiles), *tiles.shape[-2:]
    columns = columns or ceil(sqrt(count * height / width))
    rows = ceil(count / columns)
    gap = 1 + max(height, width) // 32
    shape = (*tiles.shape[1:-2], rows * (height + gap) - gap, columns * (width + gap) - gap)
    sheet = np.full(shape, fill, tiles.dtype)
    for number, tile in enumerate(tiles):
        row, column = divmod(number, columns)
        top, left = row * (height + gap), column * (width + gap)
        sheet[..., top : top + height, left : left + width] = tile
    return sheet
