"""The page that leads to those of several pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from netspec.explain.page.assets import document, heading, text
from netspec.explain.page.images import small_heat, small_photo
from netspec.explain.page.report import SHARP, Picture
from netspec.explain.pictures.panels import Heat, brief


@dataclass(frozen=True)
class Card:
    """A small picture that leads to the page of one, and a map of it beside, as HTML."""

    html: str

    @classmethod
    def of(
        cls, picture: Picture, address: str, heat: Heat | None, colours: str | None = None
    ) -> Card:
        """For a picture whose page has this address, and a map of it, where there is one."""
        best = "".join(f"<br>{text(brief(one.words))}" for one in picture.said[:1])
        height, width = picture.pixels.shape[:2]
        sharp = ' class="sharp"' if max(height, width) <= SHARP else ""
        addresses = [small_photo(picture.pixels)]
        if heat is not None:
            addresses.append(small_heat(heat, colours))
        images = "".join(
            f'<img{sharp} src="{at}" alt="" width="{width}" height="{height}" loading="lazy">'
            for at in addresses
        )
        return cls(
            f'<li><a href="{text(address)}"><div class="stage pair">{images}</div>'
            f'<div class="words"><b class="name">{text(picture.name)}</b>{best}</div></a></li>\n'
        )


def index(net: str, doc: str, cards: Sequence[Card], *, failed: int = 0, note: str = "") -> bytes:
    """The page: small pictures that lead to others, in one file that asks for no other.

    `failed` is how many more there would be, could they be read.
    """
    unread = f"; {failed:,} could not be read" if failed else ""
    count = f"<p>{len(cards):,} picture{'s' * (len(cards) != 1)}{unread}</p>"
    body = (
        f"<header>{heading(net, doc, note)}{count}</header>\n"
        f'<ul class="cards">{"".join(card.html for card in cards)}</ul>'
    )
    return document(net, body)
