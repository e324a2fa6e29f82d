"""Folders: pictures decoded beside the net are answered as in a plain loop, whatever goes wrong."""

from __future__ import annotations

import threading
import tracemalloc
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image as Pillow

from netspec.runtime import batching, decoding
from netspec.runtime.arrays import read_samples
from netspec.runtime.batch import Batch, regrouped
from netspec.runtime.batching import Batcher
from netspec.runtime.errors import InputError, RunError
from netspec.runtime.finding import ARRAYS, find_inputs, suffix
from netspec.runtime.images import decode_picture, read_picture
from netspec.runtime.inputs import InputType
from netspec.runtime.pipeline import answers, joined
from netspec.runtime.session import Session
from netspec.text.image import Image

IMAGE = Image((6, 6), None, "RGB", 1 / 255, (0.5, 0.4, 0.3), (0.2, 0.3, 0.4))


class Net:
    """Stands for a session: answers the sum and the first row of its input, and keeps what it saw.

    With `grumbling` it fails on every second batch.
    """

    def __init__(self, batch: int | None = None, grumbling: bool = False) -> None:
        self.inputs = {"x": InputType((3, 6, 6), batch, np.dtype(np.float32))}
        self.card = SimpleNamespace(images={"x": IMAGE})
        self.grumbling = grumbling
        self.sizes: list[int] = []
        self.places: set[int] = set()

    def run(self, arrays: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        x = arrays["x"]
        self.sizes.append(len(x))
        self.places.add(x.__array_interface__["data"][0])
        if self.grumbling and len(self.sizes) % 2:
            raise RunError("it grumbles")
        sums = x.sum(axis=(1, 2, 3), dtype=np.float64)
        return {"sum": sums, "row": x[:, 0, 0].copy()}

    @property
    def session(self) -> Session:
        return cast(Session, self)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Pictures and arrays, some of them none, some of other shapes."""
    folder = tmp_path_factory.mktemp("inputs")
    rng = np.random.default_rng(0)
    for at in range(9):
        pixels = rng.integers(0, 256, (7 + at, 9, 3), dtype=np.uint8)
        Pillow.fromarray(pixels).save(folder / f"good{at}.png")
    (folder / "broken.png").write_bytes((folder / "good0.png").read_bytes()[:90])
    (folder / "none.jpg").write_bytes(b"no picture")
    for count in (1, 2, 5):
        samples = rng.standard_normal((count, 3, 6, 6), np.float32)
        np.save(folder / f"batch{count}.npy", samples)
        np.savez(folder / f"batch{count}.npz", x=samples)
    np.save(folder / "wrong.npy", np.zeros((1, 3, 5, 5), np.float32))
    (folder / "broken.npz").write_bytes(b"PK")
    return [*map(str, sorted(folder.iterdir())), str(folder / "gone.png"), str(folder / "gone.npy")]


def plain_loop(net: Net, paths: list[str]) -> tuple[list[str], list[float], list[str]]:
    """Names and sums, and what fails, one sample at a time."""
    names, sums, failed = [], [], []
    for path in paths:
        try:
            if suffix(path) in ARRAYS:
                samples = read_samples(Path(path), net.inputs)["x"]
            else:
                samples = read_picture(Path(path), IMAGE, (3, 6, 6))[None]
        except InputError as error:
            failed.append(f"{path}: {error}")
            continue
        except OSError as error:
            failed.append(f"{path}: {error.strerror}")
            continue
        names += [f"{path}[{at}]" for at in range(len(samples))] if len(samples) > 1 else [path]
        sums += [float(sample.sum(dtype=np.float64)) for sample in samples]
    return names, sums, failed


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    st.lists(st.integers(0, 20), max_size=25),
    st.integers(1, 9),
    st.integers(1, 5),
    st.sampled_from([None, 1, 4]),
)
def test_answers_are_those_of_a_plain_loop(
    files: list[str],
    monkeypatch: pytest.MonkeyPatch,
    chosen: list[int],
    size: int,
    workers: int,
    fixed: int | None,
) -> None:
    paths = [files[at % len(files)] for at in chosen]
    monkeypatch.setattr(batching, "cores", lambda: workers)
    net = Net(fixed)
    failed: list[str] = []
    found = joined(answers(net.session, paths, size, failed.append))
    names, sums, expected = plain_loop(net, paths)
    assert failed == expected
    if found is None:
        assert not names
        return
    assert list(found.names) == names
    np.testing.assert_allclose(found.outputs["sum"], sums, rtol=1e-12)
    assert max(net.sizes) <= (fixed or size)


def test_what_is_skipped_is_not_read(files: list[str]) -> None:
    net, seen = Net(), []

    def skip(name: str) -> bool:
        seen.append(name)
        return name.endswith(("png", "[1]", "[3]"))

    found = joined(answers(net.session, files, 4, lambda message: None, skip))
    assert found is not None
    assert not [name for name in found.names if name.endswith(("png", "[1]", "[3]"))]
    everything = joined(answers(net.session, files, 4, lambda message: None))
    assert everything is not None
    kept = dict(zip(everything.names, everything.outputs["sum"], strict=True))
    assert [kept[name] for name in found.names] == found.outputs["sum"].tolist()
    assert set(everything.names) <= set(seen)


def test_a_batch_that_fails_does_not_stop_the_others(files: list[str]) -> None:
    failed: list[str] = []
    found = joined(answers(Net(grumbling=True).session, files, 2, failed.append))
    grumbled = [line.partition(": ")[0] for line in failed if line.endswith("it grumbles")]
    everything = joined(answers(Net().session, files, 2, lambda message: None))
    assert found is not None and everything is not None and len(grumbled) > 8
    assert sorted([*found.names, *grumbled]) == sorted(everything.names)


def good(files: list[str]) -> list[str]:
    return [path for path in files if "good" in path]


def test_three_batches_are_held_and_used_again(files: list[str]) -> None:
    net = Net()
    assert joined(answers(net.session, good(files) * 20, 3, print)) is not None
    assert set(net.sizes) == {3} and len(net.places) == 3


def test_decoding_is_a_few_batches_ahead_and_no_more(
    files: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    read = threading.Semaphore(0)
    count = 0

    def counted(*arguments: Any) -> None:
        nonlocal count
        count += 1
        decode_picture(*arguments)
        read.release()

    monkeypatch.setattr(batching, "decode_picture", counted)
    parts = answers(Net().session, good(files) * 100, 2, print)
    next(parts)
    for _ in range(6):  # the batch that runs, and two ahead
        read.acquire()
    assert count == 6 and not read.acquire(blocking=False)
    parts.close()


def decoders() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "decoder"]


@pytest.mark.parametrize("fault", [MemoryError(), RuntimeError("a bug"), KeyboardInterrupt()])
def test_what_is_no_fault_of_a_file_is_raised_and_ends_the_threads(
    files: list[str], monkeypatch: pytest.MonkeyPatch, fault: BaseException
) -> None:
    def read(path: str, image: Image, into: NDArray[np.float32]) -> None:
        if "good5" in path:
            raise fault
        decode_picture(path, image, into)

    monkeypatch.setattr(batching, "decode_picture", read)
    with pytest.raises(type(fault)):
        list(answers(Net().session, good(files) * 9, 2, print))
    assert decoders() == []


def test_a_consumer_that_goes_away_ends_the_threads(files: list[str]) -> None:
    parts = answers(Net().session, good(files) * 100, 2, print)
    next(parts)
    assert decoders()
    parts.close()
    assert decoders() == []


class Interrupting(Net):
    """Is interrupted at its second batch."""

    def run(self, arrays: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        if self.sizes:
            raise KeyboardInterrupt
        return super().run(arrays)


def test_an_interrupt_ends_the_threads(files: list[str]) -> None:
    with pytest.raises(KeyboardInterrupt):
        list(answers(Interrupting().session, good(files) * 100, 2, print))
    assert decoders() == []


def test_without_threads_it_goes_on_by_itself(
    files: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def none_left(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", none_left)
    found = joined(answers(Net().session, good(files), 4, print))
    assert found is not None and list(found.names) == good(files)


def test_a_decoder_that_hangs_does_not_hold_up_the_end(
    files: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    released = threading.Event()

    def read(path: str, image: Image, into: NDArray[np.float32]) -> None:
        if "good8" in path:
            released.wait()
        decode_picture(path, image, into)

    monkeypatch.setattr(batching, "decode_picture", read)
    monkeypatch.setattr(batching, "cores", lambda: 2)
    monkeypatch.setattr(decoding, "_PATIENCE", 0.0)
    parts = answers(Net().session, good(files), 2, print)
    next(parts)
    parts.close()
    left = decoders()
    assert all(thread.daemon for thread in left)  # they do not hold up the process either
    released.set()
    for thread in left:
        thread.join()


@settings(max_examples=60)
@given(
    st.lists(st.tuples(st.integers(0, 12), st.sampled_from([2, 3])), max_size=8), st.integers(1, 7)
)
def test_pieces_of_any_length_become_batches(pieces: list[tuple[int, int]], size: int) -> None:
    made, values = [], iter(range(10_000))
    for count, width in pieces:
        names = [str(next(values)) for _ in range(count)]
        array = np.array([[int(name)] * width for name in names]).reshape(count, width)
        made.append(Batch(names, {"x": array}))
    found = list(regrouped(made, size))
    assert [n for batch in found for n in batch.names] == [n for piece in made for n in piece.names]
    for batch in found:
        assert 0 < len(batch) <= size and batch.arrays["x"][:, 0].tolist() == [
            int(name) for name in batch.names
        ]
    for one, other in pairwise(found):
        assert len(one) == size or one.shapes != other.shapes


def test_a_large_array_is_cut_without_copies() -> None:
    array = np.zeros((10_000, 4), np.float32)
    piece = Batch(list(map(str, range(10_000))), {"x": array})
    for batch in regrouped([piece], 16):
        assert np.shares_memory(batch.arrays["x"], array)


def test_a_folder_is_listed_once(tmp_path: Path) -> None:
    """A million names of ten letters take a hundred bytes each; here are as many as are quick."""
    count = 1_000
    for at in range(count):
        (tmp_path / f"{at:06}.jpg").touch()
    tracemalloc.start()
    found = find_inputs([str(tmp_path)], print)
    held, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(found) == count and next(iter(found)) == str(tmp_path / "000000.jpg")
    assert held < 100 * count and peak < 130 * count


def test_batches_of_pictures_alone(files: list[str]) -> None:
    """What a benchmark of decoding asks for."""
    batches: Iterator[Batch] = Batcher(Net().session, 4, print, lambda name: False).batches(
        good(files)
    )
    assert [len(batch) for batch in batches] == [4, 4, 1]


def no_failure(message: str) -> None:
    raise AssertionError(message)


def test_the_pool_leaves_no_filters_of_warnings(files: list[str]) -> None:
    import warnings

    before = list(warnings.filters)
    fail: Callable[[str], object] = no_failure
    assert joined(answers(Net().session, good(files), 4, fail)) is not None
    assert warnings.filters == before
