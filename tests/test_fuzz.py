"""The fuzz corpus is replayed, and the fuzzer finds what is broken."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from tests.fuzz import run


@pytest.mark.parametrize("target", run.TARGETS, ids=lambda target: target.__name__)
def test_the_corpus_is_answered(target: Callable[[str], None]) -> None:
    for text in run.corpus():
        target(text)


def test_mutants_are_answered() -> None:
    dice, seeds = random.Random(1), run.corpus()
    for _ in range(100):
        text = run.mutant(dice, seeds)
        assert [run.fails(target, text) for target in run.TARGETS] == [None, None, None]


def test_a_failure_is_seen() -> None:
    def broken(text: str) -> None:
        raise ValueError(text)

    assert "ValueError" in (run.fails(broken, "a") or "")
