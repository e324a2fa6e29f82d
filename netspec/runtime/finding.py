"""Arguments -> files: what the command line names, and the pictures of folders."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from netspec.machine.errors import UnusableError, refuse_no_file
from netspec.text.printable import printable

#: Suffixes of files that are read as pictures, in small letters.
PICTURES = frozenset(
    {".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".ppm", ".pgm", ".pbm"}
)
#: Those of files that hold arrays, which may be several samples.
ARRAYS = frozenset({".npy", ".npz"})
#: Those of tables, with what is between two columns.
_TABLES = {".csv": ",", ".tsv": "\\t"}


@dataclass(frozen=True)
class Inputs:
    """Files in order, `folders` the places and `names` what is taken of each.

    A million files are a million short strings: paths are made when they are asked for.
    """

    folders: tuple[str, ...]
    names: tuple[Sequence[str], ...]

    def __len__(self) -> int:
        return sum(map(len, self.names))

    def __iter__(self) -> Iterator[str]:
        for folder, names in zip(self.folders, self.names, strict=True):
            for name in names:
                yield os.path.join(folder, name)  # noqa: PTH118 - a Path is five times as slow

    def __contains__(self, path: object) -> bool:
        return any(path == one for one in self)

    @property
    def named(self) -> tuple[Path, ...]:
        """The files that an argument names; the pictures of folders are none of them."""
        alone = zip(self.folders, self.names, strict=True)
        return tuple(Path(names[0]) for folder, names in alone if not folder)

    @property
    def one_each(self) -> bool:
        """Whether each file is one sample, as pictures are."""
        return not any(suffix(str(path)) in ARRAYS for path in self.named)


def suffix(path: str) -> str:
    """The suffix of a path in small letters, with its dot."""
    return os.path.splitext(path)[1].lower()  # noqa: PTH122 - see above


def find_inputs(arguments: Iterable[str], tell: Callable[[str], object]) -> Inputs:
    """The files that the arguments name; a folder stands for its pictures, sorted by name.

    `tell` is told what is skipped in a folder. UnusableError where an argument is no file, or a
    folder has no picture, and where one is a table.
    """
    folders: list[str] = []
    names: list[Sequence[str]] = []
    for argument in arguments:
        path = Path(argument)
        if path.is_dir():
            folders.append(os.path.join(path, ""))  # noqa: PTH118 - see above
            names.append(_pictures(path, tell))
        else:
            refuse_no_file(path)
            _refuse_table(path)
            folders.append("")
            names.append((str(path),))
    return Inputs(tuple(folders), tuple(names))


def _refuse_table(path: Path) -> None:
    between = _TABLES.get(path.suffix.lower())
    if between is None:
        return
    table, array = printable(str(path)), printable(str(path.with_suffix(".npy")))
    raise UnusableError(
        f"{table}: a table; an input is a picture, a folder of pictures, or .npy or .npz",
        help=f"with N columns of features, first in each row, this makes it {array}:\n"
        "      import numpy\n"
        f'      numpy.save("{array}", numpy.loadtxt("{table}", delimiter="{between}", skiprows=1,'
        " usecols=range(N)))",
    )


def _pictures(folder: Path, tell: Callable[[str], object]) -> list[str]:
    """The names of a folder's pictures, read once and held once."""
    found: list[str] = []
    skipped: list[tuple[str, str]] = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if suffix(entry.name) not in PICTURES:
                skipped.append((entry.name, "not a picture"))
            elif not _is_file(entry):  # a pipe would be waited for
                skipped.append((entry.name, "not a file"))
            else:
                found.append(entry.name)
    for name, reason in sorted(skipped):
        tell(f"{printable(str(folder / name))}: skipped, {reason}")
    if not found:
        raise UnusableError(f"no pictures in {printable(str(folder))}")
    found.sort()
    return found


def _is_file(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_file()
    except OSError:  # a link that leads in a circle
        return False
