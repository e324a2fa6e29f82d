"""Panels as HTML figures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from netspec.explain.page.assets import text
from netspec.explain.page.images import areas_address, bar_address, heat_address, photo_address
from netspec.explain.pictures.layout import has_room, size_of
from netspec.explain.pictures.overlay import area_shades
from netspec.explain.pictures.panels import Areas, Caption, Heat, Panel, Photo
from netspec.explain.pictures.sheets import Grid
from netspec.explain.pictures.words import INCH, width_of

#: Pixels of the page to an inch of a picture, and of a sheet of tiles, which are small.
_INCH, _TILES = 96, 130
#: Pixels of the page for one of a panel from which its edges are sharp.
_SHARP = 1.6
#: Pixels of the page of the letters of tiles.
_LETTERS = 8


def figures(panels: Sequence[Panel], title: str, colours: str | None) -> str:
    """Panels beside each other, below a title; `colours` is a name of matplotlib's."""
    made = "".join(_figure(panel, title, colours) for panel in panels)
    return f'<div class="panels">{made}</div>'


def _figure(panel: Panel, title: str, colours: str | None) -> str:
    """A panel with what is said of it below, so that those of a row are beside each other."""
    return f"<figure>{''.join(_body(panel, colours))}{_caption(panel.caption, title)}</figure>\n"


def _caption(caption: Caption, title: str) -> str:
    lines = [text(line) for line in caption.beside(title)]
    if not lines:
        return ""
    first, *others = lines
    return f"<figcaption><b>{first}</b>{''.join(f'<br>{line}' for line in others)}</figcaption>"


def _body(panel: Panel, colours: str | None) -> Iterator[str]:
    match panel:
        case Photo():
            yield _stage(panel, photo_address(panel.pixels), "", panel.grid)
        case Heat():
            kind = _kind(panel)
            yield _stage(panel, heat_address(panel, colours), kind, panel.grid)
            yield _ends(panel, colours)
        case Areas():
            yield _stage(panel, areas_address(panel), "map coarse")
            yield _legend(panel)


def _kind(panel: Heat) -> str:
    """What the slider does to it: it lets the picture through what lies over one."""
    if panel.under is None:
        return ""
    return "map coarse" if panel.clear else "map"


def _stage(panel: Panel, address: str, kind: str, grid: Grid | None = None) -> str:
    """The image, over the picture where there is one beneath it, and under the names of tiles."""
    under = not isinstance(panel, Photo) and panel.under is not None
    part = size_of(panel)[0] * (_INCH if grid is None else _TILES) / panel.size[1]
    height, width = (max(1, round(part * side)) for side in panel.size)
    sharp = "sharp" if part >= _SHARP else ""
    classes = " ".join(filter(None, (kind, sharp)))
    about = text(", ".join(panel.caption.lines))
    image = (
        f'<img class="{classes}" src="{address}" width="{width}" height="{height}" alt="{about}">'
    )
    marks = _marks(grid, part, panel.size) if grid is not None else ""
    stage = " ".join(filter(None, ("stage", "placed under" if under else "", sharp)))
    return f'<div class="{stage}">{image}{marks}</div>'


def _marks(grid: Grid, part: float, size: tuple[int, int]) -> str:
    """The names of tiles in their corners, where they have room; `part` is how many pixels of the
    page one of the sheet is.
    """
    points = _LETTERS * INCH / _INCH
    if not any(grid.names) or not has_room(grid, part / _INCH, points):
        return ""
    rects, texts = "", ""
    for name, left, top in grid.corners:
        x, y, wide = left * part, top * part, width_of(name, points) * _INCH + 3
        rects += f'<rect x="{x:.5g}" y="{y:.5g}" width="{wide:.3g}" height="{_LETTERS + 2}"/>'
        texts += f'<text x="{x + 1.5:.5g}" y="{y + _LETTERS:.5g}">{text(name)}</text>'
    height, width = (side * part for side in size)
    return (
        f'<svg class="marks" viewBox="0 0 {width:.5g} {height:.5g}" aria-hidden="true">'
        f'<g fill-opacity="0.5">{rects}</g><g fill="#fff" font-size="{_LETTERS}">{texts}</g></svg>'
    )


def _ends(panel: Heat, colours: str | None) -> str:
    """The colour bar with the numbers at its ends."""
    scale = panel.scale
    below, above = "≤ " if scale.below else "", "≥ " if scale.above else ""
    meaning = f'<span class="meaning">{text(panel.meaning)}</span>' if panel.meaning else ""
    kind = f' class="{_kind(panel)}"' if panel.under is not None else ""
    return (
        f'<div class="ends"><span>{below}{scale.low:.3g}</span>'
        f'<span class="ramp"><img{kind} src="{bar_address(panel, colours)}" alt=""></span>'
        f"<span>{above}{scale.high:.3g}</span>{meaning}</div>"
    )


def _legend(panel: Areas) -> str:
    """Colours and names, each as opaque as the areas are."""
    colours = area_shades([colour for colour, _ in panel.legend])
    items = (
        f'<li><svg viewBox="0 0 1 1"><rect class="coarse" width="1" height="1" fill="{colour}" '
        f'fill-opacity="{opacity / 255:.3g}"/></svg>{text(name)}</li>'
        for (colour, name), opacity in zip(panel.legend, colours[:, 3], strict=True)
    )
    return f'<ul class="legend">{"".join(items)}</ul>'
