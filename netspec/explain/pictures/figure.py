"""Panels side by side in one file, .png or .svg."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from netspec.explain.pictures.colours import colormap
from netspec.explain.pictures.layout import (
    CAPTION,
    MARK,
    SMALL,
    Box,
    Rows,
    boxes,
    caption,
    has_room,
    in_rows,
    keys,
    sheet_size,
)
from netspec.explain.pictures.overlay import area_shades, beneath, over_grey, shaded, shades
from netspec.explain.pictures.panels import Areas, Heat, Panel, Photo
from netspec.explain.pictures.sheets import Grid
from netspec.plots.sheet import MUTED, draw, need_plot
from netspec.text.printable import printable

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["Rows", "draw_panels", "in_rows"]

#: Inches above all for the title, and for what is noted beneath it.
_TITLE, _NOTE = 0.45, 0.18
#: Inches: how far from its map a colour bar is, and how wide.
_BESIDE, _BAR = 0.07, 0.12
#: Pixels of a .png to one of a map from which these have sharp edges, and those to an inch.
_SHARP, _DENSITY = 3, 150
#: What colour bars say of their ends, by whether numbers lie below and above.
_ENDS = {
    (False, False): "neither",
    (False, True): "max",
    (True, False): "min",
    (True, True): "both",
}
#: The grey of the line around a panel, so that white ends where the sheet begins.
_FRAME = "#c4cad1"
#: Points of the number of a tile.
_NUMBER = 5


def draw_panels(
    path: Path, title: str, rows: Rows, colours: str | None = None, *, note: str = ""
) -> None:
    """The panels as a picture, .png or .svg by its name; `colours` is a name of matplotlib's.

    The same panels give the same bytes. UnusableError where matplotlib is missing or has no such
    colours, and where the file cannot be written.
    """
    need_plot()
    width, height = sheet_size(rows)
    size = width, height + _TITLE + (_NOTE if note else 0)

    def paint(figure: Figure) -> None:
        from matplotlib.text import Text

        # places that are solved for differ by a last digit from one drawing to the next
        figure.set_layout_engine("none")
        figure.suppressComposite = True  # pixels stay those of the maps in an .svg
        figure.suptitle(printable(title), y=1 - 0.1 / size[1], va="top")
        if note:
            below = 1 - 0.33 / size[1]
            figure.text(0.5, below, printable(note), ha="center", va="top", size=8, color=MUTED)
        sheet = _Sheet(figure, size, colours)
        for panel, box in boxes(rows):
            sheet.fill(panel, box)
        for text in figure.findobj(Text):
            text.set_parse_math(False)

    draw(path, size, title, paint)


class _Sheet:
    """A figure of a size, in inches, that panels are drawn on."""

    def __init__(self, figure: Figure, size: tuple[float, float], colours: str | None) -> None:
        self.figure, self.size, self.colours = figure, size, colours

    def fill(self, panel: Panel, box: Box) -> None:
        """Draw a panel, and what is said of it."""
        pane = self._axes(box)
        pane.set(xticks=(), yticks=())
        for spine in pane.spines.values():
            spine.set(visible=True, edgecolor=_FRAME, linewidth=0.5)
        pane.set_title("\n".join(caption(panel)), fontsize=CAPTION, loc="left")
        sharp = max(box.width, box.height) * _DENSITY >= _SHARP * max(panel.size)
        match panel:
            case Photo():
                _show(pane, panel.pixels, sharp=sharp)
            case Heat():
                self._heat(pane, panel, box, sharp=sharp)
            case Areas():
                self._areas(pane, panel, box, sharp=sharp)
        if not isinstance(panel, Areas) and panel.grid is not None:
            _number(pane, panel.grid, box.width / panel.size[1])

    def _heat(self, pane: Axes, panel: Heat, box: Box, *, sharp: bool) -> None:
        chosen = colormap(self.colours, signed=panel.scale.signed)
        steps = shades(panel.scale, chosen, clear=panel.clear)
        if panel.under is not None and panel.clear:
            _show(pane, beneath(panel.under), sharp=sharp)
        if panel.clear:
            shown = shaded(panel.values, panel.scale, steps)
            _show(pane, shown, sharp=sharp, alpha=panel.alpha)
        else:  # by numbers, so that between two of them is the colour of their mean
            ends = {"vmin": panel.scale.low, "vmax": panel.scale.high}
            numbers = np.ma.masked_invalid(panel.values)
            _show(pane, numbers, sharp=sharp, cmap=chosen, **ends)
        left = box.left + box.width + _BESIDE
        beside = self._axes(Box(left, box.bottom, _BAR, box.height))
        _bar(self.figure, beside, panel, over_grey(steps, panel.alpha))

    def _areas(self, pane: Axes, panel: Areas, box: Box, *, sharp: bool) -> None:
        """A colour a class; what they are stands below."""
        from matplotlib.patches import Rectangle

        colours = area_shades([colour for colour, _ in panel.legend])
        _show(pane, beneath(panel.under), sharp=sharp)
        _show(pane, colours[panel.places], sharp=sharp, alpha=panel.alpha)
        (width, height), side = self.size, MARK * 0.6
        seen = over_grey(colours, panel.alpha) / 255
        for key, colour in zip(keys(panel), seen, strict=True):
            x, y = box.left + key.right, box.bottom - key.down
            mark = Rectangle((x / width, y / height), side / width, side / height)
            mark.set(facecolor=tuple(colour), transform=self.figure.transFigure)
            self.figure.add_artist(mark)
            self.figure.text((x + MARK) / width, y / height, key.name, fontsize=SMALL)

    def _axes(self, box: Box) -> Axes:
        width, height = self.size
        place = box.left / width, box.bottom / height, box.width / width, box.height / height
        return self.figure.add_axes(place)


def _show(pane: Axes, pixels: NDArray[Any], *, sharp: bool, **how: Any) -> None:
    """Pixels, (H, W), (H, W, 3) or (H, W, 4); large pictures of them may be smoothed."""
    grey: dict[str, Any] = {"cmap": "gray", "vmin": 0, "vmax": 255}
    pane.imshow(pixels, interpolation="none" if sharp else "auto", **(how or grey))


def _bar(figure: Figure, beside: Axes, panel: Heat, seen: NDArray[np.uint8]) -> None:
    """The colours of a map as they are seen, with numbers."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import ListedColormap, Normalize
    from matplotlib.ticker import MaxNLocator, StrMethodFormatter

    scale = panel.scale
    field = ScalarMappable(Normalize(scale.low, scale.high), ListedColormap(seen / 255))
    # each whole by itself: a power of ten above the bar would stand in the caption
    numbers = StrMethodFormatter("{x:.3g}")
    ends = _ENDS[scale.below, scale.above]
    bar = figure.colorbar(field, cax=beside, extend=ends, ticks=MaxNLocator(4), format=numbers)
    bar.ax.tick_params(labelsize=SMALL)
    if panel.meaning:
        bar.set_label(panel.meaning, fontsize=SMALL)


def _number(pane: Axes, grid: Grid, pixel: float) -> None:
    """The name of each tile in its corner, where it has room; a pixel of the sheet is so many
    inches.
    """
    if not has_room(grid, pixel, _NUMBER):
        return
    behind = {"boxstyle": "square,pad=0.15", "facecolor": "#000000", "alpha": 0.5, "linewidth": 0}
    aside = 0.02 / pixel - 0.5
    for name, left, top in grid.corners:
        if name:
            at = left + aside, top + aside
            pane.text(*at, name, fontsize=_NUMBER, color="white", va="top", bbox=behind)
