"""What the methods answer -> panels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from netspec.analysis.units import percent
from netspec.explain.answer import Answer, in_words
from netspec.explain.dissect import Dissected
from netspec.explain.maps import SHARES, Map, Tiles
from netspec.explain.maximize import Maximum
from netspec.explain.methods import METHODS
from netspec.explain.occlusion import Occlusion
from netspec.explain.pictures.colours import scale_of
from netspec.explain.pictures.panels import Areas, Caption, Heat, Panel, Photo, brief
from netspec.explain.pictures.patches import laid
from netspec.explain.pictures.sheets import Grid, from_signed

#: Opacity of the largest numbers of a coarse map over the picture where nothing else is said; fine
#: maps hide the picture.
ALPHA = 0.8

#: Pixels of a picture, (H, W) or (H, W, 3).
_Pixels = NDArray[np.uint8]


def map_panels(
    maps: Sequence[Map], under: _Pixels, alpha: float | None, notes: Sequence[str] = ()
) -> tuple[Heat, ...]:
    """Maps of one method, over their picture and on one scale, so that they can be compared;
    `alpha` is their opacity where it is not as usual.
    """
    method, planes = METHODS[maps[0].method], [one.plane for one in maps]
    # magnitudes have no sign, whatever the numbers had
    signed = maps[0].signed and (maps[0].values.ndim == 2 or method.name in SHARES)
    scale = scale_of(np.stack(planes), signed=signed, fine=not method.coarse)
    opacity = (ALPHA if method.coarse else 1.0) if alpha is None else alpha
    clear = method.coarse or opacity < 1
    said = notes or [""] * len(maps)
    meaning = method.meaning
    if maps[0].probability is None:
        meaning = meaning.replace("probability", "value")
    return tuple(
        Heat(_caption(one, note), plane, scale, meaning, under, opacity, clear)
        for one, plane, note in zip(maps, planes, said, strict=True)
    )


def _caption(found: Map, note: str) -> Caption:
    """What is said of a map: the answer is a score where the net gives no probabilities."""
    answer = in_words(found.probability, found.score)
    said = "" if found.values.any() else "zero everywhere"
    words = ", ".join(filter(None, (found.note, note, said)))
    return Caption(METHODS[found.method].title, found.layer, found.label, answer, words)


def winners_panel(
    found: Occlusion, labels: Sequence[str], best: Answer, under: _Pixels, alpha: float | None
) -> Areas:
    """The class that wins where the square is; `best` is what the net says where there is none."""
    names = {int(at): labels[at] for at in np.unique(found.winners)}
    note = "which class wins"
    if len(names) == 1:
        note = f"`{brief(*names.values())}` wins everywhere"
    layer = found.falls[0].layer
    caption = Caption(METHODS["occlusion"].title, layer, best.label, best.said, note)
    return Areas(caption, found.winners, names, under, ALPHA if alpha is None else alpha)


def tiles_panel(found: Tiles) -> Panel:
    """Tiles as one sheet: in colour each with the whole range of it, others all on one scale."""
    method, values = METHODS[found.method], found.values
    grid = Grid.of(values, found.names, found.columns)
    if values.ndim == 4:
        note = f"{_counted(found)}, each scaled to its own largest weight"
        opaque = np.full((1, *values.shape[2:]), 255, np.uint8)
        coloured = np.stack([np.concatenate([from_signed(tile), opaque]) for tile in values])
        sheet = _as_pixels(grid.lay(coloured, 0))
        return Photo(Caption(method.title, found.layer, note=note), sheet, grid)
    caption = Caption(method.title, found.layer, note=_counted(found))
    scale = scale_of(values, signed=found.signed)
    return Heat(caption, grid.lay(values, np.nan), scale, method.meaning, grid=grid)


def _counted(found: Tiles) -> str:
    """`64 strongest of 512, 7x7`."""
    (height, width), count = found.values.shape[-2:], len(found.names)
    if count < found.total:
        return f"{count} strongest of {found.total:,}, {height}x{width}"
    rows = ", each row a kernel" if found.columns else ""
    return f"{count} of {height}x{width}{rows}"


def maximum_panel(found: Maximum) -> Photo:
    """A picture that excites, and from where to where the score went."""
    method = METHODS["maximize"].title
    note = f"score {found.start:.3g} → {found.score:.3g}, seed {found.seed}"
    if found.probability is None:  # of a channel
        return Photo(Caption(method, f"{found.layer}, {found.label}", note=note), found.pixels)
    answer = percent(found.probability)
    return Photo(Caption(method, found.layer, found.label, answer, note), found.pixels)


def patches_panel(found: Dissected) -> Photo:
    """The patches of a channel on one sheet, each at its place in what the channel sees."""
    first = found.patches[0]
    caption = Caption(
        METHODS["dissect"].title,
        f"{found.layer}, channel {found.channel}",
        note=f"strongest: {first.value:.3g} in {brief(first.name)}",
    )
    tiles = laid(found.patches)
    grid = Grid.of(tiles, [f"{at.value:.3g}" for at in found.patches])
    return Photo(caption, _as_pixels(grid.lay(tiles, 0)), grid)


def _as_pixels(sheet: _Pixels) -> _Pixels:
    return np.ascontiguousarray(sheet.transpose(1, 2, 0))
