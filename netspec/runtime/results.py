"""Answers -> files: npz, npy, csv, json, jsonl."""

from __future__ import annotations

import json
from typing import IO, Any, Protocol

import numpy as np
from numpy.lib import format as npy

from netspec import __version__
from netspec.runtime.errors import RunError
from netspec.runtime.pipeline import Answers, joined
from netspec.runtime.ranking import Kind
from netspec.runtime.records import About, CsvRows, JsonLines, kind_of_first, records

#: Suffixes of result files.
FORMATS = (".npz", ".npy", ".csv", ".json", ".jsonl")
#: Those of them that hold all outputs, not the main one alone.
MANY = (".npz", ".json", ".jsonl")
#: Those that are records, written as the answers come.
STREAMED = (".csv", ".jsonl")


class Writer(Protocol):
    """Takes answers as they come, and leaves a whole file when it is finished."""

    kind: Kind | None

    def add(self, answers: Answers) -> None:
        """Take the answers of some samples."""

    def finish(self) -> None:
        """Write what is left."""


def writer(suffix: str, file: IO[bytes], about: About, kind: Kind | None = None) -> Writer:
    """What writes the format of a suffix of FORMATS into a file; `kind` as JsonLines takes it."""
    match suffix:
        case ".npz":
            return _Npz(file, about, kind)
        case ".npy":
            return _Npy(file)
        case ".json":
            return _Json(file, about, kind)
        case ".csv":
            return CsvRows(file, about, kind)
        case _:
            return JsonLines(file, about, kind)


class _Npy:
    """The main output.  Its length is known at the end: NumPy's headers leave room for it."""

    kind: Kind | None = None

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self._count = file, 0
        self._like: np.ndarray[Any, Any] | None = None

    def add(self, answers: Answers) -> None:
        array = np.ascontiguousarray(answers.main)
        if self._like is None:
            self._like = array[:0]
            self._header()
        if array.shape[1:] != self._like.shape[1:]:
            raise RunError("the answers are of different shapes; run inputs of one size at a time")
        self._file.write(array.tobytes())
        self._count += len(array)

    def finish(self) -> None:
        self._file.seek(0)
        self._header()

    def _header(self) -> None:
        assert self._like is not None
        shape = (self._count, *self._like.shape[1:])
        descr = npy.dtype_to_descr(self._like.dtype)
        header = {"descr": descr, "fortran_order": False, "shape": shape}
        npy.write_array_header_1_0(self._file, header)


class _Whole:
    """Holds all answers until the end."""

    def __init__(self, file: IO[bytes], about: About, kind: Kind | None) -> None:
        self.file, self.about, self.kind = file, about, kind
        self._parts: list[Answers] = []

    def add(self, answers: Answers) -> None:
        self._parts.append(answers)

    def finish(self) -> None:
        answers = joined(self._parts)
        assert answers is not None
        self.write(answers)

    def write(self, answers: Answers) -> None:
        raise NotImplementedError


class _Npz(_Whole):
    """An array for each output."""

    def write(self, answers: Answers) -> None:
        import zipfile

        # not `numpy.savez`: an output may be called `file`, and bytes must not depend on the time
        with zipfile.ZipFile(self.file, "w") as archive:
            for name, array in answers.outputs.items():
                with archive.open(zipfile.ZipInfo(f"{name}.npy"), "w", force_zip64=True) as member:
                    npy.write_array(member, array, allow_pickle=False)


class _Json(_Whole):
    """One document with all records."""

    def write(self, answers: Answers) -> None:
        document = {
            "netspec": __version__,
            "model": self.about.model,
            "device": self.about.device,
            "results": list(
                records(answers, self.about, kind_of_first(answers, self.about, self.kind))
            ),
        }
        self.file.write((json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode())
