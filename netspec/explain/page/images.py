"""Panels -> the images of a page: PNG files as `data:` addresses, maps by a table of colours."""

from __future__ import annotations

from base64 import b64encode
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from netspec.explain.pictures.colours import colormap, table
from netspec.explain.pictures.panels import Areas, Heat


def photo_address(pixels: NDArray[np.uint8]) -> str:
    """Pixels, (H, W) or (H, W, 3)."""
    return _address(Image.fromarray(np.ascontiguousarray(pixels)))


def heat_address(panel: Heat, colours: str | None) -> str:
    """A map in its colours; clear where it has no number."""
    scale = panel.scale
    found = scale.steps(panel.values)
    shown = np.isfinite(panel.values)
    # one step of the table is given up for what is clear
    image = Image.fromarray(np.where(shown, np.maximum(found, 1), 0).astype(np.uint8), "P")
    image.putpalette(table(colormap(colours, signed=scale.signed)).tobytes())
    return _address(image, clear=None if shown.all() else 0)


def bar_address(panel: Heat, colours: str | None) -> str:
    """The colours of a map from its least number to its largest."""
    return photo_address(table(colormap(colours, signed=panel.scale.signed))[None])


def areas_address(panel: Areas) -> str:
    """A colour for each class."""
    image = Image.fromarray(panel.places.astype(np.uint8), "P")
    image.putpalette(b"".join(bytes.fromhex(colour[1:]) for colour, _ in panel.legend))
    return _address(image)


def _address(image: Image.Image, clear: int | None = None) -> str:
    stream = BytesIO()
    transparent = {} if clear is None else {"transparency": clear}
    image.save(stream, "PNG", optimize=True, **transparent)
    return f"data:image/png;base64,{b64encode(stream.getvalue()).decode()}"
