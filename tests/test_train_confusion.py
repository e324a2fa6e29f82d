"""Which classes are taken for which: the figures against scikit-learn, the table as it is read."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from netspec.train.confusion import Confusion, confusion, confusion_table

Numbers = NDArray[np.int64]


def answers(classes: int, count: int, right: float = 0.8) -> tuple[Numbers, Numbers]:
    """Right classes and what was said of samples."""
    random = np.random.default_rng(classes)
    truth = random.integers(0, classes, count)
    said = np.where(random.random(count) < right, truth, random.integers(0, classes, count))
    return truth, said


def found(classes: int, count: int, name: str = "{}") -> Confusion:
    names = [name.format(at) for at in range(classes)]
    return confusion(*answers(classes, count), names)


@pytest.mark.parametrize(("classes", "count"), [(2, 50), (10, 500), (100, 5_000)])
def test_against_scikit_learn(classes: int, count: int) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    truth, said = answers(classes, count)
    ours = confusion(truth, said, list(map(str, range(classes))))
    assert (ours.matrix == metrics.confusion_matrix(truth, said)).all()
    assert ours.accuracy == metrics.accuracy_score(truth, said)
    for name in ("recall", "precision"):
        theirs = getattr(metrics, f"{name}_score")(truth, said, average=None)
        np.testing.assert_allclose(getattr(ours, name), theirs, rtol=1e-15)


def test_shares_of_nothing() -> None:
    ours = confusion(np.array([0, 0]), np.array([0, 2]), ["a", "b", "c"])
    np.testing.assert_array_equal(ours.recall, [0.5, np.nan, np.nan])
    np.testing.assert_array_equal(ours.precision, [1.0, np.nan, 0.0])
    none = confusion(np.array([], int), np.array([], int), ["a"])
    assert np.isnan(none.accuracy) and confusion_table(none, 80) == "no samples"


def test_a_class_for_each_place() -> None:
    places = np.array([[[0, 1], [1, 1]], [[0, 0], [1, 0]]], np.int32)
    ours = confusion(places, np.ones_like(places), ["sky", "sea"])
    assert ours.matrix.tolist() == [[0, 4], [0, 4]]
    assert confusion_table(ours, 80).startswith("accuracy 50.0%: 4 of 8 places (rows")


def test_what_is_not_all_right_is_not_said_to_be() -> None:
    nearly = Confusion(("sky", "sea"), np.array([[13_819, 5], [0, 0]]))
    assert confusion_table(nearly, 80).startswith("accuracy 99.96%: 13,819 of 13,824 samples")


def test_the_table() -> None:
    matrix = np.array([[15, 0, 0], [0, 14, 1], [0, 1, 1014]])
    iris = Confusion(("setosa", "versicolor", "virginica\x1b[2J"), matrix)
    assert confusion_table(iris, 80) == (
        "accuracy 99.8%: 1,043 of 1,045 samples (rows are right, columns were said)\n"
        "\n"
        "                  setosa  versicolor  virginica\\x1b[2J  recall  precision\n"
        "setosa                15                                100.0%     100.0%\n"
        "versicolor                        14                 1   93.3%      93.3%\n"
        "virginica\\x1b[2J                   1              1014   99.9%      99.9%"
    )


def test_columns_by_number_where_names_do_not_fit() -> None:
    matrix = np.array([[9, 1, 0], [0, 8, 0], [0, 0, 0]])
    long = [f"a class with such a long name that it is cut, {at}" for at in range(3)]
    assert confusion_table(Confusion((*long,), matrix), 80) == (
        "accuracy 94.4%: 17 of 18 samples (rows are right, columns were said)\n"
        "\n"
        "                            0  1  2  recall  precision\n"
        "0 a class with such a lon…  9  1      90.0%     100.0%\n"
        "1 a class with such a lon…     8     100.0%      88.9%\n"
        "2 a class with such a lon…"
    )


def test_digits_fit_a_terminal() -> None:
    matrix = np.full((10, 10), 10) + np.diag(np.full(10, 1000))
    table = confusion_table(Confusion((*"0123456789",), matrix), 80).splitlines()
    assert (
        table[2]
        == "      0     1     2     3     4     5     6     7     8     9  recall  precision"
    )
    assert (
        table[-1]
        == "9    10    10    10    10    10    10    10    10    10  1010   91.8%      91.8%"
    )


def test_the_most_frequent_confusions_where_the_matrix_does_not_fit() -> None:
    matrix = np.diag(np.full(1000, 50))
    matrix[7, 3], matrix[3, 7], matrix[999, 0] = 50, 1, 2
    ours = Confusion(tuple(f"n{at}" for at in range(1000)), matrix)
    assert confusion_table(ours, 80) == (
        "accuracy 99.9%: 50,000 of 50,053 samples\n"
        "\n"
        "right  said  samples  of the class\n"
        "n7     n3         50         50.0%\n"
        "n999   n0          2          3.8%\n"
        "n3     n7          1          2.0%"
    )
    matrix[0, 1:21] = np.arange(20) + 1
    last = confusion_table(ours, 80).splitlines()[-1]
    assert last == "and 8 more confusions, of 24 samples"
    right = Confusion(ours.classes, np.diag(np.full(1000, 1)))
    assert confusion_table(right, 80) == "accuracy 100.0%: 1,000 of 1,000 samples"


@pytest.mark.parametrize("classes", [2, 10, 30, 100])
@pytest.mark.parametrize("width", [80, 120, 200])
def test_it_is_no_wider_than_asked(classes: int, width: int) -> None:
    table = confusion_table(found(classes, 5_000, "class {}"), width)
    assert max(map(len, table.splitlines())) <= width
    assert ("recall" in table) == (classes <= width // 6)
