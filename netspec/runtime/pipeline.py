"""Files -> samples -> batches -> answers.  A bad input does not stop the others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec.machine.errors import UnusableError, refuse_no_file
from netspec.runtime.arrays import read_npy, read_npz
from netspec.runtime.errors import InputError, RunError
from netspec.runtime.images import SUFFIXES, read_picture
from netspec.runtime.session import Session
from netspec.text.printable import printable


@dataclass(frozen=True)
class Sample:
    """One sample of each input of a net, and the name that answers give it."""

    name: str
    arrays: Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class Answers:
    """For the samples called `names`, in order, the outputs of the net; the batch axis is first."""

    names: tuple[str, ...]
    outputs: Mapping[str, NDArray[Any]]


def find_inputs(arguments: Iterable[str], tell: Callable[[str], object]) -> list[Path]:
    """The files that the arguments name; a folder stands for its pictures, sorted by name.

    `tell` is told what is skipped in a folder. UnusableError where an argument is no file, or a
    folder has no picture.
    """
    files: list[Path] = []
    for argument in arguments:
        path = Path(argument)
        if path.is_dir():
            files += _pictures(path, tell)
        else:
            refuse_no_file(path)
            files.append(path)
    return files


def _pictures(folder: Path, tell: Callable[[str], object]) -> list[Path]:
    found = []
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() not in SUFFIXES:
            tell(f"{printable(str(path))}: skipped, not a picture")
        elif not path.is_file():  # a pipe would be waited for
            tell(f"{printable(str(path))}: skipped, not a file")
        else:
            found.append(path)
    if not found:
        raise UnusableError(f"no pictures in {printable(str(folder))}")
    return found


def answer(
    session: Session,
    files: Iterable[Path],
    batch: int,
    fail: Callable[[str], object],
    done: Callable[[int], object] = lambda count: None,
) -> Answers | None:
    """The outputs for all samples of the files that can be read, `batch` of them run at a time.

    `fail` is told of each input that cannot, by name; `done` how many samples are through. None
    where there is no answer at all.
    """
    names: list[str] = []
    parts: list[Mapping[str, NDArray[Any]]] = []
    for group in _groups(_samples(session, files, fail), batch):
        stacked = {key: np.stack([s.arrays[key] for s in group]) for key in session.inputs}
        try:
            part = session.run(stacked)
        except (RunError, InputError) as error:
            for sample in group:
                fail(f"{sample.name}: {error}")
            continue
        for key, array in part.items():
            if array.shape[:1] != (len(group),):
                raise RunError(f"output `{printable(key)}` does not hold one answer a sample")
        parts.append(part)
        names += [sample.name for sample in group]
        done(len(names))
    if not parts:
        return None
    try:
        outputs = {key: np.concatenate([part[key] for part in parts]) for key in session.outputs}
    except ValueError as error:  # a model with free axes answers each size of input in its own
        raise RunError(
            "the answers are of different shapes; run inputs of one size at a time"
        ) from error
    return Answers(tuple(names), outputs)


def _samples(
    session: Session, files: Iterable[Path], fail: Callable[[str], object]
) -> Iterator[Sample]:
    for path in files:
        try:
            yield from _read(session, path)
        except InputError as error:
            fail(f"{printable(str(path))}: {error}")
        except OSError as error:
            fail(f"{printable(str(path))}: {error.strerror or error}")


def _groups(samples: Iterator[Sample], size: int) -> Iterator[list[Sample]]:
    """Groups of at most `size` samples that have equal shapes."""
    group: list[Sample] = []
    for sample in samples:
        if group and (len(group) == size or _shapes(group[0]) != _shapes(sample)):
            yield group
            group = []
        group.append(sample)
    if group:
        yield group


def _shapes(sample: Sample) -> list[tuple[int, ...]]:
    return [array.shape for array in sample.arrays.values()]


def _read(session: Session, path: Path) -> Iterator[Sample]:
    """The samples in a file: one in a picture, one or a batch in arrays."""
    name = printable(str(path))
    suffix = path.suffix.lower()
    if suffix not in (".npy", ".npz"):
        yield Sample(name, _picture(session, path))
        return
    arrays = {"": read_npy(path)} if suffix == ".npy" else read_npz(path)
    batches = {
        key: _as_batch(session, key, array) for key, array in _by_input(session, arrays).items()
    }
    counts = sorted({len(array) for array in batches.values()})
    if len(counts) > 1:
        raise InputError(f"its arrays hold different numbers of samples: {counts}")
    for at in range(counts[0]):
        one = {key: array[at] for key, array in batches.items()}
        yield Sample(f"{name}[{at}]" if counts[0] > 1 else name, one)


def _picture(session: Session, path: Path) -> dict[str, NDArray[Any]]:
    if len(session.inputs) > 1:
        raise InputError(
            f"the net takes {', '.join(session.inputs)}; give an .npz with an array for each"
        )
    ((name, kind),) = session.inputs.items()
    image = session.card.images.get(name)
    if image is None:
        raise InputError(
            "a picture needs an `image:` section in the spec's `input:`, which says how to read it"
        )
    return {name: read_picture(path, image, tuple(size or 0 for size in kind.shape))}


def _by_input(
    session: Session, arrays: Mapping[str, NDArray[np.float32]]
) -> Mapping[str, NDArray[np.float32]]:
    """The arrays by the inputs that they are for; a lone array needs no name."""
    wanted = tuple(session.inputs)
    if all(name in arrays for name in wanted):
        return {name: arrays[name] for name in wanted}
    if len(wanted) == len(arrays) == 1:
        return dict(zip(wanted, arrays.values(), strict=True))
    found = ", ".join(printable(name) or "one array" for name in arrays) or "nothing"
    raise InputError(f"the net takes {', '.join(wanted)}; the file holds {found}")


def _as_batch(session: Session, key: str, array: NDArray[np.float32]) -> NDArray[np.float32]:
    kind = session.inputs[key]
    batch = array[None] if array.ndim == len(kind.shape) else array
    if not kind.fits(batch.shape[1:]):
        found = "x".join(map(str, array.shape)) or "one number"
        raise InputError(f"it holds {found}; the net takes {kind}, or a batch Nx{kind}")
    if not len(batch):
        raise InputError("it holds no samples")
    return batch
