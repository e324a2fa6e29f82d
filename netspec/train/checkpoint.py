"""The state of a run of training, in one file from which it goes on to the bit.

The file is a safetensors file of float32 tensors by the names of the state; the weights of the best
epoch, where that is not the last one, stand beside them with `best/` before their names. All else
is JSON in its metadata. It is one file, so that no end of the process, at whatever moment, leaves
state and best weights of two different epochs.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import cache
from math import inf
from pathlib import Path

import numpy as np

from netspec.machine.errors import UnusableError, refuse_no_file
from netspec.machine.files import atomic
from netspec.text.printable import printable
from netspec.train.log import as_json, of_json
from netspec.train.origin import Origin
from netspec.train.records import EpochRecord
from netspec.weights.checkpointed import BEST, CHECKPOINT, weights_of
from netspec.weights.initial import FloatArray
from netspec.weights.safetensor import SafetensorsFile, write_safetensors
from netspec.weights.stored import Stored

_FORM = 1

_ANEW = "begin again in another folder, -o names it"


@dataclass(frozen=True)
class Progress:
    """How far a run has come.  ValueError where that cannot be.

    `step` counts the updates, over all epochs; `best_epoch` is the epoch with the least validation
    loss, None where there is none; `steady` are the steps since the loss scale last changed.
    """

    origin: Origin
    step: int
    records: tuple[EpochRecord, ...]
    best_epoch: int | None = None
    loss_scale: float = 1.0
    steady: int = 0

    def __post_init__(self) -> None:
        epochs = [record.epoch for record in self.records]
        if epochs != list(range(1, len(epochs) + 1)):
            raise ValueError(f"its epochs are {epochs!r:.80}")
        whole = (self.step, self.steady) + (() if self.best_epoch is None else (self.best_epoch,))
        if any(type(number) is not int or number < 0 for number in whole):
            raise ValueError(f"its counts are {whole!r:.80}")
        if self.best_epoch is not None and self.best_epoch not in epochs:
            raise ValueError(f"its best epoch is {self.best_epoch}")
        if not 0 < self.loss_scale < inf:
            raise ValueError(f"its loss scale is {self.loss_scale!r:.80}")

    @property
    def epoch(self) -> int:
        """The last epoch that is done, 0 for none."""
        return self.records[-1].epoch if self.records else 0

    @property
    def best_is_past(self) -> bool:
        """Whether there is a best epoch, and it is not the last one."""
        return self.best_epoch not in (None, self.epoch)


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """The state by the names of its tensors, and how it came to be.

    `best` are the weights of the best epoch, None where there is none.
    """

    state: Mapping[str, FloatArray]
    progress: Progress
    best: Mapping[str, FloatArray] | None = None


def write_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Write it, whole or not at all.  UnusableError where it cannot be written."""
    best = (checkpoint.best or {}) if checkpoint.progress.best_is_past else {}
    tensors = {**checkpoint.state, **{BEST + name: array for name, array in best.items()}}
    for name, array in tensors.items():
        assert array.dtype == np.float32, f"{name} is {array.dtype}"
    with atomic(path) as file:
        write_safetensors(
            ((name, array.shape) for name, array in tensors.items()),
            tensors.__getitem__,
            file,
            {CHECKPOINT: _said(checkpoint.progress)},
        )


def read_checkpoint(
    path: Path, origin: Origin, shapes: Mapping[str, tuple[int, ...]]
) -> Checkpoint:
    """The checkpoint of the run that is to go on, whose state has these tensors.

    UnusableError where the file is none, is not complete, or is another run's: what differs is
    named. Other versions of libraries are no other run; `Origin.other_versions` tells them.
    """
    refuse_no_file(path)
    file, shown = _whole(path), printable(str(path))
    progress = _progress(file.metadata.get(CHECKPOINT), shown)
    if others := progress.origin.differences(origin):
        raise UnusableError(
            f"{shown}: it was trained with {printable('; '.join(others))}",
            help=f"train as before, or {_ANEW}",
        )
    names = weights_of(shapes) if progress.best_is_past else {}
    _check(file.stored, {**shapes, **{BEST + name: names[name] for name in names}}, shown)
    state = {name: file.read(name) for name in shapes}
    if progress.best_epoch is None:
        return Checkpoint(state, progress)
    best = {name: file.read(BEST + name) for name in names}
    return Checkpoint(state, progress, best or weights_of(state))


def _whole(path: Path) -> SafetensorsFile:
    try:
        return SafetensorsFile(path)
    except UnusableError as error:
        weights = path.with_name("weights.safetensors")
        shown = printable(str(weights))
        kept = f"; {shown} is kept, and --weights takes it" if weights.exists() else ""
        raise UnusableError(error.message, _ANEW + kept) from error


def _check(
    stored: Mapping[str, Stored], expected: Mapping[str, tuple[int, ...]], shown: str
) -> None:
    """UnusableError where the tensors of a file are not those that are expected."""
    wanted = {name: Stored(shape, "F32") for name, shape in expected.items()}
    for name in sorted(stored.keys() | wanted):
        found, needed = stored.get(name), wanted.get(name)
        if found is None:
            reason = "is missing"
        elif needed is None:
            reason = "is no tensor of this run"
        elif found != needed:
            reason = f"is {_shape(found)}, this run's is {_shape(needed)}"
        else:
            continue
        raise UnusableError(f"{shown}: {printable(name)} {reason}", help=_ANEW)


def _shape(stored: Stored) -> str:
    return f"{printable(stored.dtype)} {'x'.join(map(str, stored.shape)) or 'scalar'}"


def _said(progress: Progress) -> str:
    """Progress as JSON."""
    rest = asdict(replace(progress, records=(), best_epoch=None)) | {
        "form": _FORM,
        "best_epoch": progress.best_epoch,
    }
    del rest["records"]
    records = ", ".join(map(_record, progress.records))
    return f'{json.dumps(rest, allow_nan=False)[:-1]}, "records": [{records}]}}'


@cache
def _record(record: EpochRecord) -> str:
    """The JSON of an epoch, which every later checkpoint has again."""
    return json.dumps(as_json(record), allow_nan=False)


def _progress(text: str | None, shown: str) -> Progress:
    """The progress that the metadata of a file tell.  UnusableError where they tell none."""
    if text is None:
        raise UnusableError(
            f"{shown}: these are tensors, but no checkpoint of `netspec train`",
            help="--resume takes a checkpoint; --weights starts from weights",
        )
    try:
        found = json.loads(text)
        if found.pop("form") != _FORM:
            raise ValueError("another version of netspec wrote it")
        origin = Origin(**found.pop("origin"))
        records = tuple(map(of_json, found.pop("records")))
        return Progress(origin, records=records, **found)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise UnusableError(
            f"{shown}: a checkpoint that cannot be read: {printable(str(error))[:200]}",
            help=_ANEW,
        ) from error
