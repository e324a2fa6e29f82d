"""Small pictures side by side on a sheet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Grid:
    """Where tiles lie on a sheet: each of `height` x `width` pixels, in rows of so many, with lines
    between.  `names` say which each is, one for each tile.
    """

    names: tuple[str, ...]
    height: int
    width: int
    columns: int

    @classmethod
    def of(cls, tiles: NDArray[Any], names: Sequence[str], columns: int | None = None) -> Grid:
        """For tiles (N, ..., H, W); about square where nothing says how many stand in a row."""
        height, width = tiles.shape[-2:]
        across = columns or ceil(sqrt(len(tiles) * height / width))
        return cls(tuple(names), height, width, min(across, len(tiles)))

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return ceil(len(self.names) / self.columns)

    @property
    def corners(self) -> Iterator[tuple[str, int, int]]:
        """Each tile's name, and the pixels of the sheet left of it and above it."""
        for number, name in enumerate(self.names):
            row, column = divmod(number, self.columns)
            yield name, column * (self.width + self._gap), row * (self.height + self._gap)

    def lay(self, tiles: NDArray[Any], fill: float) -> NDArray[Any]:
        """The sheet of tiles (N, ..., H, W): (..., H', W'), with lines of `fill`."""
        height, width = (
            self.rows * (self.height + self._gap),
            self.columns * (self.width + self._gap),
        )
        shape = (*tiles.shape[1:-2], height - self._gap, width - self._gap)
        sheet = np.full(shape, fill, tiles.dtype)
        for tile, (_, left, top) in zip(tiles, self.corners, strict=True):
            sheet[..., top : top + self.height, left : left + self.width] = tile
        return sheet

    @property
    def _gap(self) -> int:
        return 1 + max(self.height, self.width) // 32


def from_signed(values: NDArray[Any]) -> NDArray[np.uint8]:
    """Numbers `(..., H, W)` as 0..255: zero is the middle, the largest of either sign an end."""
    most = float(np.abs(values).max(initial=0.0)) or 1.0
    return np.asarray(127.5 + 127.5 * values / most + 0.5).astype(np.uint8)
