"""Graph -> DOT -> svg, png, pdf, html: what a net looks like."""

from netspec.diagram.difference import difference_dot
from netspec.diagram.digraph import dot
from netspec.diagram.layout import FORMATS, PICTURES, DiagramError, draw, lay_out
from netspec.diagram.look import DETAILS, DIRECTIONS, WEIGHTS, Look
from netspec.diagram.palette import THEMES, Theme
from netspec.diagram.volumes import draw_volumes

__all__ = [
    "DETAILS",
    "DIRECTIONS",
    "FORMATS",
    "PICTURES",
    "THEMES",
    "WEIGHTS",
    "DiagramError",
    "Look",
    "Theme",
    "difference_dot",
    "dot",
    "draw",
    "draw_volumes",
    "lay_out",
]
