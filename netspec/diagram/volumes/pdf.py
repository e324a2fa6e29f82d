"""Marks -> PDF (ISO 32000-1): one page, vectors, the font inside, no date.

Text is written by the numbers of its glyphs (a Type 0 font, `Identity-H`), with a table of the
characters that they stand for, so that it can be searched and copied.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator

from netspec.diagram.volumes.marks import Box, Curve, Disc, Face, Group, Line, Mark, Point, Words
from netspec.diagram.volumes.sheet import Sheet
from netspec.diagram.volumes.strokes import Segment, head, of_box, of_curve, of_disc, of_line
from netspec.diagram.volumes.typeface import Typeface, typeface
from netspec.text.printable import printable

_POINT = 0.75  # points in a pixel: 72 and 96 to the inch
_MOST_POINTS = 14_000  # viewers show pages of 14,400; vectors lose nothing when scaled
_VERBS = {"M": "m", "L": "l", "C": "c"}
_FIRST_FONT = 5  # the number of the first object of the first font
_FONT_OBJECTS = 5


def pdf(sheet: Sheet) -> bytes:
    """A picture.  The same picture gives the same bytes."""
    point = min(_POINT, _MOST_POINTS / max(sheet.width, sheet.height))
    wide, high = sheet.width * point, sheet.height * point
    right, low = Point(sheet.width, 0), Point(sheet.width, sheet.height)
    edges = Point(0, 0), right, low, Point(0, sheet.height)
    ground = Face(edges, sheet.background, sheet.background)
    alphas = sorted({colour[7:] for colour in _colours(sheet.marks) if len(colour) == 9})
    states = " ".join(f"/A{a} << /ca {_share(a)} /CA {_share(a)} >>" for a in ("ff", *alphas))
    start = f"{point:.4f} 0 0 {-point:.4f} 0 {high:.2f} cm 1 j 1 J"
    content = "\n".join((start, *(op for mark in (ground, *sheet.marks) for op in _drawn(mark))))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {wide:.2f} {high:.2f}] /Contents 4 0 R"
        f" /Resources << /ExtGState << {states} >> /Font << /F0 {_FIRST_FONT} 0 R"
        f" /F1 {_FIRST_FONT + _FONT_OBJECTS} 0 R >> >> >>".encode(),
        _stream(content.encode("ascii")),
    ]
    for bold in (False, True):
        objects += _font(typeface(bold), len(objects) + 1)
    return _file(objects)


def _file(objects: Iterable[bytes]) -> bytes:
    """Objects, numbered from 1, with the table that says where each starts."""
    data, offsets = bytearray(b"%PDF-1.5\n%\xe2\xe3\xcf\xd3\n"), []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start, size = len(data), len(offsets) + 1
    data += b"xref\n0 %d\n0000000000 65535 f \n" % size
    data += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    data += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, start)
    return bytes(data)


def _stream(content: bytes, more: str = "") -> bytes:
    packed = zlib.compress(content, 9)
    header = f"<< /Length {len(packed)} /Filter /FlateDecode{more} >>".encode()
    return header + b"\nstream\n" + packed + b"\nendstream"


def _font(face: Typeface, number: int) -> list[bytes]:
    """The objects of a font, the first of which has that number."""
    name = face.name
    widths = " ".join(f"{1000 * width:.0f}" for width in face.widths)
    box = " ".join(f"{1000 * edge:.0f}" for edge in face.box)
    return [
        f"<< /Type /Font /Subtype /Type0 /BaseFont /{name} /Encoding /Identity-H"
        f" /DescendantFonts [{number + 1} 0 R] /ToUnicode {number + 4} 0 R >>".encode(),
        f"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /{name} /CIDToGIDMap /Identity"
        f" /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >>"
        f" /FontDescriptor {number + 2} 0 R /W [0 [{widths}]] >>".encode(),
        f"<< /Type /FontDescriptor /FontName /{name} /Flags 32 /FontBBox [{box}] /ItalicAngle 0"
        f" /Ascent {1000 * face.box[3]:.0f} /Descent {1000 * face.box[1]:.0f} /CapHeight 729"
        f" /StemV 80 /FontFile2 {number + 3} 0 R >>".encode(),
        _stream(face.data, f" /Length1 {len(face.data)}"),
        _stream(_unicode(face).encode("ascii")),
    ]


def _unicode(face: Typeface) -> str:
    """The character of each glyph, as a CMap, whose blocks have up to 100 entries."""
    entries = [f"<{glyph:04x}> <{code:04x}>" for code, glyph in sorted(face.glyphs.items())]
    blocks = [entries[at : at + 100] for at in range(0, len(entries), 100)]
    listed = (f"{len(block)} beginbfchar\n" + "\n".join(block) + "\nendbfchar" for block in blocks)
    return "\n".join(
        (
            "/CIDInit /ProcSet findresource begin 12 dict begin begincmap",
            "/CMapName /Netspec def /CMapType 2 def",
            "1 begincodespacerange <0000> <ffff> endcodespacerange",
            *listed,
            "endcmap CMapName currentdict /CMap defineresource pop end end",
        )
    )


def _drawn(mark: Mark) -> Iterator[str]:
    match mark:
        case Face():
            yield from _filled(_polygon(mark.points), mark.fill, mark.line, mark.thickness)
        case Disc():
            yield from _filled(_path(of_disc(mark)), mark.fill, mark.line, mark.thickness)
        case Box():
            yield from _filled(_path(of_box(mark)), mark.fill, mark.line, mark.thickness)
        case Line():
            yield from _stroked(_path(of_line(mark)), mark.colour, mark.thickness)
            if mark.arrow:
                yield f"{_paint(mark.colour, 'rg')} {_polygon(head(mark))} f"
        case Curve():
            yield from _stroked(_path(of_curve(mark)), mark.colour, mark.thickness)
        case Words():
            yield _words(mark)
        case Group():
            yield from (op for inner in mark.marks for op in _drawn(inner))


def _filled(path: str, fill: str, line: str, thickness: float) -> Iterator[str]:
    yield f"{_paint(fill, 'rg')} {path} f"
    yield from _stroked(f"{path} h", line, thickness)


def _stroked(path: str, colour: str, thickness: float) -> Iterator[str]:
    yield f"{_paint(colour, 'RG')} {thickness} w {path} S"


def _paint(colour: str, operator: str) -> str:
    parts = (f"{int(colour[at : at + 2], 16) / 255:.3f}" for at in (1, 3, 5))
    return f"/A{colour[7:] or 'ff'} gs {' '.join(parts)} {operator}"


def _share(alpha: str) -> str:
    return f"{int(alpha, 16) / 255:.3f}"


def _colours(marks: Iterable[Mark]) -> Iterator[str]:
    for mark in marks:
        match mark:
            case Face() | Disc() | Box():
                yield from (mark.fill, mark.line)
            case Line() | Curve() | Words():
                yield mark.colour
            case Group():
                yield from _colours(mark.marks)


def _path(segments: Iterable[Segment]) -> str:
    return " ".join(f"{_numbers(s.points)} {_VERBS[s.verb]}" for s in segments)


def _polygon(points: tuple[Point, ...]) -> str:
    first, *rest = points
    return _path((Segment("M", (first,)), *(Segment("L", (point,)) for point in rest)))


def _numbers(points: Iterable[Point]) -> str:
    return " ".join(f"{point.x:.2f} {point.y:.2f}" for point in points)


def _words(mark: Words) -> str:
    """Text, upright on a page that is turned over."""
    face = typeface(mark.bold)
    glyphs = "".join(f"{face.glyph(letter):04x}" for letter in printable(mark.words))
    x = mark.at.x - {"start": 0.0, "middle": 0.5, "end": 1.0}[mark.anchor] * mark.width
    where = f"1 0 0 -1 {x:.2f} {mark.at.y:.2f} Tm"
    font = f"/F{int(mark.bold)} {mark.size} Tf"
    return f"BT {_paint(mark.colour, 'rg')} {font} {where} <{glyphs}> Tj ET"
