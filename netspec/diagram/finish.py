"""The last hand on a drawing: whole, and without what differs from run to run (times, versions)."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterator, Mapping

_PNG = b"\x89PNG\r\n\x1a\n"
#: Chunks that the picture needs (PNG 3rd edition, section 11); times and texts are not among them.
_PNG_CHUNKS = (b"IHDR", b"PLTE", b"tRNS", b"bKGD", b"pHYs", b"IDAT", b"IEND")

_SVG_NOISE = re.compile(r"<!--.*?-->\s*|<!DOCTYPE.*?>\s*|<title>cluster_\d+</title>\s*", re.DOTALL)
_PDF_DATE = re.compile(rb"(/(?:Creation|Mod)Date \(D:)(\d{14})")
_EPOCH = b"19700101000000"
_PDF_OBJECTS = re.compile(rb"/Type /ObjStm.*?stream\r?\n(.*?)\r?\nendstream", re.DOTALL)


class BrokenDrawingError(Exception):
    """What a layout program wrote is not a drawing, or not a whole one."""


def finish_svg(data: bytes) -> bytes:
    """SVG without comments (Graphviz's version), document type, and the titles of boxes."""
    text = data.decode("utf-8", errors="replace")
    if "<svg" not in text or not text.rstrip().endswith("</svg>"):
        raise BrokenDrawingError("it wrote no whole SVG")
    return _SVG_NOISE.sub("", text).encode()


def finish_png(data: bytes) -> bytes:
    """PNG with the chunks of the picture alone."""
    return _PNG + b"".join(_chunks(data))


def _chunks(data: bytes) -> Iterator[bytes]:
    at = len(_PNG)
    while data.startswith(_PNG) and at + 12 <= len(data):
        end = at + 12 + int.from_bytes(data[at : at + 4])
        name = data[at + 4 : at + 8]
        if name in _PNG_CHUNKS and end <= len(data):
            yield data[at:end]
        if name == b"IEND":
            return
        at = end
    raise BrokenDrawingError("it wrote no whole PNG")


def finish_pdf(data: bytes) -> bytes:
    """PDF whose date is 1970; the length stays, so that its table of offsets holds.

    Newer cairo keeps the date in a compressed stream: there SOURCE_DATE_EPOCH must have fixed it.
    """
    if not data.startswith(b"%PDF-") or b"%%EOF" not in data[-64:]:
        raise BrokenDrawingError("it wrote no whole PDF")
    for stream in _PDF_OBJECTS.findall(data):
        date = _PDF_DATE.search(zlib.decompressobj().decompress(stream))
        if date and date[2] != _EPOCH:
            raise BrokenDrawingError("it wrote the time into a stream of the PDF")
    return _PDF_DATE.sub(rb"\g<1>" + _EPOCH, data)


#: How the output of a layout program becomes ours, by format.
FINISHERS: Mapping[str, Callable[[bytes], bytes]] = {
    "svg": finish_svg,
    "png": finish_png,
    "pdf": finish_pdf,
}
