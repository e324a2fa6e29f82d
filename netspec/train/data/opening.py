"""A path of a spec -> its samples."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

from netspec.graph import Graph
from netspec.machine.errors import UnusableError, refuse_no_file
from netspec.text.printable import printable
from netspec.text.training import Choice, DataPath
from netspec.train.data.arrays import open_archive
from netspec.train.data.augmenting import Augmentation
from netspec.train.data.dataset import Dataset
from netspec.train.data.folders import open_folder
from netspec.train.data.tables import open_table
from netspec.train.data.takes import Takes
from netspec.train.data.targets import Answer

#: Suffixes of tables, in small letters.
_TABLES = (".csv", ".tsv")


def is_table(path: Path) -> bool:
    """Whether a file has columns, by its name."""
    return path.suffix.lower() in _TABLES


def open_data(
    path: DataPath,
    graph: Graph,
    augment: Sequence[Choice],
    *,
    loss: Choice | None = None,
    tell: Callable[[str], object] = warnings.warn,
) -> Dataset:
    """The samples that a path holds for a net, and how they are varied when they are learned from.

    An .npz file, a folder with a folder of pictures for each class, or a CSV file. Whole numbers
    are classes where the loss is cross-entropy (or None) and the net has several outputs; else they
    are values. `tell` is told of files that are left out. UnusableError where they do not fit.
    """
    takes, answer = Takes.of(graph), Answer.of(graph, loss)
    augmentation = Augmentation({choice.name: choice for choice in augment})
    place, shown = path.path, printable(str(path.path))
    kind = place.suffix.lower()
    if path.target is not None and not is_table(place):
        raise UnusableError(f"{shown}: `target` names a column, and this is no CSV file")
    try:
        if place.is_dir():
            return open_folder(place, takes, answer, augmentation, tell)
        refuse_no_file(place)
        if is_table(place):
            return open_table(place, path.target, takes, answer, augmentation)
        if kind == ".npz":
            return open_archive(place, takes, answer, augmentation)
    except OSError as error:
        raise UnusableError(f"{shown}: {error.strerror or error}") from error
    raise UnusableError(
        f"{shown}: not data to train on",
        help="give an .npz file, a folder with a folder of pictures for each class, or a CSV file",
    )
