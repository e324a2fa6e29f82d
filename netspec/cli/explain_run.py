"""The pictures of a plan, one sample after the other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import click

from netspec.analysis.units import percent
from netspec.cli.explain_files import write, write_page
from netspec.cli.explain_places import Names
from netspec.cli.explain_plan import Plan
from netspec.cli.explain_progress import ExplainProgress
from netspec.cli.failure import OK, RUN_FAILED, Failure
from netspec.cli.output import atomic, check_output
from netspec.cli.weight_options import tell
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


def run(net: Net, plan: Plan) -> int:
    """Draw everything; the exit code.  UnusableError and RunError as the methods have them."""
    with plan.place.opened() as folder:
        drawing = _Run(net, plan, folder)
        drawing.all()
    if drawing.cards and plan.place.index is not None and not plan.place.inside:
        drawing.write_index(plan.place.index)
    return drawing.end()


class _Run:
    def __init__(self, net: Net, plan: Plan, folder: Path) -> None:
        self.net, self.plan, self.place, self.folder = net, plan, plan.place, folder
        self.progress = ExplainProgress()
        self.names, self.cards = Names(), list[Card]()
        self.failed = self.written = 0
        self._known: dict[tuple[str, tuple[int, ...]], Found] = {}
        self._left_out: set[str] = set()

    def all(self) -> None:
        """Each sample, or the net without one, and the index of a folder."""
        try:
            if "dissect" in self.plan.methods:
                self._write(None, [self._patches()])
                return
            for sample in self._samples():
                self._write(sample, self._found(sample))
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
            file.write(index(self.net.name, doc, self.cards, self.plan.looks.colours))
        click.echo(f"{len(self.cards):,} pages: {self.place.shown}")

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
                yield from read(self.net, path)
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
        for name in self.plan.methods:
            if name in self._left_out:
                continue
            try:
                found.append(self._look(name, asked, sample))
            except UnusableError as error:
                if not self.plan.lenient:
                    raise
                self._left_out.add(name)
                self.progress.clear()
                tell(f"{name} is left out: {error.message}")
        return found

    def _look(self, name: str, asked: Asked, sample: Sample | None) -> Found:
        of = f"{printable(sample.name)}: " if sample is not None else ""
        self.progress.begin(f"{of}{name}")
        if METHODS[name].pictured:
            return look(self.net, name, asked, sample, self.progress.done)
        key = name, asked.classes
        if key not in self._known:
            self._known[key] = look(self.net, name, asked, sample, self.progress.done)
        return self._known[key]

    def _patches(self) -> Found:
        self.progress.begin("dissect")
        paths = [Path(path) for path in self.plan.files]
        return net_patches(self.net, self.plan.asked, paths, self._fail, self.progress.done)

    def _write(self, sample: Sample | None, found: list[Found]) -> None:
        path, shown = self._path(sample)
        if self.place.form == "html":
            up = self.place.index
            back = None if up is None else up.name if self.place.inside else f"../{up.name}"
            picture = write_page(path, self.net, sample, found, self.plan.looks, back=back)
            if picture is not None and up is not None:
                beside = "" if self.place.inside else f"{self.place.path.name}/"
                self.cards.append(Card(picture, quote(f"{beside}{path.name}"), _first_map(found)))
        else:
            write(path, self.place.form, self.net, sample, found, self.plan.looks)
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
            chances = self.net.probabilities(sample.x)[0]
            best = int(chances.argmax())
            said = f"{sample.name}: {self.net.label(best)}, {percent(float(chances[best]))}"
        click.echo(printable(f"{said}: {path}"))
        for one in found:
            for check in one.checks:
                click.echo(f"  {one.method.name}, {check.of}: {check.verdict} ({check.levels})")


def _first_map(found: list[Found]) -> Heat | None:
    panels = (panel for one in found for panel in one.panels)
    return next((at for at in panels if isinstance(at, Heat) and at.under is not None), None)
