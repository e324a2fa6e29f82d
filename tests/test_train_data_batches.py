"""What is held out, and passes over samples: laws, and the same bytes whatever the threads."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from netspec.machine.errors import UnusableError
from netspec.text.training import AUGMENTS, chosen
from netspec.train.data import Batch, Dataset, batches, split
from netspec.train.data.arrays import Numbers
from netspec.train.data.augmenting import Augmentation
from netspec.train.data.dataset import Samples
from netspec.train.data.draws import Draws
from tests.training_data import LABELLED, opened, picture

ALL = {name: chosen(AUGMENTS, name) for name in AUGMENTS}


def samples(targets: Sequence[int], classes: int) -> Dataset:
    """A sample for each class number, which holds its own index."""
    x = np.arange(len(targets))[:, None]
    names = tuple(map(str, range(classes)))
    return Samples(Numbers(x), (1,), np.array(targets, np.int64), names, Augmentation({}))


def values(count: int, *shape: int) -> Dataset:
    """Samples with values for targets: pictures at random, varied in all ways."""
    x = np.random.default_rng(0).normal(size=(count, *shape))
    y = np.arange(count, dtype=np.float32)[:, None]
    return Samples(Numbers(x), shape, y, (), Augmentation(ALL))


def indices(dataset: Dataset) -> list[int]:
    """Which of `samples` are in a part."""
    return [int(x) for x in dataset.read(np.arange(len(dataset)), None)[:, 0]]


@given(
    st.lists(st.integers(0, 4), min_size=2, max_size=60),
    st.floats(0.01, 0.99),
    st.integers(0, 2**63 - 1),
)
def test_a_split_is_a_partition_with_every_class_on_both_sides(
    targets: list[int], part: float, seed: int
) -> None:
    known, held = split(samples(targets, 5), part, seed)
    assert sorted(indices(known) + indices(held)) == list(range(len(targets)))
    for half in (known, held):
        assert indices(half) == sorted(indices(half))
        assert [targets[at] for at in indices(half)] == half.targets.tolist()
        assert half.classes == ("0", "1", "2", "3", "4")
    for kind in set(targets):
        count, there = targets.count(kind), held.targets.tolist().count(kind)
        assert (0 < there < count) if count > 1 else there == 0
        assert there == 1 or there == count - 1 or abs(there - part * count) < 1


@given(st.integers(20, 90), st.sampled_from([0.1, 0.2, 1 / 3, 0.5]), st.integers(0, 99))
def test_as_many_are_held_out_as_were_asked_for(count: int, part: float, seed: int) -> None:
    _, held = split(samples([at % 2 for at in range(count)], 2), part, seed)
    assert len(held) == round(count * part)
    again = split(samples([at % 2 for at in range(count)], 2), part, seed)[1]
    assert indices(again) == indices(held)


def test_another_seed_holds_out_others() -> None:
    data = samples([0] * 100, 1)
    assert indices(split(data, 0.2, 0)[1]) != indices(split(data, 0.2, 1)[1])


@pytest.mark.parametrize("part", [0.001, 0.2, 0.999])
def test_values_are_held_out_from_anywhere(part: float) -> None:
    known, held = split(values(50, 1, 2, 2), part, 3)
    assert len(held) == min(max(round(50 * part), 1), 49)
    assert sorted([*known.targets[:, 0], *held.targets[:, 0]]) == list(range(50))


def test_one_sample_cannot_be_split() -> None:
    with pytest.raises(UnusableError, match="one sample cannot be split"):
        split(samples([0], 1), 0.2, 0)


def test_a_part_varies_as_the_whole_does() -> None:
    data = values(40, 3, 6, 5)
    _, held = split(data, 0.2, 0)
    at = held.targets[:, 0].astype(np.int64)
    found = held.read(np.arange(8), Draws(1, 2))
    np.testing.assert_array_equal(found, data.read(at, Draws(1, 2)))


def every(  # all but the first two go by name
    data: Dataset, size: int, *, seed: int = 0, epoch: int = 1, shuffle: bool, augment: bool = False
) -> list[Batch]:
    return list(batches(data, size, seed=seed, epoch=epoch, shuffle=shuffle, augment=augment))


@given(st.integers(1, 40), st.integers(1, 50), st.booleans(), st.integers(0, 5), st.integers(1, 5))
def test_a_pass_has_each_sample_once_with_its_target(
    count: int, size: int, shuffle: bool, seed: int, epoch: int
) -> None:
    data = samples([at % 3 for at in range(count)], 3)
    found = every(data, size, seed=seed, epoch=epoch, shuffle=shuffle)
    whole, left = divmod(count, size)
    assert [len(batch.x) for batch in found] == [size] * whole + [left] * bool(left)
    x = [int(value) for batch in found for value in batch.x[:, 0]]
    y = [int(value) for batch in found for value in batch.y]
    assert sorted(x) == list(range(count)) and y == [value % 3 for value in x]
    assert shuffle or x == list(range(count))


def test_each_epoch_and_each_seed_has_its_own_order_and_variations() -> None:
    def bytes_of(seed: int, epoch: int, shuffle: bool, augment: bool) -> bytes:
        data = values(20, 3, 6, 5)
        found = every(data, 8, seed=seed, epoch=epoch, shuffle=shuffle, augment=augment)
        return b"".join(batch.x.tobytes() for batch in found)

    for shuffle, augment in ((True, False), (False, True)):
        passes = {bytes_of(s, e, shuffle, augment) for s in (0, 1) for e in (1, 2, 3)}
        assert len(passes) == 6
        assert bytes_of(1, 2, shuffle, augment) in passes


@pytest.mark.parametrize("shape", [(1, 6, 5), (3, 32, 32)])
def test_the_same_bytes_whatever_the_threads_and_the_batches(
    monkeypatch: pytest.MonkeyPatch, shape: tuple[int, ...]
) -> None:
    data, found = values(37, *shape), []
    for threads, size in ((1, 37), (3, 37), (7, 10), (2, 1)):
        monkeypatch.setattr("netspec.train.data.batching.cores", lambda count=threads: count)
        rows: list[NDArray[np.float32]] = []
        for batch in every(data, size, seed=5, shuffle=True, augment=True):
            rows.extend(batch.x)
        found.append(np.stack(rows).tobytes())
    assert len(set(found)) == 1


def test_pictures_of_a_folder_in_several_threads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for at in range(30):
        picture(tmp_path / ("cat", "ant", "bee")[at % 3] / f"{at}.png", seed=at)
    found = []
    for threads in (1, 4):
        monkeypatch.setattr("netspec.train.data.batching.cores", lambda count=threads: count)
        data = opened(tmp_path, LABELLED, augment=tuple(ALL.values()))
        batch, *more = every(data, 40, shuffle=True, augment=True)
        found.append((batch.x.tobytes(), batch.y.tobytes()))
        assert not more and len(batch.x) == 30
    assert found[0] == found[1]


def decoders() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "decoder"]


@pytest.mark.parametrize("way", ["closed", "ended", "failed"])
def test_threads_end_with_the_pass(way: str) -> None:
    data = values(64, 1, 4, 4)
    going = batches(data, 4, seed=0, epoch=1, shuffle=True, augment=True)
    next(going)
    assert decoders()
    if way == "closed":
        going.close()  # type: ignore[attr-defined]  # it is a generator
    elif way == "ended":
        list(going)
    else:
        with pytest.raises(KeyboardInterrupt):
            going.throw(KeyboardInterrupt)  # type: ignore[attr-defined]  # as above
    assert not decoders()


def test_no_more_than_three_batches_are_begun_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    data = samples([0] * 100, 1)
    read: list[NDArray[np.int64]] = []
    load = Numbers.load

    def counted(self: Numbers, at: NDArray[np.int64]) -> NDArray[np.float32]:
        read.append(at)
        return load(self, at)

    monkeypatch.setattr("netspec.train.data.batching.cores", lambda: 1)
    monkeypatch.setattr(Numbers, "load", counted)
    going = batches(data, 10, seed=0, epoch=1, shuffle=False, augment=False)
    for count in range(1, 5):
        next(going)
        assert len(read) <= count + 2
    going.close()  # type: ignore[attr-defined]  # it is a generator


def test_what_is_read_may_warn() -> None:
    class Loud(Numbers):
        def load(self, indices: NDArray[np.int64]) -> NDArray[np.float32]:
            warnings.warn("an odd file", stacklevel=1)
            return super().load(indices)

    data = Samples(Loud(np.zeros((3, 1))), (1,), np.zeros((3, 1), np.float32), (), Augmentation({}))
    assert len(every(data, 2, shuffle=False)) == 2


def test_numbers_of_samples_are_spread_evenly_and_lanes_are_apart() -> None:
    draws, at = Draws(0, 1), np.arange(20_000)
    first, second = draws.numbers(at, 0), draws.numbers(at, 1)
    assert first.min() >= 0 and first.max() < 1
    for numbers in (first, second):
        counts = np.histogram(numbers, 20, (0, 1))[0]
        assert ((counts - 1000) ** 2 / 1000).sum() < 45  # chi-square, 19 degrees: once in 1,400
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.03
    assert abs(np.corrcoef(first[1:], first[:-1])[0, 1]) < 0.03
    np.testing.assert_array_equal(first[[7, 3]], draws.numbers(np.array([7, 3]), 0))
