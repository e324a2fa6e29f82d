"""DOT -> pictures and pages: by a `dot` program on the PATH, else by the Graphviz in pygraphviz."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from netspec.diagram.digraph import dot, drawn_layers
from netspec.diagram.finish import FINISHERS, BrokenDrawingError
from netspec.diagram.fonts import font_environment
from netspec.diagram.look import DEFAULT, Look
from netspec.diagram.process import answer
from netspec.graph import Graph
from netspec.text.limits import DRAWING_SECONDS, MAX_DRAWN_LAYERS, MAX_PAGE_LAYERS, PROGRAM_SECONDS
from netspec.text.printable import printable

#: What DOT text is drawn as.
PICTURES = ("svg", "png", "pdf", "dot")
#: What `draw` writes.
FORMATS = (*PICTURES, "html")

_PDF_INCHES = 199  # viewers show pages of 200; vectors lose nothing when scaled
_SCALED = re.compile(rb"Scaling by ([\d.]+) to fit")


class DiagramError(Exception):
    """A diagram cannot be drawn.  `help` says what can."""

    def __init__(self, message: str, help: str) -> None:
        super().__init__(message)
        self.message, self.help = message, help


def draw(graph: Graph, form: str, look: Look = DEFAULT, *, dpi: int = 144) -> bytes:
    """The diagram of a graph in one of FORMATS; `dpi`, pixels per inch, is for png.

    The same graph gives the same bytes.  Raises DiagramError where Graphviz cannot, or not in time.
    """
    if form == "html":
        return _page(graph, look)
    count = drawn_layers(graph, look)
    if form != "dot" and count > MAX_DRAWN_LAYERS:
        raise DiagramError(
            f"{count:,} layers are too many to lay out; the limit is {MAX_DRAWN_LAYERS:,}",
            "unroll less (--unroll), draw fewer (--set), or write a .dot file, which has no limit",
        )
    return lay_out(dot(graph, look), form, dpi=dpi)


def lay_out(source: str, form: str, *, dpi: int = 144) -> bytes:
    """The drawing of DOT text in one of PICTURES.  DiagramError as `draw` raises it."""
    return source.encode() if form == "dot" else _lay_out(_Order(source.encode(), form, dpi))


def _page(graph: Graph, look: Look) -> bytes:
    from netspec.diagram.page import TooLargeError, document, first_dot, page_data

    count, limit = len(graph.nodes), MAX_PAGE_LAYERS
    if count > limit:
        raise _no_page(f"{count:,} layers are too many for a page; the limit is {limit:,}")
    try:
        data = page_data(graph, look)
    except TooLargeError:
        raise _no_page("the folded diagram is too large for a page") from None
    return document(graph, look, data, lay_out(first_dot(data), "svg"))


def _no_page(message: str) -> DiagramError:
    return DiagramError(message, "draw fewer layers (--set), or write a .svg file")


@dataclass(frozen=True)
class _Order:
    """What a layout program is asked for."""

    source: bytes
    form: str
    dpi: int

    @property
    def attributes(self) -> tuple[str, ...]:
        """Attributes of the graph that the format needs."""
        size = f"size={_PDF_INCHES},{_PDF_INCHES}"
        return {"png": (f"dpi={self.dpi}",), "pdf": (size,)}.get(self.form, ())


class _UnfitError(Exception):
    """One way to lay out fails; another may not."""


def _lay_out(order: _Order) -> bytes:
    """What the `dot` program draws; where there is none, or it fails, what pygraphviz draws."""
    deadline = monotonic() + DRAWING_SECONDS
    with tempfile.TemporaryDirectory() as folder:
        environment = font_environment(Path(folder)) | {"SOURCE_DATE_EPOCH": "0"}
        program = shutil.which("dot")
        if program is not None:
            options = (f"-G{attribute}" for attribute in order.attributes)
            try:
                return _drawn(
                    (program, f"-T{order.form}", *options), order, environment, PROGRAM_SECONDS
                )
            except _UnfitError:
                pass  # it crashed, hung or lacks the format, and pygraphviz is a way out
        environment["PYTHONPATH"] = os.pathsep.join(sys.path)  # what we can import, it can
        builtin = str(Path(__file__).with_name("builtin_dot.py"))
        argv = (sys.executable, "-P", builtin, order.form, *order.attributes)
        try:
            return _drawn(argv, order, environment, deadline - monotonic())
        except _UnfitError as error:
            raise DiagramError(
                f"Graphviz did not draw the {order.form}: {error}",
                "write a .dot file, which needs no layout; where Graphviz is missing, "
                "`pip install pygraphviz` brings it",
            ) from error


def _drawn(
    argv: Sequence[str], order: _Order, environment: dict[str, str], seconds: float
) -> bytes:
    try:
        result = answer(argv, order.source, environment, seconds)
    except subprocess.TimeoutExpired:
        raise _UnfitError(f"it took longer than {seconds:.0f} seconds") from None
    except OSError as error:
        raise _UnfitError(error.strerror or "it does not start") from error
    scaled = _SCALED.search(result.stderr)
    if scaled:
        raise _too_large(int(order.dpi * float(scaled[1])))
    if result.returncode:
        raise _UnfitError(_reason(result))
    try:
        return FINISHERS[order.form](result.stdout)
    except BrokenDrawingError as error:
        raise _UnfitError(str(error)) from error


def _too_large(dpi: int) -> DiagramError:
    """Graphviz would make the picture smaller, without a word, until it fits into 32,767 pixels."""
    lower = f", or take --dpi {dpi}" if dpi >= 30 else ""
    return DiagramError(
        "the diagram is larger than a png can be, 32,767 pixels a side",
        f"draw .svg or .pdf, which have no such limit{lower}",
    )


def _reason(result: subprocess.CompletedProcess[bytes]) -> str:
    lines = result.stderr.decode(errors="replace").strip().splitlines()
    if result.returncode < 0:
        return f"it was ended by signal {-result.returncode}"
    return printable(lines[-1])[:200] if lines else f"exit status {result.returncode}"
