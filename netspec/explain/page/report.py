"""The page of one picture, with all that was asked of the net about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from netspec.explain.answer import Answer
from netspec.explain.page.assets import document, heading, text
from netspec.explain.page.figures import figures
from netspec.explain.page.images import photo_address
from netspec.explain.pictures.overlay import beneath
from netspec.explain.pictures.panels import Panel, brief

#: Pixels up to which a picture has sharp edges.
SHARP = 160
#: Classes of rows, by whether a row's class is explained.
_KINDS = {True: "explained", False: "other"}


@dataclass(frozen=True)
class Entry:
    """What came of a method: what it shows and where it is from, panels, what is to be known of
    them, and what must be.
    """

    title: str
    shows: str
    source: str
    panels: tuple[Panel, ...]
    remark: str = ""
    warning: str = ""


@dataclass(frozen=True)
class Section:
    """Methods that answer the same question."""

    heading: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class Picture:
    """What is looked at: its name, its pixels as the net takes them, (H, W) or (H, W, 3), what the
    net says of it, and the labels of the classes that are explained.
    """

    name: str
    pixels: NDArray[np.uint8]
    said: tuple[Answer, ...]
    explained: frozenset[str] = frozenset()


def report_page(
    net: str,
    doc: str,
    picture: Picture | None,
    sections: Sequence[Section],
    *,
    alpha: float = 1.0,
    colours: str | None = None,
    back: str | None = None,
    note: str = "",
) -> bytes:
    """The page: one file that asks the network for nothing.

    `alpha` is the opacity of maps over the picture, `back` the address of the index that the page
    belongs to, and `note` what is to be known of the net.
    """
    shown = [section for section in sections if section.entries]
    name = f"{net}: {picture.name}" if picture is not None else net
    up = f'<p><a href="{text(back)}">all pictures</a></p>' if back is not None else ""
    body = (
        f"<header>{up}{heading(name, doc, note)}</header>\n"
        f'<div class="page"><aside>{_aside(picture, shown, alpha)}</aside>\n'
        f"<main>{''.join(_section(section, colours) for section in shown)}</main></div>"
    )
    under = photo_address(beneath(picture.pixels)) if picture is not None else None
    return document(name, body, alpha=alpha, picture=under)


def anchor(section: Section) -> str:
    """The place of a section in its page."""
    return "-".join(section.heading.lower().split())


def _aside(picture: Picture | None, sections: Sequence[Section], alpha: float) -> str:
    links = (f'<li><a href="#{anchor(at)}">{text(at.heading)}</a></li>' for at in sections)
    nav = f'<nav aria-label="Sections"><ul>{"".join(links)}</ul></nav>'
    if picture is None:
        return nav
    height, width = picture.pixels.shape[:2]
    sharp = "sharp" if max(height, width) <= SHARP else ""
    return (
        f'<figure><div class="stage placed"><img class="{sharp}" alt="{text(picture.name)}" '
        f'src="{photo_address(picture.pixels)}" width="{width}" height="{height}"></div>'
        f'<figcaption class="muted">as the net takes it, {height}x{width}</figcaption></figure>'
        f"{_said(picture)}"
        '<p class="scripted"><label for="opacity">Maps over the picture, opacity</label>'
        '<input id="opacity" type="range" min="0" max="100" '
        f'value="{100 * alpha:.0f}"></p>'
        f"{nav}"
    )


def _said(picture: Picture) -> str:
    """A table of the most probable classes, with bars."""
    rows = (
        f'<tr class="{_KINDS[one.label in picture.explained]}">'
        f'<th scope="row">{text(brief(one.label))}{_bar(one.share)}</th>'
        f"<td>{text(one.said)}</td></tr>"
        for one in picture.said
    )
    return f'<table class="said"><caption>The net says</caption>{"".join(rows)}</table>'


def _bar(share: float | None) -> str:
    if share is None:
        return ""
    return f'<svg aria-hidden="true"><rect width="{100 * share:.4g}%" height="3"/></svg>'


def _section(section: Section, colours: str | None) -> str:
    entries = "".join(_entry(entry, colours) for entry in section.entries)
    name = anchor(section)
    return (
        f'<section id="{name}" aria-labelledby="{name}-title">'
        f'<h2 id="{name}-title">{text(section.heading)}</h2>'
        f'<div class="entries">{entries}</div></section>\n'
    )


def _entry(entry: Entry, colours: str | None) -> str:
    source = f" {text(entry.source)}." if entry.source else ""
    remarks = (
        f'<p class="{kind}">{text(words)}</p>'
        for kind, words in (("remark", entry.remark), ("warning", entry.warning))
        if words
    )
    return (
        f"<article><h3>{text(entry.title)}</h3>{figures(entry.panels, entry.title, colours)}"
        f"{''.join(remarks)}<p>{text(entry.shows)}{source}</p></article>\n"
    )
