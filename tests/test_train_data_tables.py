"""Samples in CSV files: features, the column to be learned, and cells that are no numbers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from netspec.machine.errors import UnusableError
from netspec.text.training import LOSSES, chosen
from netspec.train.data import Dataset
from tests.training_data import DENSE, FEATURES, ONE, everything, opened

LABELLED = FEATURES + "output: {labels: [cat, ant, bee]}\n"


def table(folder: Path, text: str, net: str = FEATURES, **options: str) -> Dataset:
    """The samples of a file with this text."""
    (folder / "t.csv").write_text(text, "utf-8", newline="")
    loss = chosen(LOSSES, options["loss"]) if "loss" in options else None
    return opened(folder / "t.csv", net, target=options.get("target"), loss=loss)


def test_columns_in_their_order_around_the_target(tmp_path: Path) -> None:
    data = table(tmp_path, "a,class,b\n1.5,2, -2e1\n\n3,0,4\n")
    np.testing.assert_array_equal(everything(data), [[1.5, -20], [3, 4]])
    assert (data.targets.tolist(), data.targets.dtype.name) == ([2, 0], "int64")
    assert (data.classes, data.shape) == (("0", "1", "2"), (2,))


@pytest.mark.parametrize("name", ["class", "Label", "TARGET", "species", "y"])
def test_a_column_that_says_by_its_name_that_it_is_learned(tmp_path: Path, name: str) -> None:
    assert table(tmp_path, f"a,b,{name}\n1,2,0\n").targets.tolist() == [0]


def test_a_named_target(tmp_path: Path) -> None:
    text = "kind,class,label\n1,2,0\n"
    assert table(tmp_path, text, target="kind").targets.tolist() == [1]


def test_texts_are_the_labels_or_sorted(tmp_path: Path) -> None:
    text = "a,b,class\n1,2,cat\n1,2,bee\n1,2,ant\n1,2,bee\n"
    plain, labelled = table(tmp_path, text), table(tmp_path, text, LABELLED)
    assert (plain.classes, plain.targets.tolist()) == (("ant", "bee", "cat"), [2, 1, 0, 1])
    assert (labelled.classes, labelled.targets.tolist()) == (("cat", "ant", "bee"), [0, 2, 1, 2])
    few = table(tmp_path, "a,b,class\n1,2,bee\n", LABELLED)
    assert (few.classes, few.targets.tolist()) == (("cat", "ant", "bee"), [2])


def test_two_texts_for_one_output(tmp_path: Path) -> None:
    data = table(tmp_path, "a,b,class\n1,2,yes\n1,2,no\n", ONE)
    assert (data.classes, data.targets.tolist()) == (("no", "yes"), [1, 0])


@pytest.mark.parametrize(
    ("cells", "wanted", "classes"),
    [
        ("0 1 2 1", [0, 1, 2, 1], ("0", "1", "2")),
        ("2.0 0.0", [2, 0], ("0", "1", "2")),
        ("3 1 2 1", [2, 0, 1, 0], ("1", "2", "3")),
        ("-1 10 9", [0, 2, 1], ("-1", "9", "10")),
    ],
)
def test_whole_numbers_are_classes(
    tmp_path: Path, cells: str, wanted: list[int], classes: tuple[str, ...]
) -> None:
    data = table(tmp_path, "a,b,y\n" + "".join(f"1,2,{cell}\n" for cell in cells.split()))
    assert (data.targets.tolist(), data.classes) == (wanted, classes)


def test_labels_that_are_numbers_go_before_numbers(tmp_path: Path) -> None:
    labels = FEATURES + 'output: {labels: ["2", "1", "0"]}\n'
    data = table(tmp_path, "a,b,y\n1,2,0\n1,2,2\n", labels)
    assert (data.targets.tolist(), data.classes) == ([2, 0], ("2", "1", "0"))


@pytest.mark.parametrize(
    ("cells", "loss", "labels"),
    [
        ("1.5 2", None, False),
        ("1 7", None, False),
        ("0 1", None, True),
        ("0 1", "squared-error", False),
        ("0 1", "binary-cross-entropy", True),
    ],
)
def test_numbers_for_one_output(tmp_path: Path, cells: str, loss: str | None, labels: bool) -> None:
    options = {"loss": loss} if loss else {}
    text = "a,b,y\n" + "".join(f"1,2,{cell}\n" for cell in cells.split())
    data = table(tmp_path, text, ONE, **options)
    assert data.targets.shape == ((2,) if labels else (2, 1))
    np.testing.assert_array_equal(data.targets.ravel(), [float(c) for c in cells.split()])


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_as_spreadsheets_write_them(tmp_path: Path, delimiter: str, ending: str, mark: str) -> None:
    rows = [['"a, or; b"', "b", "class"], ["1", '"2"', "0"]]
    text = mark + "".join(delimiter.join(row) + ending for row in rows)
    data = table(tmp_path, text)
    np.testing.assert_array_equal(everything(data), [[1, 2]])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "an empty file"),
        (
            "a,b,c\n1,2,0\n",
            "that it is to be learned; the first line names the columns `a`, `b`, `c`",
        ),
        ("y,b,class\n1,2,0\n", "`y`, `class` may each be the column to be learned"),
        ("a,b,y\n", "no rows"),
        ("a,y\n1,0\n", "1 columns are features, `a`; the net takes 2"),
        ("a,b,c,y\n1,2,3,0\n", "3 columns are features, `a`, `b`, `c`; the net takes 2"),
        ("a,b,y\n1,2,0\n\n1,x,0\n", "line 4, column `b`: `x` is no finite number"),
        ("a,b,y\n1,nan,0\n", "line 2, column `b`: `nan` is no finite number"),
        ("a,b,y\n1e39,1,0\n", "line 2, column `a`: `1e39` is too large for float32"),
        ("a,b,y\n1e400,1,0\n", "line 2, column `a`: `1e400` is too large for float32"),
        ("1.5,2,ant\n3,4,bee\n", "and it looks like data: `1.5`, `2`, `ant`"),
        ("1,2,0\n3,4,1\n", "and it looks like data: `1`, `2`, `0`"),
        ("a,b,y\n1, ,0\n", "line 2, column `b`: no value"),
        ("a,b,y\n1,2,\n", "line 2, column `y`: no value"),
        ("a,b,y\n1,2\n", "line 2: 2 cells for 3 columns"),
        ("a,b,y\n1,2,0,4\n", "line 2: 4 cells for 3 columns"),
        ('a,b,y\n1,"2,0\n', "line 2: unexpected end of data"),
        ("a,b,y\n1,2,5\n1,2,3\n", "column `y`, line 2, is 5; the net's 3 classes are 0 to 2"),
        ("a,b,y\n1,2,0.5\n", "column `y` is 1 of float64; the net answers 3"),
        ("a,b,y\n1,2,cat\n", "column `y` has cat: 1; the net has 3 classes"),
    ],
    ids=lambda case: case[:20],
)
def test_tables_that_do_not_fit(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UnusableError) as refused:
        table(tmp_path, text)
    assert message in refused.value.message and "t.csv" in refused.value.message


@pytest.mark.parametrize(
    ("cells", "wanted", "classes"),
    [("1 2", [0, 1], ("1", "2")), ("1 -1", [1, 0], ("-1", "1")), ("0 1", [0, 1], ("0", "1"))],
)
def test_two_numbers_for_one_chance_are_classes(
    tmp_path: Path, cells: str, wanted: list[int], classes: tuple[str, ...]
) -> None:
    text = "a,b,y\n" + "".join(f"1,2,{cell}\n" for cell in cells.split())
    data = table(tmp_path, text, ONE.replace("FC(1)", "FC(1) -> SIGMOID"))
    assert (data.targets.tolist(), data.classes) == (wanted, classes)


def test_values_that_are_no_chances(tmp_path: Path) -> None:
    net = ONE.replace("FC(1)", "FC(1) -> SIGMOID")
    with pytest.raises(UnusableError, match=r"column `y`, line 4, is 1\.5; binary cross-entropy"):
        table(tmp_path, "a,b,y\n1,2,0\n1,2,0.5\n1,2,1.5\n", net)


@pytest.mark.parametrize("labels", ["Cat, Ant, Bee", "one, two, three"])
@pytest.mark.parametrize("cells", ["cat ant bee", "1 2 3"])
def test_names_of_which_none_is_a_label(tmp_path: Path, labels: str, cells: str) -> None:
    text = "a,b,y\n" + "".join(f"1,2,{cell}\n" for cell in cells.split())
    with pytest.raises(UnusableError, match=f"none of the spec's labels, which are {labels}"):
        table(tmp_path, text, LABELLED.replace("cat, ant, bee", labels))


def test_a_text_that_is_no_label(tmp_path: Path) -> None:
    with pytest.raises(UnusableError, match="`bea` is none of the spec's labels") as refused:
        table(tmp_path, "a,b,y\n1,2,cat\n1,2,bea\n", LABELLED)
    assert refused.value.help == "did you mean `bee`?"


def test_a_target_that_is_no_column(tmp_path: Path) -> None:
    with pytest.raises(UnusableError, match="no column `spcies`") as refused:
        table(tmp_path, "a,b,species\n1,2,0\n", target="spcies")
    assert refused.value.help == "did you mean `species`?"


def test_a_target_that_is_not_said(tmp_path: Path) -> None:
    with pytest.raises(UnusableError) as refused:
        table(tmp_path, "a,b,c\n1,2,0\n")
    assert refused.value.help == (
        "name it: `--target COLUMN`, or `data: {file: ..., target: COLUMN}`"
    )


def test_a_net_of_pictures(tmp_path: Path) -> None:
    with pytest.raises(UnusableError, match="a CSV file is for nets of features; this takes 1x4x5"):
        table(tmp_path, "a,y\n1,0\n", DENSE)


def test_text_in_another_encoding(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes("a,b,y\n1,2,bäh\n".encode("latin-1"))
    with pytest.raises(UnusableError, match="not text in UTF-8"):
        opened(tmp_path / "t.csv", FEATURES)
