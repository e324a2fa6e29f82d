"""What other tools call the settings of training leads to what they are here."""

from __future__ import annotations

import pytest

from netspec.text.train_words import CHOICES, OPTIONS, SETTINGS
from netspec.text.training import FILES, MENUS, NUMBERS, PRECISIONS
from tests.commands import netspec
from tests.texts import findings, spec

OURS = {*FILES, *MENUS, *NUMBERS, "precision"}
OFFERS = {key: set(menu.offers) for key, menu in MENUS.items()} | {"precision": set(PRECISIONS)}
WORDS = [(key, word, ours) for key, words in CHOICES.items() for word, ours in words.items()]


def helped(section: str) -> list[str | None]:
    return [d.help for d in findings(spec("INPUT -> FC(3)", f"train: {section}\n", size="3x8x8"))]


def test_what_is_promised_is_there() -> None:
    assert not set(SETTINGS) & OURS and set(SETTINGS.values()) <= OURS
    for key, word, ours in WORDS:
        name = ours.removeprefix("{name: ").partition(",")[0]
        assert name in OFFERS[key] and word not in OFFERS[key]
    options = {
        name for menu in MENUS.values() for at in menu.offers.values() for name in at.options
    }
    assert {name for names in OPTIONS.values() for name in names} <= options


@pytest.mark.parametrize("word", SETTINGS)
def test_settings_are_read_as_ours(word: str) -> None:
    """One cause, one finding: what is written there is looked at as our setting's."""
    value = {"data": "a.npz", "validation": "b.npz", "loss": "squared-error"}.get(SETTINGS[word])
    found = helped(f"{{{word}: {value}}}") if value else helped(f"{{{word}: -1}}")
    assert found[0] == f"{word} is `{SETTINGS[word]}` here"


@pytest.mark.parametrize(("key", "word", "ours"), WORDS)
def test_choices(key: str, word: str, ours: str) -> None:
    assert helped(f"{{{key}: {word}}}") == [f"{word} is `{ours}` here"]
    if key in MENUS:
        assert helped(f"{{{key}: {{name: {word}}}}}") == [f"{word} is `{ours}` here"]


@pytest.mark.parametrize(
    ("section", "told"),
    [
        ("{lr: 0.1}", "lr is `rate` here"),
        ("{Learning-Rate: 0.1}", "Learning-Rate is `rate` here"),
        ("{momentum: 0.9}", "write `optimizer: {name: momentum, momentum: 0.9}`"),
        ("{schedule: CosineAnnealingLR}", "CosineAnnealingLR is `cosine` here"),
        ("{schedule: {name: step, gamma: 0.5}}", "gamma is `factor` here"),
        (
            "{optimizer: {name: adam, lr: 0.5}}",
            "`rate` is a setting of its own, beside `optimizer`",
        ),
        ("{optimizer: {name: sgd, momentum: 0.5}}", "`sgd` takes no options; `momentum` and "),
        ("{split: 20}", "it is a part: 20% is `0.2`"),
        ("{split: -1}", None),
        ("{split: yes}", None),
    ],
)
def test_words_of_others(section: str, told: str | None) -> None:
    (found,) = helped(section)
    assert found is told is None or str(found).startswith(str(told))


@pytest.mark.parametrize(
    ("flag", "told"),
    [
        ("--lr=0.1", "no option --lr; it is --rate here"),
        ("--batch-size", "no option --batch-size; it is --batch here"),
        ("--momentum", "write --optimizer '{name: momentum, momentum: 0.9}'"),
        ("--foo", "No such option '--foo'"),
    ],
)
def test_flags(capsys: pytest.CaptureFixture[str], flag: str, told: str) -> None:
    done = netspec(capsys, "train", "lenet5", flag)
    assert done.code == 2 and told in done.err
