"""The pictures of a plan, one sample after the other."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import click

from netspec.cli.explain_files import write, write_page
from netspec.cli.explain_places import Names
from netspec.cli.explain_plan import Plan
from netspec.cli.explain_progress import ExplainProgress
from netspec.cli.failure import OK, RUN_FAILED, Failure
from netspec.cli.output import atomic, check_output
from netspec.cli.weight_options import tell
from netspec.explain.answer import answers
from netspec.explain.asked import Asked, Found
from netspec.explain.learned import net_patches
from netspec.explain.looking import look
from netspec.explain.methods import METHODS
from netspec.explain.net import Net
from netspec.explain.page.index import Card, index
from netspec.explain.pictures.panels import Heat
from netspec.explain.samples import Sample, read
from netspec.machine.errors import UnusableError
from netspec.runtime.errors import InputError
from netspec.text.printable import printable

#: What is of the net itself that is held for the samples to come: maxima of classes are large.
_KNOWN = 16


def run(net: Net, plan: Plan) -> int:
    """Draw everything; the exit code.  UnusableError and RunError as the methods have them."""
    with plan.place.opened() as folder:
        drawing = _Run(net, plan, folder)
        try:
            drawing.all()
        except InputError as error:
            raise Failure(str(error), code=RUN_FAILED) from error
    if drawing.cards and plan.place.index is not None and not plan.place.inside:
        drawing.write_index(plan.place.index)
    return drawing.end()


class _Run:
    def __init__(self, net: Net, plan: Plan, folder: Path) -> None:
        self.net, self.plan, self.place, self.folder = net, plan, plan.place, folder
        self.progress = ExplainProgress()
        taken = [self.place.index.name] if self.place.index is not None else []
        self.names, self.cards = Names(*taken), list[Card]()
        self.failed = self.written = 0
        self._known: dict[object, Found] = {}
        self._left_out: set[str] = set()

    def all(self) -> None:
        """Each sample, or the net without one, and the index of a folder."""
        try:
            if "dissect" in self.plan.methods:
                self._write(None, [self._patches()])
                return
            for sample in self._samples():
                try:
                    found = self._found(sample)
                except InputError as error:
                    of = f"{printable(sample.name)}: " if sample is not None else ""
                    self._fail(InputError(f"{of}{error}"))
                else:
                    self._write(sample, found)
        finally:
            self.progress.clear()
        if self.place.folder and not self.written:
            raise Failure("nothing was drawn", code=RUN_FAILED)
        if self.cards and self.place.index is not None and self.place.inside:
            self.write_index(self.folder / self.place.index.name)

    def write_index(self, path: Path) -> None:
        """The page that leads to those of all samples."""
        doc = " ".join(self.net.graph.spec.doc.split())
        with atomic(path) as file:
            note = self.plan.looks.note
            file.write(index(self.net.name, doc, self.cards, failed=self.failed, note=note))
        pages = f"{len(self.cards):,} page{'s' * (len(self.cards) != 1)}"
        click.echo(f"{pages}: {self.place.shown}")

    def end(self) -> int:
        """How many of the samples failed, where some did; the exit code."""
        if self.failed and self.failed + self.written > 1:
            noun = "picture" if self.failed == 1 else "pictures"
            tell(f"{self.failed:,} {noun} failed, {self.written:,} drawn")
        return RUN_FAILED if self.failed else OK

    def _samples(self) -> Iterator[Sample | None]:
        """Those that can be read; None, once, where there are no files."""
        if not len(self.plan.files):
            yield None
        for path in self.plan.files:
            try:
                yield from read(self.net, path, self.plan.name_of(path))
            except InputError as error:
                self._fail(error)

    def _fail(self, error: InputError) -> None:
        self.failed += 1
        self.progress.clear()
        tell(str(error))

    def _found(self, sample: Sample | None) -> list[Found]:
        """What each method finds; what is of the net itself is looked for once."""
        asked, found = self.plan.asked, []
        if sample is not None:
            asked = asked.of(self.net, sample)
        for at, name in enumerate(self.plan.methods, 1):
            if name in self._left_out:
                continue
            part = f" ({at} of {len(self.plan.methods)})" if len(self.plan.methods) > 1 else ""
            try:
                found.append(self._look(name, part, asked, sample))
            except UnusableError as error:
                if not self.plan.lenient:
                    raise
                self._left_out.add(name)
                self.progress.clear()
                tell(f"{name} is left out: {error.message}")
        return found

    def _look(self, name: str, part: str, asked: Asked, sample: Sample | None) -> Found:
        pictured = METHODS[name].pictured and sample is not None
        of = sample.name if sample is not None and pictured else self.net.name
        self.progress.begin(f"{printable(of)}: {name}{part}")
        if pictured:
            return look(self.net, name, asked, sample, self.progress.done)
        classes = asked.classes if "classes" in METHODS[name].options else ()
        key = name, () if asked.channels else classes
        if key not in self._known:
            while len(self._known) >= _KNOWN:
                del self._known[next(iter(self._known))]
            self._known[key] = look(self.net, name, asked, sample, self.progress.done)
        return self._known[key]

    def _patches(self) -> Found:
        self.progress.begin("dissect")
        files = list(self.plan.files)
        return net_patches(
            self.net,
            self.plan.asked,
            files,
            self.plan.name_of,
            self._fail,
            self.progress.done,
        )

    def _write(self, sample: Sample | None, found: list[Found]) -> None:
        path, shown = self._path(sample)
        if self.place.form == "html":
            up = self.place.index if sample is not None else None
            above = Path() if self.place.inside else Path("..")
            back = None if up is None else _address(above / up.name)
            picture = write_page(path, self.net, sample, found, self.plan.looks, back=back)
            if picture is not None and up is not None:
                where = Path() if self.place.inside else Path(self.place.path.name)
                address = _address(where / path.name)
                colours = self.plan.looks.colours
                self.cards.append(Card.of(picture, address, _first_map(found), colours))
        else:
            write(path, shown, self.net, sample, found, self.plan.looks)
        self.written += 1
        self.progress.clear()
        self._say(sample, found, shown)

    def _path(self, sample: Sample | None) -> tuple[Path, Path]:
        """Where the file of a sample is written, and where it will be."""
        if not self.place.folder:
            return self.place.path, self.place.path
        stem = sample.name if sample is not None else self.net.name
        what = "" if self.place.form == "html" else f".{self.plan.what}"
        name = self.names.of(stem, f"{what}.{self.place.form}")
        check_output(self.folder / name, self.plan.named)
        return self.folder / name, self.place.path / name

    def _say(self, sample: Sample | None, found: list[Found], path: Path) -> None:
        """A line on standard output for what was written, and one for each sanity check."""
        said = self.net.name
        if sample is not None:
            said = f"{sample.name}: {answers(self.net, sample.x)[0].words}"
        click.echo(printable(f"{said}: {path}"))
        for one in found:
            for check in one.checks:
                click.echo(f"  {one.method.name}, {check.of}: {check.verdict} ({check.levels})")


def _address(path: Path) -> str:
    """A relative address."""
    return quote(os.fsencode(path.as_posix()))


def _first_map(found: list[Found]) -> Heat | None:
    """In the order of a page, the first that lies over the picture, or else hides it."""
    order = list(METHODS)
    panels = [
        panel
        for one in sorted(found, key=lambda one: order.index(one.method.name))
        for panel in one.panels
        if isinstance(panel, Heat) and panel.under is not None
    ]
    return min(panels, key=lambda panel: not panel.clear, default=None)
