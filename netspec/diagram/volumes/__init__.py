"""Graph -> the textbook picture of a net: each tensor a solid, drawn in proportion to its shape."""

from netspec.diagram.volumes.draw import FORMATS, draw_volumes

__all__ = ["FORMATS", "draw_volumes"]
