"""Panels side by side in one file, .png or .svg."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from math import ceil
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from netspec.explain.pictures.colours import colormap, grey
from netspec.explain.pictures.panels import Areas, Heat, Panel, Photo
from netspec.plots.sheet import draw
from netspec.text.printable import printable

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Inches: the longer side of a panel, that of the largest, and the margin around panels.
_SIDE, _MOST, _MARGIN = 2.7, 6.5, 0.15
#: Pixels of a panel from which it is larger.
_SMALL = 300
#: Inches: beside a map for its colour bar, above a panel for a line of its caption, below it for a
#: row of its legend, and above all for the title.
_BAR, _LINE, _KEYS, _TITLE = 0.85, 0.165, 0.2, 0.45
#: Panels beside each other where nothing says how many.
_ACROSS = 4
#: Letters of a caption to an inch.
_LETTERS = 16
#: The largest map that an .svg shows pixel by pixel.
_PIXELS = 128

#: Rows of panels; None leaves a place empty.
Rows: TypeAlias = Sequence[Sequence[Panel | None]]
#: Left, bottom, width and height, in inches.
_Box: TypeAlias = tuple[float, float, float, float]


def in_rows(panels: Sequence[Panel], across: int = _ACROSS) -> Rows:
    """Panels as they come, so many a row at most."""
    return [panels[at : at + across] for at in range(0, len(panels), across)]


def draw_panels(path: Path, title: str, rows: Rows, colours: str | None = None) -> None:
    """The panels as a picture, .png or .svg by its name; `colours` is a name of matplotlib's.

    The same panels give the same bytes. UnusableError where matplotlib is missing or has no such
    colours, and where the file cannot be written.
    """
    widths = [max(map(_wide, column)) for column in zip_longest(*rows)]
    heights = [max(map(_tall, row)) for row in rows]
    size = sum(widths) + _MARGIN, sum(heights) + _TITLE

    def paint(figure: Figure) -> None:
        # places that are solved for differ by a last digit from one drawing to the next
        figure.set_layout_engine("none")
        figure.suppressComposite = True  # pixels stay those of the maps in an .svg
        figure.suptitle(printable(title), y=1 - 0.1 / size[1], va="top", parse_math=False)
        for panel, (left, bottom, width, height) in _boxes(rows, widths, heights):
            box = left / size[0], bottom / size[1], width / size[0], height / size[1]
            _fill(figure, figure.add_axes(box), panel, colours)

    draw(path, size, title, paint)


def _boxes(
    rows: Rows, widths: Sequence[float], heights: Sequence[float]
) -> Iterator[tuple[Panel, _Box]]:
    """Where each panel is: those of a row with their upper edges on one line."""
    bottom = sum(heights)
    for row, height in zip(rows, heights, strict=True):
        above = max(map(_above, row))
        for at, panel in enumerate(row):
            if panel is not None:
                wide, tall = _inches(panel)
                left = sum(widths[:at]) + _MARGIN
                yield panel, (left, bottom - above - tall, wide, tall)
        bottom -= height


def _inches(panel: Panel) -> tuple[float, float]:
    """Width and height."""
    height, width = panel.size
    side = min(max(_SIDE, _SIDE * max(height, width) / _SMALL), _MOST)
    return side * width / max(height, width), side * height / max(height, width)


def _wide(panel: Panel | None) -> float:
    """What a column needs for a panel."""
    if panel is None:
        return 0.0
    return _inches(panel)[0] + (_BAR if isinstance(panel, Heat) else _MARGIN)


def _tall(panel: Panel | None) -> float:
    """What a row needs for a panel."""
    if panel is None:
        return 0.0
    keys = ceil(len(panel.legend) / 2) if isinstance(panel, Areas) else 0
    return _above(panel) + _inches(panel)[1] + _MARGIN + _KEYS * keys


def _above(panel: Panel | None) -> float:
    return _LINE * len(_caption(panel)) + 0.1 if panel is not None else 0.0


def _caption(panel: Panel) -> list[str]:
    """The lines above a panel, none wider than it; a colour bar may be beside it."""
    letters = int(_LETTERS * _wide(panel))
    return [part for line in panel.caption.lines for part in wrap(line, letters)]


def _fill(figure: Figure, pane: Axes, panel: Panel, colours: str | None) -> None:
    pane.set_axis_off()
    pane.set_title("\n".join(_caption(panel)), fontsize=9, loc="left", parse_math=False)
    match panel:
        case Photo():
            _show(pane, panel.pixels)
        case Heat():
            _heat(figure, pane, panel, colours)
        case Areas():
            _areas(pane, panel)


def _show(pane: Axes, values: Any, **how: Any) -> Any:
    """An array as pixels with sharp edges; large ones may be smoothed."""
    grey: dict[str, Any] = {"cmap": "gray", "vmin": 0, "vmax": 255}
    sharp = "none" if max(values.shape[:2]) <= _PIXELS else "auto"
    return pane.imshow(values, interpolation=sharp, **(how or grey))


def _heat(figure: Figure, pane: Axes, panel: Heat, colours: str | None) -> None:
    from matplotlib.ticker import MaxNLocator, ScalarFormatter

    scale = panel.scale
    if panel.under is not None and panel.alpha < 1:
        _show(pane, grey(panel.under))
    shown = np.ma.masked_invalid(panel.values)
    chosen = colormap(colours, signed=scale.signed)
    field = _show(pane, shown, cmap=chosen, vmin=scale.low, vmax=scale.high, alpha=panel.alpha)
    ends = ("both" if scale.signed else "max") if scale.clipped else "neither"
    beside = pane.inset_axes((1.025, 0, 0.045, 1))
    numbers = ScalarFormatter()
    numbers.set_powerlimits((-3, 4))
    bar = figure.colorbar(field, cax=beside, extend=ends, ticks=MaxNLocator(4), format=numbers)
    bar.ax.tick_params(labelsize=7)
    bar.ax.yaxis.get_offset_text().set_fontsize(7)
    if panel.meaning:
        bar.set_label(panel.meaning, fontsize=7)


def _areas(pane: Axes, panel: Areas) -> None:
    """A colour a class; what they are stands below."""
    from matplotlib.colors import ListedColormap
    from matplotlib.patches import Patch

    last = len(panel.legend) - 0.5
    chosen = ListedColormap([colour for colour, _ in panel.legend])
    _show(pane, grey(panel.under))
    _show(pane, panel.places, cmap=chosen, vmin=-0.5, vmax=last, alpha=panel.alpha)
    marks = [Patch(color=colour, alpha=panel.alpha, label=name) for colour, name in panel.legend]
    pane.legend(handles=marks, loc="upper left", bbox_to_anchor=(0, 0), ncols=2, fontsize=7)
