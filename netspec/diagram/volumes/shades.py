"""The colours of the faces of a solid: one fill, in three lights."""

from __future__ import annotations

from dataclasses import dataclass

from netspec.diagram.palette import Theme


@dataclass(frozen=True)
class Faces:
    """The fills of the front, the top and the right face."""

    front: str
    top: str
    side: str


def faces(fill: str, theme: Theme) -> Faces:
    """The light comes from above and from the left."""
    dark = _lightness(theme.background) < 0.5
    lighter, darker = ("#ffffff", "#000000")
    return Faces(
        fill,
        mixed(fill, lighter, 0.14 if dark else 0.45),
        mixed(fill, darker, 0.28 if dark else 0.13),
    )


def mixed(colour: str, other: str, part: float) -> str:
    """A colour with that part of another in it."""
    both = zip(_channels(colour), _channels(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * part):02x}" for a, b in both)


def _channels(colour: str) -> tuple[int, int, int]:
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return red, green, blue


def _lightness(colour: str) -> float:
    return sum(_channels(colour)) / (3 * 255)
