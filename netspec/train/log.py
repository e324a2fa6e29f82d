"""What training writes of its epochs: a line of JSON for each, in a file that can be followed.

The keys are the fields of `EpochRecord`: `epoch`, `rate`, `loss`, `accuracy`, `validation_loss`,
`validation_accuracy`, `seconds`, `samples`; null where there is none. JSON has no infinity and no
NaN: such a number is null too, and then `not_finite` says of each what it was, "nan", "inf" or
"-inf": `{"epoch": 7, "loss": null, ..., "not_finite": {"loss": "nan"}}`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from math import isfinite
from pathlib import Path
from typing import Any

from netspec.machine.files import atomic, unwritable
from netspec.train.records import EpochRecord

#: Keys whose numbers are whole, and those that may have none.
_WHOLE = ("epoch", "samples")
_MAYBE = ("accuracy", "validation_loss", "validation_accuracy")
_STRANGE = "not_finite"


class EpochLog:
    """The log of a run at a path; each line is handed to the system when its epoch is done.

    It begins with the epochs that are `done`, and whatever else was in the file is gone: a run that
    is resumed at an epoch leaves no line of a later one. UnusableError where it cannot be written.
    """

    def __init__(self, path: Path, done: Sequence[EpochRecord] = ()) -> None:
        self._path = path
        with atomic(path) as file:
            file.writelines(map(_line, done))
        try:
            self._file = path.open("ab")
        except OSError as error:
            raise unwritable(path, error) from error

    def add(self, record: EpochRecord) -> None:
        """Write the line of an epoch."""
        try:
            self._file.write(_line(record))
            self._file.flush()
        except OSError as error:
            raise unwritable(self._path, error) from error

    def __enter__(self) -> EpochLog:
        return self

    def __exit__(self, *exception: object) -> None:
        with suppress(OSError):  # every line is flushed; what failed has been said
            self._file.close()


def _line(record: EpochRecord) -> bytes:
    return (json.dumps(as_json(record), allow_nan=False) + "\n").encode()


def as_json(record: EpochRecord) -> dict[str, Any]:
    """The object that stands for an epoch."""
    found = {
        key: value if value is None or key in _WHOLE else float(value)
        for key, value in asdict(record).items()
    }
    strange = {key: str(n) for key, n in found.items() if isinstance(n, float) and not isfinite(n)}
    return found | dict.fromkeys(strange) | ({_STRANGE: strange} if strange else {})


def of_json(found: Any) -> EpochRecord:
    """The epoch that an object stands for, to the bit.  ValueError where it stands for none."""
    try:
        strange = {key: float(word) for key, word in found.get(_STRANGE, {}).items()}
        record = EpochRecord(**{k: v for k, v in found.items() if k != _STRANGE} | strange)
    except (AttributeError, TypeError) as error:
        raise ValueError(f"{found!r:.80} is no epoch") from error
    for key, value in asdict(record).items():
        fits = type(value) is (int if key in _WHOLE else float)
        if not fits and not (value is None and key in _MAYBE):
            raise ValueError(f"{key} of an epoch is {value!r:.80}")
    return record
