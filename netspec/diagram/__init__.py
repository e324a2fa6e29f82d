"""Graph -> DOT -> svg, png, pdf: what a net looks like."""

from netspec.diagram.difference import difference_dot
from netspec.diagram.digraph import dot
from netspec.diagram.layout import FORMATS, DiagramError, draw, lay_out
from netspec.diagram.look import DETAILS, DIRECTIONS, WEIGHTS, Look
from netspec.diagram.palette import THEMES, Theme

__all__ = [
    "DETAILS",
    "DIRECTIONS",
    "FORMATS",
    "THEMES",
    "WEIGHTS",
    "DiagramError",
    "Look",
    "Theme",
    "difference_dot",
    "dot",
    "draw",
    "lay_out",
]
