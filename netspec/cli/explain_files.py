"""What was found of a net, as files: pictures, numbers, pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from netspec.cli.failure import Failure
from netspec.cli.output import atomic
from netspec.explain.answer import answers
from netspec.explain.asked import Found
from netspec.explain.methods import HEADINGS
from netspec.explain.net import Net
from netspec.explain.page.report import Entry, Picture, Section, report_page
from netspec.explain.pictures.figure import Rows, draw_panels, in_rows
from netspec.explain.pictures.made import ALPHA
from netspec.explain.pictures.panels import Areas, Caption, Panel, Photo
from netspec.explain.samples import Sample
from netspec.text.printable import printable

#: What a page says of a method that fails.
_FAILED = "The map hardly changes when weights are random: it shows the picture more than the net."
#: Classes of the net's answer that a page has, and panels in a row of a picture.
_SAID, _ACROSS = 5, 6


@dataclass(frozen=True)
class Looks:
    """How files look: `alpha` and `colours` as they were asked for, and a `note` beneath titles."""

    alpha: float | None = None
    colours: str | None = None
    note: str = ""


def write(
    path: Path, shown: Path, net: Net, sample: Sample | None, found: Sequence[Found], looks: Looks
) -> None:
    """Write what was found of a sample, as png, svg or npy by the name of the file, which will be
    found where messages show it.  Failure (exit 2) where that fails.
    """
    if path.suffix.lower() == ".npy":
        _write_numbers(path, shown, found)
        return
    name = f"{net.name}: {sample.name}" if sample is not None else net.name
    draw_panels(path, name, _arranged(sample, found), looks.colours, note=looks.note)


def write_page(
    path: Path,
    net: Net,
    sample: Sample | None,
    found: Sequence[Found],
    looks: Looks,
    *,
    back: str | None = None,
) -> Picture | None:
    """Write what was found as a page, which leads `back`; answers what it says of the sample."""
    picture = _picture(net, sample, found) if sample is not None else None
    page = report_page(
        net.name,
        " ".join(net.graph.spec.doc.split()),
        picture,
        [_section(heading, found) for heading in HEADINGS],
        alpha=ALPHA if looks.alpha is None else looks.alpha,
        colours=looks.colours,
        back=back,
        note=looks.note,
    )
    with atomic(path) as file:
        file.write(page)
    return picture


def _write_numbers(path: Path, shown: Path, found: Sequence[Found]) -> None:
    """One array: of several maps, one after the other."""
    arrays = [array for one in found for array in one.arrays]
    shapes = sorted({array.shape for array in arrays})
    if len(shapes) > 1:
        said = ", ".join("x".join(map(str, shape)) for shape in shapes)
        raise Failure(
            f"{printable(str(shown))} holds one array, and there are some of {said}",
            help="ask for one method and one layer",
        )
    with atomic(path) as file:
        np.save(file, arrays[0] if len(arrays) == 1 else np.stack(arrays), allow_pickle=False)


def _arranged(sample: Sample | None, found: Sequence[Found]) -> Rows:
    """The picture first; classes side by side and methods below each other, or where there is but
    one class, all as they come.
    """
    rows = [row for one in found for row in one.rows]
    by_class = (row for one in found if "classes" in one.method.options for row in one.rows)
    several = any(sum(not isinstance(at, Areas) for at in row) > 1 for row in by_class)
    first: list[Panel] = [Photo(Caption("Picture"), sample.pixels)] if sample is not None else []
    if not several:
        return in_rows([*first, *(panel for row in rows for panel in row)])
    lines = [line for row in rows for line in in_rows(row, _ACROSS)]
    lead: list[Panel | None] = [None] if first else []
    return [[*(first if at == 0 else lead), *line] for at, line in enumerate(lines)]


def _picture(net: Net, sample: Sample, found: Sequence[Found]) -> Picture:
    panels = (panel for one in found for panel in one.panels if not isinstance(panel, Areas))
    explained = frozenset(panel.caption.label for panel in panels)
    return Picture(sample.name, sample.pixels, answers(net, sample.x, _SAID), explained)


def _section(heading: str, found: Sequence[Found]) -> Section:
    return Section(heading, tuple(_entry(one) for one in found if one.method.heading == heading))


def _entry(found: Found) -> Entry:
    method = found.method
    failed = any(not one.check.passed for one in found.checks)
    checks = [f"{one.of}, {one.verdict} ({one.levels})." for one in found.checks]
    return Entry(
        method.title,
        method.shows,
        method.source,
        found.panels,
        remark=" ".join(checks),
        warning=_FAILED if failed else "",
    )
