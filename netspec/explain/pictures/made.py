"""What the methods answer -> panels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from netspec.explain.dissect import Dissected
from netspec.explain.maps import SHARES, Map, Tiles
from netspec.explain.maximize import Maximum
from netspec.explain.methods import METHODS
from netspec.explain.occlusion import Occlusion
from netspec.explain.pictures.colours import scale_of
from netspec.explain.pictures.panels import Areas, Caption, Heat, Panel, Photo, from_signed, tiled
from netspec.text.printable import printable

#: Opacity of a coarse map over the picture where nothing else is said; fine maps hide the picture.
ALPHA = 0.5
#: Names of tiles that a caption has.
_NAMED = 6

#: Pixels of a picture, (H, W) or (H, W, 3).
_Pixels = NDArray[np.uint8]


def map_panel(found: Map, under: _Pixels, alpha: float | None, note: str = "") -> Heat:
    """A map over its picture; `alpha` is its opacity where it is not as usual."""
    method = METHODS[found.method]
    caption = Caption(method.title, found.layer, found.label, found.probability, note)
    # magnitudes have no sign, whatever the numbers had
    signed = found.signed and (found.values.ndim == 2 or found.method in SHARES)
    opacity = (ALPHA if method.coarse else 1.0) if alpha is None else alpha
    plane = found.plane
    return Heat(caption, plane, scale_of(plane, signed=signed), method.meaning, under, opacity)


def winners_panel(
    found: Occlusion, labels: Sequence[str], under: _Pixels, alpha: float | None
) -> Areas:
    """The class that wins where the square is."""
    names = {int(at): labels[at] for at in np.unique(found.winners)}
    caption = Caption(f"{METHODS['occlusion'].title}, the class that wins")
    return Areas(caption, found.winners, names, under, ALPHA if alpha is None else alpha)


def tiles_panel(found: Tiles) -> Panel:
    """Tiles as one sheet: in colour each with the whole range of it, others all on one scale."""
    method, values = METHODS[found.method], found.values
    caption = Caption(method.title, found.layer, note=_counted(found))
    if values.ndim == 4:
        coloured = np.stack([from_signed(tile) for tile in values])
        return Photo(caption, _as_pixels(tiled(coloured, 255)))
    scale = scale_of(values, signed=found.signed)
    return Heat(caption, tiled(values, np.nan), scale, method.meaning)


def _counted(found: Tiles) -> str:
    """`16 of 5x5: 3; 0; ...`: how many tiles, and the first ones."""
    height, width = found.values.shape[-2:]
    some = "; ".join(name.removeprefix("channel ") for name in found.names[:_NAMED])
    rest = "; ..." if len(found.names) > _NAMED else ""
    return f"{len(found.names)} of {height}x{width}: {some}{rest}"


def maximum_panel(found: Maximum) -> Photo:
    """A picture that excites, and from where to where the score went."""
    method = METHODS["maximize"].title
    note = f"score {found.start:.3g} to {found.score:.3g}, seed {found.seed}"
    if found.probability is None:  # of a channel
        return Photo(Caption(method, f"{found.layer}, {found.label}", note=note), found.pixels)
    return Photo(Caption(method, found.layer, found.label, found.probability, note), found.pixels)


def patches_panel(found: Dissected) -> Photo:
    """The patches of a channel on one sheet, at their size in the picture."""
    caption = Caption(
        METHODS["dissect"].title,
        f"{found.layer}, channel {found.channel}",
        note=f"{found.patches[0].value:.3g} in {printable(found.patches[0].path.name)}",
    )
    tallest, widest = (max(at.pixels.shape[axis] for at in found.patches) for axis in (0, 1))
    laid = np.full((len(found.patches), 3, tallest, widest), 255, np.uint8)
    for tile, patch in zip(laid, found.patches, strict=True):
        height, width = patch.pixels.shape[:2]
        coloured = patch.pixels if patch.pixels.ndim == 3 else patch.pixels[..., None]
        tile[:, :height, :width] = coloured.transpose(2, 0, 1)
    return Photo(caption, _as_pixels(tiled(laid, 255)))


def _as_pixels(sheet: _Pixels) -> _Pixels:
    return np.ascontiguousarray(sheet.transpose(1, 2, 0))
