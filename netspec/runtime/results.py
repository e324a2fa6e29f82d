"""Answers -> files: npz, npy, csv, json, jsonl."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from netspec import __version__
from netspec.runtime.pipeline import Answers
from netspec.runtime.ranking import Ranking, rank
from netspec.text.printable import printable

#: Suffixes of result files.
FORMATS = (".npz", ".npy", ".csv", ".json", ".jsonl")
#: Those of them that hold all outputs, not the main one alone.
MANY = (".npz", ".json", ".jsonl")


@dataclass(frozen=True)
class Results:
    """The answers of a net, with what is needed to write them down."""

    model: str
    device: str
    labels: Sequence[str]
    answers: Answers
    top: int

    @property
    def main(self) -> NDArray[Any]:
        """The net's first output."""
        return next(iter(self.answers.outputs.values()))

    def ranking(self) -> Ranking | None:
        """The best classes of each sample; None where the main output is not one number a class."""
        return rank(self.main, self.top) if self.main.ndim == 2 and self.main.shape[1] else None

    def not_finite(self) -> Iterator[str]:
        """A line for each sample whose outputs hold NaN or infinities, which are no answer."""
        for at, name in enumerate(self.answers.names):
            bad = [
                k for k, array in self.answers.outputs.items() if not np.isfinite(array[at]).all()
            ]
            if bad:
                yield f"{name}: NaN or infinite values in {', '.join(map(printable, bad))}"

    def label(self, index: int) -> str:
        """The label of a class, empty where it has none."""
        return self.labels[index] if index < len(self.labels) else ""


def write_results(results: Results, suffix: str, file: IO[bytes]) -> None:
    """Write the results in the format of a suffix of FORMATS."""
    match suffix:
        case ".npz":
            _write_npz(results, file)
        case ".npy":
            npy.write_array(file, results.main, allow_pickle=False)
        case ".csv":
            file.write(_csv(results).encode())
        case ".json":
            document = {
                "netspec": __version__,
                "model": results.model,
                "device": results.device,
                "results": list(_records(results)),
            }
            file.write((json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode())
        case ".jsonl":
            for record in _records(results):
                file.write((json.dumps(record, ensure_ascii=False) + "\n").encode())


def _write_npz(results: Results, file: IO[bytes]) -> None:
    """Not `numpy.savez`: an output may be called `file`, and bytes must not depend on the time."""
    with zipfile.ZipFile(file, "w") as archive:
        for name, array in results.answers.outputs.items():
            with archive.open(zipfile.ZipInfo(f"{name}.npy"), "w", force_zip64=True) as member:
                npy.write_array(member, array, allow_pickle=False)


def _csv(results: Results) -> str:
    """A row for each of the best classes of a sample, or for each number where there are none."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    ranking = results.ranking()
    if ranking is None:
        writer.writerow(["input", "index", "value"])
        for name, row in zip(results.answers.names, results.main, strict=True):
            writer.writerows(
                [name, " ".join(map(str, at)), repr(float(number))]
                for at, number in np.ndenumerate(row)
            )
        return text.getvalue()
    writer.writerow(["input", "rank", "class", "label", ranking.what])
    for name, values, best in zip(results.answers.names, ranking.values, ranking.best, strict=True):
        writer.writerows(
            [name, place, int(at), printable(results.label(int(at))), f"{values[at]:.6g}"]
            for place, at in enumerate(best, 1)
        )
    return text.getvalue()


def _records(results: Results) -> Iterator[dict[str, Any]]:
    """One object a sample: its best classes, and all outputs as nested lists."""
    ranking = results.ranking()
    for at, name in enumerate(results.answers.names):
        record: dict[str, Any] = {"input": name}
        if ranking is not None:
            record["top"] = [
                {
                    "class": int(c),
                    "label": results.label(int(c)),
                    ranking.what: _number(ranking.values[at, c]),
                }
                for c in ranking.best[at]
            ]
        outputs = results.answers.outputs.items()
        record["outputs"] = {key: _nested(array[at]) for key, array in outputs}
        yield record


def _nested(array: NDArray[Any]) -> Any:
    """The array as lists, null where JSON has no number for it."""
    finite = np.isfinite(array)
    if finite.all():
        return array.tolist()
    known = array.astype(object)
    known[~finite] = None
    return known.tolist()


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
