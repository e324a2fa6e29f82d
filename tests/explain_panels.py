"""Panels of each kind and pages of them, with names that mean harm to what draws them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec.explain.answer import Answer
from netspec.explain.dissect import Dissected
from netspec.explain.maps import Map, Tiles
from netspec.explain.maximize import Maximum
from netspec.explain.methods import METHODS
from netspec.explain.occlusion import Occlusion
from netspec.explain.page.report import Entry, Picture, Section, report_page
from netspec.explain.patches import Patch
from netspec.explain.pictures.made import (
    map_panels,
    maximum_panel,
    patches_panel,
    tiles_panel,
    winners_panel,
)
from netspec.explain.pictures.panels import Caption, Heat, Panel, Photo

#: Math that matplotlib cannot read, markup, and letters that a terminal obeys; and as it is shown.
HOSTILE = 'a $x^{$ <b onload="x">&amp; \x1b[31m'
SHOWN = r'a $x^{$ <b onload="x">&amp; \x1b[31m'


def some(*shape: int, seed: int = 0) -> NDArray[np.float32]:
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def photo(height: int = 20, width: int = 24) -> NDArray[np.uint8]:
    return np.random.default_rng(1).integers(0, 256, (height, width, 3), dtype=np.uint8)


def a_map(method: str = "gradcam", *, signed: bool = False, name: str = "cat") -> Map:
    values = some(20, 24) if signed else np.abs(some(20, 24))
    return Map(method, "conv3", name, 2, 12.5, 0.918, values, signed)


def map_panel(one: Map, alpha: float | None = None, note: str = "") -> Heat:
    (panel,) = map_panels([one], photo(), alpha, [note])
    return panel


def panels(name: str = "cat") -> list[Panel]:
    """One of each kind."""
    under = photo()
    fall = a_map("occlusion", signed=True, name=name)
    found = Occlusion((fall,), np.indices((20, 24))[0] // 8)
    cut = (
        Patch(f"{name}.png", 3.5, (0, 3, 5, 7), (0, 0), under[:5, 3:7]),
        Patch(f"{name}.png", 3, (2, 3, 7, 8), (0, 0), under[2:7, 3:8]),
    )
    tiles = Tiles("activations", name, ("3", "0"), some(2, 36, 30), True, 5)
    kernels = Tiles("filters", name, ("0", "1", "2"), some(3, 3, 5, 5), True, 3)
    return [
        Photo(Caption("Picture"), under),
        map_panel(a_map(name=name)),
        map_panel(a_map("vanilla", name=name)),
        map_panel(fall, 0.7, "a note"),
        winners_panel(found, [name, "dog", "bee"], Answer(name, "91.8%", 0.918), under, None),
        tiles_panel(tiles),
        tiles_panel(kernels),
        maximum_panel(Maximum("fc", name, 2, 1, -3.0, 12.5, 0.99, under, some(3, 20, 24))),
        maximum_panel(
            Maximum("conv1", "channel 4", 4, 1, -3.0, 12.5, None, under[..., 0], some(1))
        ),
        patches_panel(Dissected("conv1", 4, cut)),
    ]


def page(name: str = "cat.png", **options: Any) -> bytes:
    """A page of all of them."""
    entries = [
        Entry(METHODS["gradcam"].title, METHODS["gradcam"].shows, "", tuple(panels(name))),
        Entry("Guided", "What.", "Who 2015", (), remark="checked", warning="it fails"),
    ]
    said = Answer(name, "90.0%", 0.9), Answer("dog", "10.0%", 0.1)
    picture = Picture(name, photo(), said, frozenset({name}))
    sections = [Section("Where it looks", tuple(entries)), Section("Nothing", ())]
    return report_page("small", HOSTILE, picture, sections, **options)
