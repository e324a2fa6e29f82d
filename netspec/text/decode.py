"""Bytes of a file -> Source."""

from __future__ import annotations

from netspec.text.diagnostics import Diagnostic, SpecError
from netspec.text.limits import MAX_FILE_BYTES
from netspec.text.source import Source, Span


def decode(data: bytes, name: str) -> Source:
    """The source that a file's bytes hold; SpecError where they are too many or not UTF-8."""
    if len(data) > MAX_FILE_BYTES:
        raise too_large(Source(name, data[:200].decode("utf-8", "replace")))
    try:
        return Source(name, data.decode("utf-8").removeprefix("\ufeff"))
    except UnicodeDecodeError as error:
        good = data[: error.start].decode("utf-8").removeprefix("\ufeff")
        source = Source(name, data.decode("utf-8", "replace").removeprefix("\ufeff"))
        message = f"the file is not UTF-8: byte 0x{data[error.start]:02x}"
        span = Span(source, len(good), len(good) + 1)
        finding = Diagnostic("not-utf8", message, span, help="save the file as UTF-8")
        raise SpecError([finding]) from None


def too_large(source: Source) -> SpecError:
    """The rejection of a file that has more than MAX_FILE_BYTES."""
    message = f"the file is larger than {MAX_FILE_BYTES // 1_000_000} MB"
    return SpecError([Diagnostic("file-too-large", message, Span(source, 0, 1))])
