"""Where the pictures of `netspec explain` go: one file, or a folder of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import click

from netspec.cli.failure import Failure
from netspec.cli.folder import whole_folder
from netspec.cli.output import check_output
from netspec.text.printable import printable

#: What can be written, by the suffix of its name.
FORMATS = ("png", "svg", "npy", "html")
#: Bytes of a sample's name that its file's name has; disks take 255 in all.
_LONGEST = 150
#: A sample's file, and its place there where it holds several.
_NUMBERED = re.compile(r"(.*)(\[\d+\])", re.DOTALL)
_LIST = ", ".join(f".{form}" for form in FORMATS)


@dataclass(frozen=True)
class Place:
    """A file, or a folder with a file for each picture; pages of several have an `index`."""

    path: Path
    form: str
    folder: bool = False
    index: Path | None = None

    @property
    def inside(self) -> bool:
        """Whether the index lies in the folder of its pages."""
        return self.index is not None and self.index.parent == self.path

    @property
    def shown(self) -> str:
        """What the user looks for."""
        return printable(str(self.index or self.path))

    def check(self, sources: Sequence[Path]) -> None:
        """Failure (exit 2) where it cannot be written, or is one of the files that are read."""
        if self.index is not None and not self.inside:
            check_output(self.index, tuple(sources))
        if not self.folder:
            check_output(self.path, tuple(sources))
        elif self.path.exists() and not self.path.is_dir():
            raise Failure(
                f"{printable(str(self.path))} is a file; pictures of several go to a folder"
            )
        elif not self.path.parent.is_dir():
            parent = printable(str(self.path.parent))
            raise Failure(f"cannot write {printable(str(self.path))}: there is no folder {parent}")

    @contextmanager
    def opened(self) -> Iterator[Path]:
        """The folder to write in while the block lasts, or the file's own."""
        with whole_folder(self.path) if self.folder else nullcontext(self.path.parent) as at:
            yield at


def place(output: Path | None, form: str | None, stem: str, *, several: bool) -> Place:
    """The place that -o and --format mean; without -o it is beside, and called after a `stem`.

    Failure (exit 2) where several pictures are to go into one file that holds one.
    """
    written = written_form(output, form)
    if output is None:
        return _folder(Path(stem), written) if several else Place(_named(stem, written), written)
    suffix = output.suffix.lower().lstrip(".")
    if suffix not in FORMATS or output.is_dir():
        if output == Path("-"):
            raise Failure("pictures are files: - is none", help="give -o a name")
        if suffix and not several and not output.is_dir():
            raise Failure(f"{printable(str(output))}: pictures of nets are {_LIST}, or a folder")
        return _folder(output, written)
    if form not in (None, suffix):
        raise click.UsageError(f"-o {printable(str(output))} says its format: no --format {form}")
    if not several:
        return Place(output, suffix)
    if suffix == "html":
        return Place(output.with_suffix(".pages"), suffix, True, output)
    raise Failure(
        f"{printable(str(output))} holds one picture, and there are several",
        help="give -o a folder, or report.html for pages and their index",
    )


def written_form(output: Path | None, form: str | None) -> str:
    """Which of FORMATS -o and --format mean, where they agree."""
    suffix = output.suffix.lower().lstrip(".") if output is not None else ""
    whole = output is not None and suffix in FORMATS and not output.is_dir()
    return suffix if whole else form or "png"


def _folder(path: Path, form: str) -> Place:
    return Place(path, form, True, path / "index.html" if form == "html" else None)


def _named(stem: str, form: str) -> Path:
    return Path(f"{stem}.{form}")


class Names:
    """Names of files in a folder, each once: after the sample, in letters that any disk takes."""

    def __init__(self, *taken: str) -> None:
        self._given = {name.lower() for name in taken}

    def of(self, sample: str, ending: str) -> str:
        """The name of a sample's file: `ending` is what follows."""
        numbered = _NUMBERED.fullmatch(sample)
        file, number = numbered.groups() if numbered else (sample, "")
        plain = "".join(c if c.isalnum() or c in "-_." else "_" for c in file)
        short = plain.lstrip(".").encode()[-_LONGEST:].decode(errors="ignore") or "_"
        for stem in self._tried(Path(short).stem + number, short + number):
            name = f"{stem}{ending}"
            if name.lower() not in self._given:
                break
        self._given.add(name.lower())
        return name

    def _tried(self, stem: str, whole: str) -> Iterator[str]:
        yield from (stem, whole)
        yield from (f"{whole}-{number}" for number in count(2))
