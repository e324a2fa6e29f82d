"""Panels as HTML figures."""

from __future__ import annotations

from collections.abc import Iterator

from netspec.explain.page.assets import text
from netspec.explain.page.images import areas_address, bar_address, heat_address, photo_address
from netspec.explain.pictures.panels import Areas, Caption, Heat, Panel, Photo

#: Pixels from which a panel is a wide one, and up to which its pixels have sharp edges.
_WIDE, _SHARP = 300, 160


def figures(panels: tuple[Panel, ...], colours: str | None) -> str:
    """Panels beside each other; `colours` is a name of matplotlib's."""
    return f'<div class="panels">{"".join(figure(panel, colours) for panel in panels)}</div>'


def figure(panel: Panel, colours: str | None) -> str:
    """A panel with what is said of it."""
    large = ' class="large"' if max(panel.size) > _WIDE else ""
    body = "".join(_body(panel, colours))
    return f"<figure{large}>{_caption(panel.caption)}{body}</figure>\n"


def _caption(caption: Caption) -> str:
    first, *others = map(text, caption.lines)
    return f"<figcaption><b>{first}</b>{''.join(f'<br>{line}' for line in others)}</figcaption>"


def _body(panel: Panel, colours: str | None) -> Iterator[str]:
    match panel:
        case Photo():
            yield _stage(panel, photo_address(panel.pixels), "")
        case Heat():
            kind = "map coarse" if panel.alpha < 1 else "map"
            yield _stage(panel, heat_address(panel, colours), kind)
            yield _ends(panel, colours)
        case Areas():
            yield _stage(panel, areas_address(panel), "map coarse")
            yield _legend(panel)


def _stage(panel: Panel, address: str, kind: str) -> str:
    """The image; over the picture where there is one beneath it."""
    under = not isinstance(panel, Photo) and panel.under is not None
    height, width = panel.size
    sharp = " sharp" if max(height, width) <= _SHARP else ""
    about = text(", ".join(panel.caption.lines))
    image = (
        f'<img class="{kind}{sharp}" src="{address}" width="{width}" height="{height}" '
        f'alt="{about}">'
    )
    return f'<div class="stage{" placed under" if under else ""}{sharp}">{image}</div>'


def _ends(panel: Heat, colours: str | None) -> str:
    """The colour bar with the numbers at its ends."""
    scale = panel.scale
    below, above = ("≤ " if scale.signed else "", "≥ ") if scale.clipped else ("", "")
    meaning = f'<span class="meaning">{text(panel.meaning)}</span>' if panel.meaning else ""
    return (
        f'<div class="ends"><span>{below}{scale.low:.3g}</span>'
        f'<span class="ramp"><img src="{bar_address(panel, colours)}" alt=""></span>'
        f"<span>{above}{scale.high:.3g}</span>{meaning}</div>"
    )


def _legend(panel: Areas) -> str:
    items = (
        f'<li><svg viewBox="0 0 1 1"><rect width="1" height="1" fill="{colour}"/></svg>'
        f"{text(name)}</li>"
        for colour, name in panel.legend
    )
    return f'<ul class="legend">{"".join(items)}</ul>'
