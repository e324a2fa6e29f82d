"""Which classes are taken for which, as a field of colours."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from netspec.analysis.units import percent
from netspec.plots.sheet import TEXT, draw
from netspec.text.printable import printable
from netspec.train.confusion import Confusion, clipped

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Classes up to which each cell tells its count, and each class its name.
_COUNTED, _NAMED = 25, 100
#: Sides in inches: of a cell, and of the whole field.
_CELL, _LEAST, _MOST = 0.5, 3.2, 15.0


def draw_confusion(found: Confusion, path: Path, title: str) -> None:
    """Rows are right classes, columns what was said; a cell's colour is its share of its row.

    UnusableError as `draw` has it.
    """
    count = len(found.classes)
    side = min(max(_CELL * min(count, _COUNTED) + 0.12 * max(0, count - _COUNTED), _LEAST), _MOST)
    margin = 0.085 * max(map(len, map(clipped, found.classes))) if count <= _NAMED else 0.4
    size = (side + margin + 1.8, side + margin + 1.0)
    draw(path, size, title, lambda figure: _paint(figure, found, title))


def _paint(figure: Figure, found: Confusion, title: str) -> None:
    from matplotlib.colors import PowerNorm
    from matplotlib.ticker import PercentFormatter

    pane = figure.subplots()
    shares = np.ma.masked_invalid(found.shares)
    # the root of a share: one mistake in a hundred is seen beside ninety-nine right answers
    scale = PowerNorm(0.5, vmin=0, vmax=1)
    field = pane.imshow(shares, cmap="Blues", norm=scale, interpolation="none")
    pane.set_facecolor("#e2e5e9")
    pane.spines[:].set_visible(True)
    pane.set_xlabel("said", labelpad=8)
    pane.set_ylabel("right", labelpad=8)
    right = f"accuracy {percent(found.accuracy)} of " if found.samples else ""
    words = f"{printable(title)}\n{right}{found.samples:,} {found.of}"
    pane.set_title(words, parse_math=False)
    _name_classes(pane, found)
    if len(found.classes) <= _COUNTED:
        _count(pane, found)
    bar = figure.colorbar(field, ax=pane, shrink=0.8, ticks=[0, 0.01, 0.05, 0.1, 0.25, 0.5, 1])
    bar.ax.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    bar.set_label("share of the right class")


def _name_classes(pane: Axes, found: Confusion) -> None:
    from matplotlib.ticker import MaxNLocator

    count = len(found.classes)
    if count > _NAMED:  # their numbers
        for axis in (pane.xaxis, pane.yaxis):
            axis.set_major_locator(MaxNLocator(integer=True))
        return
    names = [clipped(name) for name in found.classes]
    size = 10.0 if count <= _COUNTED else 7.0
    across = 0 if max(map(len, names)) <= 4 else 90
    pane.set_xticks(range(count), names, rotation=across, fontsize=size, parse_math=False)
    pane.set_yticks(range(count), names, fontsize=size, parse_math=False)


def _count(pane: Axes, found: Confusion) -> None:
    """The samples of each cell; light letters on dark cells."""
    for right, said in np.argwhere(found.matrix):
        count, dark = int(found.matrix[right, said]), found.shares[right, said] > 0.4
        colour = "#ffffff" if dark else TEXT
        size = 9 if count < 10_000 else 6.5
        pane.text(said, right, f"{count}", ha="center", va="center", color=colour, fontsize=size)
