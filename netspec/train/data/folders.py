"""A folder with a folder of pictures for each class."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from netspec.machine.errors import UnusableError
from netspec.runtime.errors import InputError
from netspec.runtime.finding import PICTURES, suffix
from netspec.runtime.images import decode_pixels, is_picture, to_input
from netspec.text.image import Image
from netspec.text.printable import printable
from netspec.train.data.augmenting import Augmentation
from netspec.train.data.classes import class_numbers
from netspec.train.data.dataset import Samples
from netspec.train.data.takes import Takes
from netspec.train.data.targets import Answer

#: Files left out that are named one by one.
_NAMED = 20
#: What people call the folders of the parts of a data set.
_PARTS = frozenset({"train", "training", "val", "valid", "validation", "test", "testing"})


@dataclass(frozen=True, eq=False)
class Files:
    """A Loader of pictures in files, decoded when they are asked for: `names` below the folder of
    each one's class.
    """

    folders: Sequence[str]
    names: Sequence[str]
    kinds: NDArray[np.int64]
    image: Image
    shape: tuple[int, ...]
    top: float | None = 255.0

    def load(self, indices: NDArray[np.int64]) -> NDArray[np.float32]:
        """The pixels, resized and cropped, 0 to 255.  InputError, naming the file."""
        pixels = np.empty((len(indices), *self.shape), np.float32)
        for row, at in enumerate(indices):
            path = os.path.join(self.folders[self.kinds[at]], self.names[at])  # noqa: PTH118 - a Path is five times as slow
            try:
                pixels[row] = decode_pixels(path, self.image, self.shape[1:])
            except InputError as fault:
                raise InputError(f"{printable(path)}: {fault}") from fault
            except OSError as fault:
                raise InputError(f"{printable(path)}: {fault.strerror or fault}") from fault
        return pixels

    def finish(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """(pixel * scale - mean) / std"""
        to_input(samples, self.image, samples)
        return samples


def open_folder(
    path: Path,
    takes: Takes,
    answer: Answer,
    augmentation: Augmentation,
    tell: Callable[[str], object],
) -> Samples:
    """The pictures of a folder's folders, in those and below them, each of the class that its
    folder is named after.

    Names that begin with a dot are passed over. `tell` is told of other files that are no pictures
    or lie beside the folders; they are left out. UnusableError where the folders are not the
    classes of the net, or one has no picture.
    """
    shown = printable(str(path))
    image = takes.image_for(shown)
    folders, beside = _class_folders(path)
    parts = [name for name in folders if name.lower() in _PARTS]
    if parts == folders and not set(parts) <= set(answer.labels):
        known = next((name for name in parts if name.lower().startswith("train")), parts[0])
        raise UnusableError(
            f"{shown}: {', '.join(folders)} are parts of a data set and no classes",
            help=f"`data: {shown}/{known}`, and the others as `validation:` or `test:`",
        )
    named = {name: _Class(path / name) for name in folders}
    pictures = {name: one.pictures() for name, one in named.items()}
    kinds, classes = class_numbers(folders, answer, f"{shown}: the class folders are")
    of_kind = {kinds[name]: one for name, one in named.items()}
    found = [
        (kinds[name], one)
        for name in sorted(kinds, key=kinds.__getitem__)
        for one in pictures[name]
    ]
    aside = [f"{printable(str(path / name))}: skipped, in no class folder" for name in beside]
    _tell_skipped([*aside, *(line for one in named.values() for line in one.skipped)], tell)
    numbers = np.array([kind for kind, _ in found], np.int64)
    places = [str(of_kind[kind].path) if kind in of_kind else "" for kind in range(len(classes))]
    source = Files(places, [name for _, name in found], numbers, image, takes.shape)
    return Samples(source, takes.shape, numbers, classes, augmentation)


def _class_folders(path: Path) -> tuple[list[str], list[str]]:
    """The names of the folders, sorted, and of what lies beside them."""
    with os.scandir(path) as entries:
        found = [(entry.name, _is_folder(entry)) for entry in entries if entry.name[0] != "."]
    folders = sorted(name for name, folder in found if folder)
    if not folders:
        lie = any(suffix(name) in PICTURES for name, _ in found)
        reason = "pictures lie in it, but no class folders" if lie else "no class folders in it"
        raise UnusableError(
            f"{printable(str(path))}: {reason}",
            help="put the pictures of each class into a folder that has its name",
        )
    return folders, [name for name, folder in found if not folder]


class _Class:
    """A class's folder, what was found in it, and what was left out."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.skipped: list[str] = []

    def pictures(self) -> list[str]:
        """The paths of its pictures below it, sorted; UnusableError where there is none."""
        found = sorted(self._below(self.path, "", ()))
        if not found:
            raise UnusableError(
                f"{printable(str(self.path))}: no pictures in this class folder",
                help="put pictures of the class there, or take the folder away",
            )
        return found

    def _below(self, folder: Path, inside: str, around: Iterable[Path]) -> Iterator[str]:
        here = folder.resolve()
        if here in around:
            self._skip(folder, "a link that leads back to it")
            return
        with os.scandir(folder) as entries:
            for entry in entries:
                name = inside + entry.name
                if entry.name[0] == ".":
                    continue
                if _is_folder(entry):
                    yield from self._below(folder / entry.name, f"{name}/", (*around, here))
                elif suffix(name) not in PICTURES or not _is_picture(entry):
                    self._skip(folder / entry.name, "not a picture")
                else:
                    yield name

    def _skip(self, path: Path, reason: str) -> None:
        self.skipped.append(f"{printable(str(path))}: skipped, {reason}")


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads in a circle
        return False


def _is_picture(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_file() and is_picture(entry.path)  # a pipe would be waited for
    except OSError:
        return False


def _tell_skipped(lines: Sequence[str], tell: Callable[[str], object]) -> None:
    for line in sorted(lines)[:_NAMED]:
        tell(line)
    if len(lines) > _NAMED:
        tell(f"{len(lines) - _NAMED} more files are skipped")
