"""The textbook picture of a net in a format: svg and pdf by ourselves, png by resvg."""

from __future__ import annotations

from pathlib import Path

from netspec.diagram.finish import finish_png
from netspec.diagram.layout import DiagramError
from netspec.diagram.palette import LIGHT, Theme
from netspec.diagram.volumes.pdf import pdf
from netspec.diagram.volumes.picture import picture
from netspec.diagram.volumes.sheet import Sheet
from netspec.diagram.volumes.svg import svg
from netspec.graph import Graph

#: What `draw_volumes` writes.
FORMATS = ("svg", "png", "pdf")

_FONTS = Path(__file__).parent.parent / "fonts"
_MOST_PIXELS = 32_767  # a side, as the other style has it


def draw_volumes(
    graph: Graph, form: str, *, theme: Theme = LIGHT, dpi: int = 144, fold: bool = True
) -> bytes:
    """The picture of a graph, each tensor a solid, in one of FORMATS; `dpi` is for png, and `fold`
    draws what repeats itself once where a net is large.

    The same graph gives the same bytes.  Raises DiagramError for another format and for a net that
    is too large; for png also where resvg is missing or the picture is too large.
    """
    if form not in FORMATS:
        raise DiagramError(
            f"the style `volumes` has no {form}", f"write one of {', '.join(FORMATS)}"
        )
    sheet = picture(graph, theme, fold=fold)
    match form:
        case "pdf":
            return pdf(sheet)
        case "png":
            return _png(sheet, dpi)
    return svg(sheet).encode()


def _png(sheet: Sheet, dpi: int) -> bytes:
    scale = dpi / 96
    if max(sheet.width, sheet.height) * scale > _MOST_PIXELS:
        raise DiagramError(
            f"the picture is larger than a png can be, {_MOST_PIXELS:,} pixels a side",
            "draw .svg or .pdf, which have no such limit, or take a lower --dpi",
        )
    try:
        from resvg_py import svg_to_bytes
    except ImportError as error:
        raise DiagramError(
            f"a png in the style `volumes` needs resvg: {error}",
            "`pip install 'netspec-compiler[png]'` brings it; .svg and .pdf need nothing",
        ) from error
    fonts = sorted(str(file) for file in _FONTS.glob("*.ttf"))
    return finish_png(svg_to_bytes(svg_string=svg(sheet), font_files=fonts, zoom=scale))
