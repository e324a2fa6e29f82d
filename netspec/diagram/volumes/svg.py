"""Marks -> SVG (https://www.w3.org/TR/SVG11/): no style sheet, no script, no reference to anything.

Strings from files are text and nothing else: they are written as character data, and where they
stand in an attribute, quoted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from xml.sax.saxutils import escape, quoteattr

from netspec.diagram.volumes.marks import Box, Curve, Disc, Face, Group, Line, Mark, Point, Words
from netspec.diagram.volumes.sheet import Sheet
from netspec.diagram.volumes.strokes import Segment, head, of_box, of_curve, of_line
from netspec.text.printable import printable

_FONT = "Netspec Sans, DejaVu Sans, Helvetica, Arial, sans-serif"


def svg(sheet: Sheet) -> str:
    """A picture, named for those who hear it."""
    width, height = number(sheet.width), number(sheet.height)
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"'
        f' viewBox="0 0 {width} {height}" role="img" aria-label={quoteattr(printable(sheet.name))}'
        f' font-family="{_FONT}" stroke-linejoin="round" stroke-linecap="round">',
        f'<rect width="100%" height="100%" fill="{sheet.background}"/>',
        *(line for mark in sheet.marks for line in _written(mark)),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def number(value: float) -> str:
    """A length to a tenth of a pixel: `12`, `0.5`."""
    shown = f"{value:.1f}".removesuffix(".0")
    return "0" if shown == "-0" else shown


def _written(mark: Mark) -> Iterator[str]:
    match mark:
        case Face():
            fill, line = _paint("fill", mark.fill), _border(mark.line, mark.thickness)
            yield f'<polygon points="{_points(mark.points)}"{fill}{line}/>'
        case Disc():
            at = f'cx="{number(mark.centre.x)}" cy="{number(mark.centre.y)}"'
            fill, line = _paint("fill", mark.fill), _border(mark.line, mark.thickness)
            yield f'<circle {at} r="{number(mark.radius)}"{fill}{line}/>'
        case Box():
            fill, line = _paint("fill", mark.fill), _border(mark.line, mark.thickness)
            yield f'<path d="{_path(of_box(mark))}"{fill}{line}/>'
        case Line():
            line = _border(mark.colour, mark.thickness)
            yield f'<path d="{_path(of_line(mark))}" fill="none"{line}/>'
            if mark.arrow:
                yield f'<polygon points="{_points(head(mark))}"{_paint("fill", mark.colour)}/>'
        case Curve():
            line = _border(mark.colour, mark.thickness)
            yield f'<path d="{_path(of_curve(mark))}" fill="none"{line}/>'
        case Words():
            yield _words(mark)
        case Group():
            yield f"<g><title>{text(mark.title)}</title>"
            yield from (line for inner in mark.marks for line in _written(inner))
            yield "</g>"


def text(words: str) -> str:
    """Words as character data; lines stay lines."""
    return "\n".join(escape(printable(line)) for line in words.split("\n"))


def _words(mark: Words) -> str:
    bold = ' font-weight="bold"' if mark.bold else ""
    anchor = "" if mark.anchor == "start" else f' text-anchor="{mark.anchor}"'
    at = f'x="{number(mark.at.x)}" y="{number(mark.at.y)}" font-size="{number(mark.size)}"'
    return f"<text {at}{bold}{anchor}{_paint('fill', mark.colour)}>{text(mark.words)}</text>"


def _border(colour: str, thickness: float) -> str:
    return f'{_paint("stroke", colour)} stroke-width="{number(thickness)}"'


def _paint(what: str, colour: str) -> str:
    """A colour; its opacity, where it has one, in an attribute of its own, as SVG 1.1 has it."""
    if len(colour) == 9:
        return f' {what}="{colour[:7]}" {what}-opacity="{int(colour[7:], 16) / 255:.2f}"'
    return f' {what}="{colour}"'


def _path(segments: Iterable[Segment]) -> str:
    return "".join(segment.verb + _points(segment.points) for segment in segments)


def _points(points: Iterable[Point]) -> str:
    return " ".join(f"{number(point.x)},{number(point.y)}" for point in points)
