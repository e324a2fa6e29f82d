"""The page of one picture, with all that was asked of the net about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from netspec.analysis.units import percent
from netspec.explain.page.assets import document, text
from netspec.explain.page.figures import figures
from netspec.explain.page.images import photo_address
from netspec.explain.pictures.colours import grey
from netspec.explain.pictures.panels import Panel, brief

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
class Said:
    """A class that the net finds probable; whether it is one that is explained."""

    label: str
    probability: float
    explained: bool


@dataclass(frozen=True)
class Picture:
    """What is explained: its name, its pixels as the net takes them, (H, W) or (H, W, 3)."""

    name: str
    pixels: NDArray[np.uint8]
    said: tuple[Said, ...]


def report_page(
    net: str,
    doc: str,
    picture: Picture | None,
    sections: Sequence[Section],
    *,
    alpha: float = 0.5,
    colours: str | None = None,
    back: str | None = None,
) -> bytes:
    """The page: one file that asks the network for nothing.

    `back` is the address of the index that it belongs to.
    """
    shown = [section for section in sections if section.entries]
    name = f"{net}: {picture.name}" if picture is not None else net
    up = f'<p><a href="{text(back)}">all pictures</a></p>' if back is not None else ""
    body = (
        f'<header>{up}<h1>{text(name)}</h1><p class="muted">{text(doc)}</p></header>\n'
        f'<div class="page"><aside>{_aside(picture, shown)}</aside>\n'
        f"<main>{''.join(_section(section, colours) for section in shown)}</main></div>"
    )
    under = photo_address(grey(picture.pixels)) if picture is not None else None
    return document(name, body, alpha=alpha, picture=under)


def anchor(section: Section) -> str:
    """The place of a section in its page."""
    return "-".join(section.heading.lower().split())


def _aside(picture: Picture | None, sections: Sequence[Section]) -> str:
    links = (f'<li><a href="#{anchor(at)}">{text(at.heading)}</a></li>' for at in sections)
    nav = f'<nav aria-label="Sections"><ul>{"".join(links)}</ul></nav>'
    if picture is None:
        return nav
    height, width = picture.pixels.shape[:2]
    sharp = "sharp" if max(height, width) <= 160 else ""
    return (
        f'<figure><div class="stage placed"><img class="{sharp}" alt="{text(picture.name)}" '
        f'src="{photo_address(picture.pixels)}" width="{width}" height="{height}"></div>'
        f'<figcaption class="muted">as the net takes it, {height}x{width}</figcaption></figure>'
        f"{_said(picture.said)}"
        '<p class="scripted"><label for="opacity">Maps over the picture, opacity</label>'
        '<input id="opacity" type="range" min="0" max="100"></p>'
        f"{nav}"
    )


def _said(said: Sequence[Said]) -> str:
    """A table of the most probable classes, with bars."""
    rows = (
        f'<tr class="{_KINDS[one.explained]}">'
        f'<th scope="row">{text(brief(one.label))}'
        f'<svg aria-hidden="true"><rect width="{100 * one.probability:.4g}%" height="3"/></svg>'
        f"</th><td>{percent(one.probability)}</td></tr>"
        for one in said
    )
    return f'<table class="said"><caption>The net says</caption>{"".join(rows)}</table>'


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
        f"<article><h3>{text(entry.title)}</h3>{figures(entry.panels, colours)}"
        f"{''.join(remarks)}<p>{text(entry.shows)}{source}</p></article>\n"
    )
