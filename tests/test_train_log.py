"""The log of training: each line is JSON and stands for its epoch to the bit; a run that is resumed
leaves no line of a later epoch, and a failing disk no half of a file.
"""

from __future__ import annotations

import errno
import json
from dataclasses import replace
from math import inf, nan
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netspec.machine.errors import UnusableError
from netspec.train.log import EpochLog, as_json, of_json
from netspec.train.records import EpochRecord
from tests.test_faults import Faults

EPOCH = EpochRecord(1, 0.001, 0.4321, 0.871, 0.3987, 0.88, 2.1, 1438)
REALS = st.floats(allow_nan=True, allow_infinity=True)
RECORDS = st.builds(
    EpochRecord,
    epoch=st.integers(1, 9999),
    rate=REALS,
    loss=REALS,
    accuracy=st.none() | REALS,
    validation_loss=st.none() | REALS,
    validation_accuracy=st.none() | REALS,
    seconds=REALS,
    samples=st.integers(0, 2**40),
)


def epochs(count: int) -> list[EpochRecord]:
    return [replace(EPOCH, epoch=number) for number in range(1, count + 1)]


def strict(line: str) -> object:
    """What a line of JSON says to a reader that knows no NaN, as all but Python's."""

    def refuse(word: str) -> object:
        raise AssertionError(f"{word} is no JSON")

    return json.loads(line, parse_constant=refuse)


def test_a_line(tmp_path: Path) -> None:
    with EpochLog(tmp_path / "log.jsonl") as log:
        log.add(EPOCH)
        log.add(replace(EPOCH, epoch=2, loss=nan, accuracy=None, validation_loss=-inf))
    assert (tmp_path / "log.jsonl").read_text() == (
        '{"epoch": 1, "rate": 0.001, "loss": 0.4321, "accuracy": 0.871, "validation_loss": 0.3987,'
        ' "validation_accuracy": 0.88, "seconds": 2.1, "samples": 1438}\n'
        '{"epoch": 2, "rate": 0.001, "loss": null, "accuracy": null, "validation_loss": null,'
        ' "validation_accuracy": 0.88, "seconds": 2.1, "samples": 1438,'
        ' "not_finite": {"loss": "nan", "validation_loss": "-inf"}}\n'
    )


@given(RECORDS)
def test_a_line_stands_for_its_epoch(record: EpochRecord) -> None:
    again = of_json(strict(json.dumps(as_json(record))))
    assert repr(again) == repr(record)  # NaN is no equal of itself


@pytest.mark.parametrize(
    "change",
    [
        {"epoch": 1.5},
        {"epoch": True},
        {"loss": "low"},
        {"loss": None},
        {"samples": None},
        {"colour": 1},
        {"not_finite": {"loss": "low"}},
        {"not_finite": ["loss"]},
        {"not_finite": {"epoch": "nan"}},
    ],
    ids=str,
)
def test_what_stands_for_no_epoch(change: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        of_json(as_json(EPOCH) | change)


@pytest.mark.parametrize("found", [None, [], "epoch", {}], ids=str)
def test_what_is_no_object_of_an_epoch(found: object) -> None:
    with pytest.raises(ValueError):
        of_json(found)


def test_it_can_be_followed(tmp_path: Path) -> None:
    with EpochLog(tmp_path / "log") as log, (tmp_path / "log").open() as reader:
        for record in epochs(3):
            log.add(record)
            assert of_json(json.loads(reader.readline())) == record


def test_a_resumed_run_drops_later_lines(tmp_path: Path) -> None:
    path = tmp_path / "log"
    with EpochLog(path) as log:
        for record in epochs(5):
            log.add(record)
    with path.open("ab") as file:
        file.write(b'{"epoch": 6, "ra')  # the process was killed
    with EpochLog(path, epochs(3)) as log:
        log.add(replace(EPOCH, epoch=4, loss=9.0))
    found = [of_json(json.loads(line)) for line in path.read_text().splitlines()]
    assert found == [*epochs(3), replace(EPOCH, epoch=4, loss=9.0)]


def test_a_new_run_begins_a_new_log(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("old\n")
    with EpochLog(tmp_path / "log"):
        pass
    assert (tmp_path / "log").read_text() == ""


# a file that is refused to be closed is left to the collector
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_whatever_fails_leaves_whole_lines(tmp_path: Path) -> None:
    path = tmp_path / "log"
    for at in range(1, 100):
        path.write_text("old\n")
        faults = Faults(at, errno.ENOSPC)
        try:
            with faults.in_place(), EpochLog(path, epochs(2)) as log:
                log.add(replace(EPOCH, epoch=3))
        except UnusableError as error:
            assert "No space left on device" in error.message and str(path) in error.message
        assert sorted(tmp_path.iterdir()) == [path]
        text = path.read_text()
        assert text == "old\n" or len(list(map(strict, text.splitlines()))) in (2, 3)
        if not faults.struck:
            assert at > 8 and text.count("\n") == 3
            return
    raise AssertionError("there is no end of things to refuse")
