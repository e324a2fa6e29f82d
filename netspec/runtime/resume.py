"""What an unfinished file of records holds already."""

from __future__ import annotations

import csv
import json
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from typing import IO

import numpy as np

#: What every line of JSON begins with, and how much of one is looked at for its name.
_START, _MOST = b'{"input": ', 1 << 16


class Finished:
    """The samples that have their answers: a million names are held in sixteen megabytes.

    They are known by 64 bits of their hashes, which Python keys anew in each process: that two of a
    million names fall together happens once in forty million runs.
    """

    def __init__(self, names: Iterable[str] = ()) -> None:
        hashes = np.fromiter(map(hash, names), np.int64)
        self._hashes, self._left = np.unique(hashes, return_counts=True)

    def __len__(self) -> int:
        """Answers that are there and have not been taken."""
        return int(self._left.sum())

    def take(self, name: str) -> bool:
        """Whether an answer of this name is there that no earlier call has taken."""
        key = hash(name)
        at = bisect_left(self._hashes, key)
        if at == len(self._hashes) or self._hashes[at] != key or not self._left[at]:
            return False
        self._left[at] -= 1
        return True


def keep_whole(suffix: str, file: IO[bytes]) -> Finished:
    """The samples whose records in a file are whole; what follows the last of them is cut off.

    The file then stands at its end. ValueError where a whole line is none that we write.
    """
    end = 0

    def names() -> Iterator[str]:
        nonlocal end
        for name, after in _rows(file) if suffix == ".csv" else _lines(file):
            end = after
            yield name

    try:
        finished = Finished(names())
    except csv.Error as error:
        raise ValueError(f"after byte {end}: {error}") from error
    file.seek(end)
    file.truncate()
    return finished


def _lines(file: IO[bytes]) -> Iterator[tuple[str, int]]:
    """The name in each line of JSON that has its end, and where that is."""
    end = 0
    for line in file:
        if not line.endswith(b"\n"):
            return
        if not line.startswith(_START):
            raise ValueError(f"at byte {end} there is no record")
        text = line[len(_START) : _MOST].decode("utf-8", "ignore")
        name, _ = json.JSONDecoder().raw_decode(text)
        end += len(line)
        yield str(name), end


def _rows(file: IO[bytes]) -> Iterator[tuple[str, int]]:
    """The name of each sample in rows of CSV, and where its last row ends.

    The last sample is left out: more rows of it may have been to come.
    """
    place = 0

    def lines() -> Iterator[str]:
        nonlocal place
        for line in file:
            if not line.endswith(b"\n"):
                return
            place += len(line)
            yield line.decode()

    reader = csv.reader(lines(), strict=True)
    ranked = "rank" in next(reader, ())
    name, end = None, place
    for row in reader:
        if len(row) < 3:
            raise ValueError(f"at byte {end} there is no record")
        if (row[1] == "1") if ranked else not row[1].strip("0 "):  # a sample begins
            if name is not None:
                yield name, end
            name = row[0]
        end = place
