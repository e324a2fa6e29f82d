"""Pictures of training: the same bytes each time, text that stays text, each case drawn without a
warning, and no library asked for more than is there.
"""

from __future__ import annotations

import errno
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from math import inf, nan
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from netspec.machine.errors import UnusableError
from netspec.train.confusion import Confusion
from netspec.train.pictures.curves import draw_curves
from netspec.train.pictures.matrix import draw_confusion
from netspec.train.records import EpochRecord
from tests.test_faults import Faults


@pytest.fixture
def matplotlib() -> None:
    pytest.importorskip("matplotlib", reason="the extra `plot` is not installed")


drawn = pytest.mark.usefixtures("matplotlib")


def epochs(count: int, *, held: bool = True, classes: bool = True) -> list[EpochRecord]:
    return [
        EpochRecord(
            number,
            0.1 * 0.1 ** (number // 20),
            2.3 / number,
            1 - 0.9 / number if classes else None,
            2.4 / number + 0.01 * number if held else None,
            1 - 0.95 / number if held and classes else None,
            2.1,
            1000,
        )
        for number in range(1, count + 1)
    ]


def diverging(value: float, first: int) -> list[EpochRecord]:
    def lost(record: EpochRecord) -> EpochRecord:
        gone = record.epoch >= first
        losses = (value, value) if gone else (record.loss, record.validation_loss)
        rest = (record.validation_accuracy, record.seconds, record.samples)
        return EpochRecord(record.epoch, record.rate, losses[0], record.accuracy, losses[1], *rest)

    return [lost(record) for record in epochs(6)]


CURVES = {
    "one epoch": epochs(1),
    "many epochs": epochs(300),
    "nothing held out": epochs(12, held=False),
    "no classes": epochs(12, classes=False),
    "losses that are no numbers": diverging(nan, 4),
    "none that is a number": diverging(inf, 1),
}


def some(classes: int, name: str = "{}") -> Confusion:
    random = np.random.default_rng(0)
    matrix = random.integers(0, 3, (classes, classes)) + np.diag(np.full(classes, 50))
    matrix[-1] = 0  # a class without samples
    return Confusion(tuple(name.format(at) for at in range(classes)), matrix)


MATRICES = {
    "two classes": some(2),
    "ten long names": some(10, "a class whose name is rather long, {}"),
    "forty classes": some(40, "class {}"),
    "two hundred classes": some(200),
    "no samples": Confusion(("a", "b"), np.zeros((2, 2), np.int64)),
}


def words(path: Path) -> list[str]:
    """The text of an .svg."""
    tree = ET.fromstring(path.read_text("utf-8"))
    assert tree.tag == "{http://www.w3.org/2000/svg}svg"
    return [node.text or "" for node in tree.iter("{http://www.w3.org/2000/svg}text")]


@drawn
@pytest.mark.parametrize("case", CURVES)
def test_curves(tmp_path: Path, case: str) -> None:
    path = tmp_path / "curves.svg"
    draw_curves(CURVES[case], path, "lenet5")
    found = words(path)
    assert {"lenet5", "epoch", "training"} <= set(found)
    assert ("validation" in found) == (case != "nothing held out")
    assert ("accuracy" in found) == (case != "no classes")
    assert ("no finite number" in found) == ("number" in case)
    assert any(word.startswith("best: ") for word in found) == (
        case not in ("nothing held out", "none that is a number")
    )
    assert ("rate (log)" in found) == (case == "many epochs")


@drawn
@pytest.mark.parametrize("case", MATRICES)
def test_confusion(tmp_path: Path, case: str) -> None:
    path, found = tmp_path / "confusion.svg", MATRICES[case]
    draw_confusion(found, path, "lenet5")
    told = words(path)
    assert {"right", "said", "lenet5"} <= set(told)
    assert len([word for word in told if word.endswith("samples")]) == 1
    if case == "ten long names":
        assert told.count("a class whose name is r…") == 20
        counts = [word for word in told if word.isdigit()]
        assert sorted(map(int, counts)) == sorted(found.matrix[found.matrix > 0].tolist())
    if case == "forty classes":
        assert told.count("class 39") == 2
    if case == "two hundred classes":
        assert "180" in told and "199" not in told


@drawn
@pytest.mark.parametrize("suffix", ["svg", "png"])
def test_the_same_picture_gives_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    import matplotlib as library

    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)  # its figures are everyone's
    first, again = tmp_path / f"a.{suffix}", tmp_path / f"b.{suffix}"

    def settings() -> dict[str, object]:
        return {key: library.rcParams[key] for key in library.rcParams if key != "backend"}

    before = settings()
    draw_curves(epochs(3), first, "lenet5")
    assert settings() == before
    with library.rc_context({"lines.linewidth": 9, "font.size": 30, "axes.facecolor": "black"}):
        draw_curves(epochs(3), again, "lenet5")
    assert first.read_bytes() == again.read_bytes()
    for word in (b"Date", b"date", b"Creator", b"creator", b"Software"):
        assert word not in first.read_bytes()


@drawn
def test_a_png_is_as_large_as_screens_show(tmp_path: Path) -> None:
    draw_confusion(some(10), tmp_path / "m.png", "lenet5")
    with Image.open(tmp_path / "m.png") as picture:
        assert 700 < picture.width < 2000 and 700 < picture.height < 2000
        assert picture.convert("RGB").getpixel((2, 2)) == (255, 255, 255)


@drawn
def test_names_are_no_markup(tmp_path: Path) -> None:
    name = "a $x_1$ <b>&amp; \x1b[2J 日本 \\frac"
    shown = "a $x_1$ <b>&amp; \\x1b[2J 日本 \\frac"
    draw_curves(epochs(2), tmp_path / "c.svg", name)
    assert shown in words(tmp_path / "c.svg")
    names = (f"{name[:14]}", "日本 $")
    draw_confusion(Confusion(names, np.eye(2, dtype=np.int64)), tmp_path / "m.svg", name)
    assert words(tmp_path / "m.svg").count("a $x_1$ <b>&am") == 2
    draw_confusion(Confusion(names, np.eye(2, dtype=np.int64)), tmp_path / "m.png", name)


def test_without_the_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(UnusableError, match="pictures need matplotlib: ") as caught:
        draw_curves(epochs(2), tmp_path / "c.svg", "lenet5")
    assert caught.value.help == "pip install 'netspec-compiler[plot]'"
    assert not list(tmp_path.iterdir())


def test_another_kind_of_picture(tmp_path: Path) -> None:
    with pytest.raises(UnusableError, match=r"c\.gif: pictures are \.svg or \.png"):
        draw_curves(epochs(2), tmp_path / "c.gif", "lenet5")


@pytest.fixture
def old(tmp_path: Path) -> Iterator[Path]:
    """A picture of before, which is whole at the end too."""
    path = tmp_path / "c.svg"
    path.write_text("old")
    yield path
    assert sorted(tmp_path.iterdir()) == [path]


@drawn
@pytest.mark.parametrize("at", [2, 4, 5])
def test_a_full_disk_leaves_the_old_picture(old: Path, at: int) -> None:
    from netspec.plots import sheet

    def paint(figure: object) -> None: ...

    sheet.draw(old.with_name("warm.svg"), (1, 1), "", paint)  # whose fonts are read by now
    old.with_name("warm.svg").unlink()
    faults = Faults(at, errno.ENOSPC)
    with faults.in_place(), pytest.raises(UnusableError, match="No space left on device"):
        sheet.draw(old, (1, 1), "", paint)
    assert old.read_text() == "old"
