"""The page that leads to those of several pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from netspec.analysis.units import percent
from netspec.explain.page.assets import document, text
from netspec.explain.page.images import heat_address, photo_address
from netspec.explain.page.report import Picture
from netspec.explain.pictures.panels import Heat, brief


@dataclass(frozen=True)
class Card:
    """A picture with the address of its page, and a map of it, where there is one."""

    picture: Picture
    address: str
    heat: Heat | None


def index(net: str, doc: str, cards: Sequence[Card], colours: str | None = None) -> bytes:
    """The page: small pictures that lead to others, in one file that asks for no other."""
    count = f"{len(cards):,} picture{'s' * (len(cards) != 1)}"
    body = (
        f'<header><h1>{text(net)}</h1><p class="muted">{text(doc)}</p><p>{count}</p></header>\n'
        f'<ul class="cards">{"".join(_card(card, colours) for card in cards)}</ul>'
    )
    return document(net, body)


def _card(card: Card, colours: str | None) -> str:
    picture = card.picture
    best = "".join(
        f"<br>{text(brief(one.label))}, {percent(one.probability)}" for one in picture.said[:1]
    )
    height, width = picture.pixels.shape[:2]
    sharp = ' class="sharp"' if max(height, width) <= 160 else ""
    addresses = [photo_address(picture.pixels)]
    if card.heat is not None:
        addresses.append(heat_address(card.heat, colours))
    images = "".join(
        f'<img{sharp} src="{address}" alt="" width="{width}" height="{height}" loading="lazy">'
        for address in addresses
    )
    return (
        f'<li><a href="{text(card.address)}"><div class="stage pair">{images}</div>'
        f'<div class="words"><b class="name">{text(picture.name)}</b>{best}</div></a></li>\n'
    )
