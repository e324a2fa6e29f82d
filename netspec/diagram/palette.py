"""Colours of diagrams: one fill for each family of layers, in a light and a dark theme.

Fills differ in lightness as well as in hue, as far as text leaves room: it has a contrast of at
least 7:1 on each of them (WCAG 2.2, criterion 1.4.6). In grey neighbours are near each other, most
of all in the dark theme; a layer always says its kind in words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Theme:
    """The colours of one diagram, as `#rrggbb` or `#rrggbbaa`."""

    background: str
    text: str
    muted: str  # text that says less
    line: str  # edges and the borders of layers
    cluster_line: str
    cluster_fill: str  # translucent: a cluster in a cluster is a shade deeper
    families: Mapping[str, str]
    other: str  # families that have no fill of their own
    changes: Mapping[str, tuple[str, str]]  # fill and line of what was added, removed, changed

    def fill(self, family: str) -> str:
        """The fill of the layers of a family."""
        return self.families.get(family, self.other)


LIGHT = Theme(
    background="#ffffff",
    text="#17202a",
    muted="#36404b",
    line="#5b6673",
    cluster_line="#b4bcc6",
    cluster_fill="#5b66730f",
    families={
        "norm": "#fdf3c4",
        "activation": "#cbe8c3",
        "conv": "#a6cdec",
        "pool": "#f2ab8a",
        "dense": "#bfa3d6",
        "merge": "#ffffff",
        "shape": "#e2e5e9",
        "channel": "#e2e5e9",
        "io": "#d3d8de",
    },
    other="#f1f3f5",
    changes={
        "added": ("#d5f0d6", "#1a7f37"),
        "removed": ("#ffe3df", "#b42318"),
        "changed": ("#fff0c2", "#8a5d00"),
    },
)

DARK = Theme(
    background="#0d1117",
    text="#f3f6f9",
    muted="#c6ced6",
    line="#8b96a3",
    cluster_line="#434c57",
    cluster_fill="#9fb0c312",
    families={
        "norm": "#59521c",
        "activation": "#12361d",
        "conv": "#154a74",
        "pool": "#6d2d19",
        "dense": "#482960",
        "merge": "#0d1117",
        "shape": "#353c45",
        "channel": "#353c45",
        "io": "#434c57",
    },
    other="#282e36",
    changes={
        "added": ("#12361d", "#4ac26b"),
        "removed": ("#4b1c18", "#ff8f85"),
        "changed": ("#4a3b0d", "#e3b341"),
    },
)

#: Themes by the names that users give.
THEMES = {"light": LIGHT, "dark": DARK}
