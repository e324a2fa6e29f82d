"""What pictures of a net are made of, before any is drawn: numbers, pixels, and what is said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from netspec.explain.pictures.colours import CATEGORIES, Scale
from netspec.explain.pictures.sheets import Grid
from netspec.text.printable import printable

#: Characters of a name that are shown.
_LONGEST = 32


@dataclass(frozen=True)
class Caption:
    """What is said of a panel: of which class it is, what the net answers about that for the
    picture, and at which layer it looks; empty where that means nothing.
    """

    method: str
    layer: str = ""
    label: str = ""
    answer: str = ""
    note: str = ""

    @property
    def lines(self) -> tuple[str, ...]:
        """`Grad-CAM at conv3` and `class 7, 99.8%`."""
        return (" ".join(self.head), *self.rest)

    @property
    def head(self) -> tuple[str, ...]:
        """The method and, where there is a layer, `at conv3`."""
        return (self.method, f"at {brief(self.layer)}") if self.layer else (self.method,)

    @property
    def rest(self) -> tuple[str, ...]:
        """The lines below that."""
        label = f"class {brief(self.label)}" if self.label else ""
        return tuple(filter(None, (", ".join(filter(None, (label, self.answer))), self.note)))

    def beside(self, title: str) -> tuple[str, ...]:
        """The lines where a title has been read already, which may be the method's."""
        return (*self.head[1:], *self.rest) if self.method == title else self.lines


@dataclass(frozen=True)
class Heat:
    """A map as colours: `values` are (H, W), NaN where there is nothing; `meaning` names what they
    measure, `grid` which tiles they are.

    Over the picture `under`, (H, W) or (H, W, 3), they lie with an opacity of `alpha`; if `clear`
    that is of the end of the scale, and zero lets all of the picture through.
    """

    caption: Caption
    values: NDArray[np.float32]
    scale: Scale
    meaning: str = ""
    under: NDArray[np.uint8] | None = None
    alpha: float = 1.0
    clear: bool = False
    grid: Grid | None = None

    @property
    def size(self) -> tuple[int, int]:
        """Height and width."""
        height, width = self.values.shape
        return height, width


@dataclass(frozen=True)
class Photo:
    """Pixels, (H, W), (H, W, 3), or (H, W, 4) where some are clear; `grid` says which tiles they
    are.
    """

    caption: Caption
    pixels: NDArray[np.uint8]
    grid: Grid | None = None

    @property
    def size(self) -> tuple[int, int]:
        """Height and width."""
        height, width = self.pixels.shape[:2]
        return height, width


@dataclass(frozen=True)
class Areas:
    """A class for each pixel, (H, W), over the picture `under`; `names` has those that occur.

    `alpha` is the opacity of the maps beside it; areas have a part of it.
    """

    caption: Caption
    classes: NDArray[np.int64]
    names: Mapping[int, str]
    under: NDArray[np.uint8]
    alpha: float = 1.0

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
