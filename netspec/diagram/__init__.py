"""Graph -> DOT -> svg, png, pdf: what a net looks like."""

from netspec.diagram.digraph import DIRECTIONS, dot
from netspec.diagram.layout import FORMATS, DiagramError, draw
from netspec.diagram.palette import THEMES, Theme

__all__ = ["DIRECTIONS", "FORMATS", "THEMES", "DiagramError", "Theme", "dot", "draw"]
