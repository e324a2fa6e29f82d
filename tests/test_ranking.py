"""Outputs become classes: probabilities stay, logits go through softmax, all samples decide."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from netspec.runtime.ranking import Best, Kind, Ranking, rank

LOGITS = np.array([[1.0, 3.0, 2.0], [0.0, -5.0, 5.0]])


def softmax(values: NDArray[np.float64]) -> NDArray[np.float64]:
    powers = np.exp(values)
    result: NDArray[np.float64] = powers / powers.sum(axis=1, keepdims=True)
    return result


def ranked(output: NDArray[np.float64], count: int) -> Ranking:
    ranking = rank(output, count)
    assert ranking is not None
    return ranking


def test_logits_become_probabilities_and_probabilities_stay() -> None:
    for output in (LOGITS, softmax(LOGITS), np.log(softmax(LOGITS))):
        ranking = ranked(output.astype(np.float32), 2)
        assert ranking.kind.shown_as == "probability"
        assert ranking.best.tolist() == [[1, 2], [2, 0]]
        expected = np.take_along_axis(softmax(LOGITS), ranking.best, axis=1)
        np.testing.assert_allclose(ranking.values, expected, rtol=1e-5)


def test_scores_and_values_stay_as_they_are() -> None:
    ranking = ranked(np.array([[0.1, 0.9, 0.8]]), 5)
    assert ranking.kind.shown_as == "score"
    assert ranking.values.tolist() == [[0.9, 0.8, 0.1]] and ranking.best.tolist() == [[1, 2, 0]]
    assert ranked(np.array([[7.0], [8.0]]), 5).kind.shown_as == "value"


def test_large_logits_and_nan_are_survived() -> None:
    assert ranked(np.array([[1e4, -1e4]]), 1).values.tolist() == [[1.0]]
    assert np.isnan(ranked(np.array([[np.nan, 1.0]]), 2).values).all()
    spoilt = np.vstack([softmax(LOGITS), np.full((1, 3), np.nan)])
    assert ranked(spoilt, 2).kind is Kind.DISTRIBUTION


@pytest.mark.parametrize("shape", [(2,), (2, 0), (2, 3, 4)])
def test_what_is_no_number_a_class_is_not_ranked(shape: tuple[int, ...]) -> None:
    assert rank(np.zeros(shape), 5) is None


def test_a_kind_that_is_known_is_kept() -> None:
    ranking = rank(np.array([[0.5, 0.25]]), 2, Kind.LOGIT)
    assert ranking is not None and ranking.kind is Kind.LOGIT
    np.testing.assert_allclose(ranking.values, softmax(np.array([[0.5, 0.25]])))


@given(
    st.lists(st.sampled_from(["distributions", "scores", "logits"]), min_size=1, max_size=9),
    st.integers(1, 9),
)
def test_batches_are_ranked_as_the_whole(kinds: list[str], size: int) -> None:
    rng = np.random.default_rng(len(kinds))
    rows = {
        "distributions": softmax(rng.standard_normal((1, 4))),
        "scores": np.array([[0.9, 0.8, 0.0, 0.9]]),
        "logits": rng.standard_normal((1, 4)) - 5,
    }
    output = np.vstack([rows[kind] for kind in kinds])
    best = Best(3)
    for first in range(0, len(output), size):
        best.add(output[first : first + size])
    found, whole = best.ranking(), ranked(output, 3)
    assert found.kind is whole.kind and found.best.tolist() == whole.best.tolist()
    np.testing.assert_array_equal(found.values, whole.values)
