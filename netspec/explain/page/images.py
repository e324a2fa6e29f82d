"""Panels -> the images of a page: PNG files as `data:` addresses, maps by a table of colours."""

from __future__ import annotations

from base64 import b64encode
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from netspec.explain.pictures.colours import colormap
from netspec.explain.pictures.overlay import area_shades, beneath, shaded, shades
from netspec.explain.pictures.panels import Areas, Heat

#: Pixels of the longer side of a small picture, and the quality of one that is a photograph.
_SMALL, _QUALITY = 224, 85
#: Pixels up to which a small picture keeps each of them.
_EXACT = 64


def photo_address(pixels: NDArray[np.uint8]) -> str:
    """Pixels, (H, W), (H, W, 3), or (H, W, 4) where some are clear."""
    return _address(Image.fromarray(np.ascontiguousarray(pixels)))


def heat_address(panel: Heat, colours: str | None) -> str:
    """A map in its colours; clear where it has no number, and where it lets the picture through."""
    steps = _shades(panel, colours)
    found = panel.scale.steps(panel.values)
    shown = np.isfinite(panel.values)
    if not shown.all():
        # one step of the table is given up for what is clear
        found = np.where(shown, np.maximum(found, 1), 0).astype(np.uint8)
        steps[0, 3] = 0
    return _of_table(found, steps)


def bar_address(panel: Heat, colours: str | None) -> str:
    """The colours of a map from its least number to its largest."""
    return _of_table(np.arange(256, dtype=np.uint8)[None], _shades(panel, colours))


def areas_address(panel: Areas) -> str:
    """A colour for each class."""
    colours = [colour for colour, _ in panel.legend]
    return _of_table(panel.places.astype(np.uint8), area_shades(colours))


def small_photo(pixels: NDArray[np.uint8]) -> str:
    """A picture that is small at most."""
    image = Image.fromarray(np.ascontiguousarray(pixels))
    image.thumbnail((_SMALL, _SMALL))
    return _address(image, exact=max(image.size) <= _EXACT)


def small_heat(panel: Heat, colours: str | None) -> str:
    """A map as it lies over its picture, small at most."""
    values = Image.fromarray(shaded(panel.values, panel.scale, _shades(panel, colours)))
    if panel.under is None or not panel.clear:
        return small_photo(np.asarray(values.convert("RGB")))
    opacity = values.getchannel("A").point([round(at * panel.alpha) for at in range(256)])
    under = Image.fromarray(beneath(panel.under)).convert("RGB")
    return small_photo(np.asarray(Image.composite(values.convert("RGB"), under, opacity)))


def _shades(panel: Heat, colours: str | None) -> NDArray[np.uint8]:
    chosen = colormap(colours, signed=panel.scale.signed)
    return shades(panel.scale, chosen, clear=panel.clear)


def _of_table(places: NDArray[np.uint8], colours: NDArray[np.uint8]) -> str:
    """An image whose pixels are places in a table of red, green, blue and opacity."""
    image = Image.fromarray(places, "P")
    image.putpalette(np.ascontiguousarray(colours[:, :3]).tobytes())
    return _address(image, opacity=colours[:, 3].tobytes())


def _address(image: Image.Image, *, exact: bool = True, opacity: bytes = b"") -> str:
    stream, kind = BytesIO(), "png" if exact else "jpeg"
    if not exact:
        image.save(stream, "JPEG", quality=_QUALITY)
    elif opacity.strip(b"\xff"):
        image.save(stream, "PNG", optimize=True, transparency=opacity)
    else:
        image.save(stream, "PNG", optimize=True)
    return f"data:image/{kind};base64,{b64encode(stream.getvalue()).decode()}"
