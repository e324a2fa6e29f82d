"""What other tools call layers and hyperparameters leads to what they are here."""

from __future__ import annotations

import pytest

import netspec
from netspec.layers import REGISTRY
from netspec.layers.reference import meant_hyperparameter, meant_kind

ALIASES = [(word, keyword) for keyword, kind in REGISTRY.items() for word in kind.elsewhere]


def test_a_name_from_elsewhere_means_one_kind_and_is_none_here() -> None:
    words = [word for word, _ in ALIASES]
    assert len(set(words)) == len(words)
    assert not {word.upper() for word in words} & set(REGISTRY)


@pytest.mark.parametrize(("word", "keyword"), ALIASES)
def test_names_from_elsewhere_are_known(word: str, keyword: str) -> None:
    assert meant_kind(word) == f"{word} is `{keyword}` here"
    assert meant_kind(f"{word.title()}2d") == f"{word.title()}2d is `{keyword}` here"


def test_the_nearest_is_named_else() -> None:
    assert meant_kind("COVN") == "did you mean `CONV`?"
    assert meant_kind("BOTLENECK", ["BOTTLENECK"]) == "did you mean `BOTTLENECK`?"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("CONV(8, padding=1)", "padding is `pad` here"),
        ("CONV(8, kernel_size=3)", "kernel_size is `kernel` here"),
        ("DROPOUT(p=0.2)", "p is `rate` here"),
        ("CONV(8, 3, 1, 1)", "the others go by name: `pad=...`"),
        ("CONV(8, bias=False)", "write `no`"),
        ("Linear(8)", "Linear is `FC` here"),
    ],
)
def test_a_spec_in_other_words_is_told_ours(call: str, message: str) -> None:
    text = f'netspec: 1\nname: n\ninput: 3x8x8\nnet: "INPUT -> {call} -> FC(2)"\n'
    (found,) = [d for d in netspec.check(text) if d.severity == "error"]
    assert found.help == message


def test_a_hyperparameter_that_the_kind_lacks_is_not_promised() -> None:
    assert meant_hyperparameter("padding", ["rate"]) != "padding is `pad` here"
