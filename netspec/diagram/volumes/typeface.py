"""Netspec Sans, read from its own tables: how wide words are, and which glyph a letter is.

Source: the OpenType specification, tables `cmap` (format 4), `hmtx`, `hhea` and `head`.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent.parent / "fonts"
#: Ems of a character that the font lacks and a viewer takes from another font.
_FOREIGN = 1.2


def width(words: str, size: float, *, bold: bool = False) -> float:
    """Pixels that a line of text takes at a font size in pixels; kerning is not counted."""
    return size * sum(map(typeface(bold).advance, words))


@dataclass(frozen=True)
class Typeface:
    """A face: its file, the width of each glyph and the box around all of them in ems, and the
    glyph of each character that it has.
    """

    name: str
    data: bytes
    widths: tuple[float, ...]
    box: tuple[float, ...]  # left, bottom, right, top
    glyphs: dict[int, int]

    def glyph(self, letter: str) -> int:
        """The number of a letter's glyph; 0, which is a box, for one that the font lacks."""
        return self.glyphs.get(ord(letter), 0)

    def advance(self, letter: str) -> float:
        """Ems from a letter to the next."""
        glyph = self.glyphs.get(ord(letter))
        return _FOREIGN if glyph is None else self.widths[glyph]


@cache
def typeface(bold: bool) -> Typeface:
    """The regular or the bold face."""
    name = f"NetspecSans-{'Bold' if bold else 'Regular'}"
    data = (_FOLDER / f"{name}.ttf").read_bytes()
    tables = _tables(data)
    (units,) = struct.unpack_from(">H", data, tables["head"] + 18)
    box = struct.unpack_from(">4h", data, tables["head"] + 36)
    (count,) = struct.unpack_from(">H", data, tables["maxp"] + 4)
    (known,) = struct.unpack_from(">H", data, tables["hhea"] + 34)
    advances = struct.unpack_from(">" + "Hh" * known, data, tables["hmtx"])[::2]
    advances += advances[-1:] * (count - known)  # the last holds for those after it
    widths = tuple(advance / units for advance in advances)
    return Typeface(
        name, data, widths, tuple(edge / units for edge in box), _glyphs(data, tables["cmap"])
    )


def _tables(data: bytes) -> dict[str, int]:
    """Where each table starts."""
    (count,) = struct.unpack_from(">H", data, 4)
    entries = (struct.unpack_from(">4sIII", data, 12 + 16 * at) for at in range(count))
    return {tag.decode("ascii"): offset for tag, _, offset, _ in entries}


def _glyphs(data: bytes, table: int) -> dict[int, int]:
    """The glyph of each character, of the first subtable."""
    (offset,) = struct.unpack_from(">I", data, table + 8)
    at = table + offset
    (double,) = struct.unpack_from(">H", data, at + 6)
    array = f">{double // 2}H"
    ends = struct.unpack_from(array, data, at + 14)
    starts, deltas, jumps = (
        struct.unpack_from(array, data, at + 16 + part * double) for part in (1, 2, 3)
    )
    glyphs: dict[int, int] = {}
    for part, (start, end) in enumerate(zip(starts, ends, strict=True)):
        for code in range(start, min(end, 0xFFFE) + 1):
            glyph = code
            if jumps[part]:
                place = at + 16 + 3 * double + 2 * part + jumps[part] + 2 * (code - start)
                (glyph,) = struct.unpack_from(">H", data, place)
            if glyph:
                glyphs[code] = (glyph + deltas[part]) % 65536
    return glyphs
