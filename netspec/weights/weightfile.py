"""Files of named tensors: safetensors, whole, in shards or as a checkpoint, and npz."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from netspec.machine.errors import UnusableError
from netspec.text.nearest import nearest
from netspec.text.printable import printable
from netspec.weights.checkpointed import CHECKPOINT, CheckpointFile
from netspec.weights.npz import BROKEN_ZIP, NpzFile
from netspec.weights.pickles import refuse_pickle
from netspec.weights.safetensor import SafetensorsFile
from netspec.weights.sharded import INDEX, ShardedFile
from netspec.weights.standin import refuse_stand_in
from netspec.weights.stored import FLOATS, Stored, TensorFile

__all__ = ["BROKEN_ZIP", "FLOATS", "Stored", "TensorFile", "open_tensors"]

#: How the names of weight files end, an index first.
_SUFFIXES = (INDEX, ".safetensors", ".npz")
#: Names of a folder that are looked through for the one that was meant.
_MOST_LISTED = 1000


def open_tensors(path: Path) -> TensorFile:
    """The tensors of a .safetensors or .npz file, or of the shards that an index lists; of a
    checkpoint of training the weights.

    UnusableError, naming the file, where it is none or damaged.
    """
    refuse_pickle(path)
    name = path.name.lower()
    if not path.is_dir() and not name.endswith(_SUFFIXES):
        raise UnusableError(
            f"{printable(str(path))}: weights are .safetensors, {INDEX} or .npz, "
            f"not {printable(path.suffix) or 'this'}",
            help=_meant(path),
        )
    if not path.is_file():
        raise _absent(path)
    refuse_stand_in(path)
    if name.endswith(INDEX):
        return ShardedFile(path)
    if name.endswith(".npz"):
        return NpzFile(path)
    file = SafetensorsFile(path)
    return CheckpointFile(file) if CHECKPOINT in file.metadata else file


def _absent(path: Path) -> UnusableError:
    shown = printable(str(path))
    if path.is_dir():
        first = min(_weight_files(path), key=_rank, default=None)
        hint = None if first is None else f"such as {printable(str(path / first))}"
        return UnusableError(f"{shown} is a folder; name a file in it", hint)
    if path.exists():
        return UnusableError(f"{shown}: not a file")
    return UnusableError(f"{shown}: no such file", _meant(path))


def _meant(path: Path) -> str | None:
    """A weight file beside it that differs in its suffix alone, or whose name is near."""
    found = list(_weight_files(path.parent))
    same = next((name for name in found if name.partition(".")[0] == path.stem), None)
    near = same or nearest(path.name, found)
    return f"did you mean {printable(str(path.with_name(near)))}?" if near else None


def _weight_files(folder: Path) -> Iterator[str]:
    """The names of the weight files in a folder; none where it cannot be read."""
    try:
        with os.scandir(folder) as entries:
            for entry in islice(entries, _MOST_LISTED):
                if entry.name.lower().endswith(_SUFFIXES):
                    yield entry.name
    except OSError:
        return


def _rank(name: str) -> tuple[int, str]:
    return next(i for i, end in enumerate(_SUFFIXES) if name.lower().endswith(end)), name
