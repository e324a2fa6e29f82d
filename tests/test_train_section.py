"""`train:` of a spec: what it says, what is wrong with it, and the schema, page and options that
follow the tables of training.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import netspec as library
from netspec.analysis.optimizers import OPTIMIZERS as REMEMBERED
from netspec.layers.schema import spec_schema
from netspec.layers.train_section import expected
from netspec.text import envelope
from netspec.text.limits import MAX_EPOCHS
from netspec.text.rules import CODES
from netspec.text.screen import accepts
from netspec.text.source import Source, Span
from netspec.text.spec import parse
from netspec.text.training import (
    FILES,
    INITS,
    LOSSES,
    MENUS,
    NUMBERS,
    OPTIMIZERS,
    SCHEDULES,
    Option,
    Training,
    chosen,
)
from netspec.train.schedules import default_rate
from tests.commands import netspec, python
from tests.texts import checked, finding, findings, spec

_ROOT = Path(__file__).parent.parent
_SCHEMA: dict[str, Any] = spec_schema()["properties"]["train"]["properties"]
#: Every option of every choice: setting, choice, option.
_OPTIONS = [
    (key, name, word, option)
    for key, menu in MENUS.items()
    for name, offer in menu.offers.items()
    for word, option in offer.options.items()
]


def train(section: str, size: str = "3x8x8") -> str:
    """A spec with a section, in one line or indented."""
    return spec("INPUT -> FC(3)", f"train: {section}\n", size=size)


def trained(section: str, folder: Path | None = None) -> Training:
    """What a section that is accepted says."""
    assert checked(train(section)).ok, checked(train(section)).diagnostics
    return parse(Source("t.yaml", train(section)), folder).train


def text_of(span: Span) -> str:
    """What stands at a place."""
    return span.source.text[span.start : span.end]


# What it says


def said(training: Training) -> dict[str, Any]:
    """The settings, in a form that compares."""
    return {key: str(value) for key, value in vars(training).items()}


def test_without_a_section_all_is_as_by_default() -> None:
    plain = parse(Source("t.yaml", spec("INPUT")))
    assert (said(plain.train), plain.train_span) == (said(Training()), None)
    empty = parse(Source("t.yaml", train("{}")))
    assert said(empty.train) == said(Training())
    assert empty.train_span is not None
    assert empty.train_span.line == 5


def test_each_setting_is_read() -> None:
    training = trained(
        "{split: 0.25, loss: {name: cross-entropy, smoothing: 0.1}, optimizer: rprop, rate: 1,"
        " schedule: {name: step, every: 3}, warmup: 1.5, epochs: 7, batch: 64, seed: 3,"
        " weight_decay: 5e-4, l2: 1e-4, clip: 2, early_stopping: 4, augment: [flip, {name: crop,"
        " pad: 2}], init: {name: normal, std: 0.02}, precision: bfloat16}"
    )
    assert training.split == 0.25
    assert training.loss == chosen(LOSSES, "cross-entropy", smoothing=0.1)
    assert training.optimizer == chosen(OPTIMIZERS, "rprop")
    assert training.schedule == chosen(SCHEDULES, "step", every=3)
    assert training.init == chosen(INITS, "normal", std=0.02)
    assert [(a.name, *a.options.values()) for a in training.augment] == [("flip", 0.5), ("crop", 2)]
    assert (training.rate, training.warmup, training.clip) == (1.0, 1.5, 2.0)
    assert (training.epochs, training.batch, training.seed) == (7, 64, 3)
    assert (training.weight_decay, training.l2) == (5e-4, 1e-4)
    assert (training.early_stopping, training.precision) == (4, "bfloat16")
    whole = (training.epochs, training.schedule["every"], training.augment[1]["pad"])
    assert all(isinstance(number, int) for number in whole)
    assert isinstance(training.rate, float)


@pytest.mark.parametrize("key", MENUS)
def test_each_choice_is_taken_by_name_and_with_all_its_options(key: str) -> None:
    for name, offer in MENUS[key].offers.items():
        options = "".join(f", {word}: {o.default!r}" for word, o in offer.options.items())
        for written in (name, f"{{name: {name}}}", f"{{name: {name}{options}}}"):
            found = getattr(trained(f"{{{key}: {written}}}"), key)
            assert (found[0] if key == "augment" else found) == chosen(MENUS[key].offers, name)


@pytest.mark.parametrize("key", FILES)
def test_a_file_is_beside_the_spec_or_anywhere(key: str) -> None:
    for written, path in {
        "iris.csv": "/specs/iris.csv",
        "../data/iris": "/specs/../data/iris",
        "/data/iris.npz": "/data/iris.npz",
    }.items():
        data = getattr(trained(f"{{{key}: {written}}}", Path("/specs")), key)
        assert (data.path, data.target) == (Path(path), None)
        assert text_of(data.span) == written
    data = getattr(trained(f"{{{key}: {{file: a.csv, target: 2024}}}}"), key)
    assert (data.path, data.target) == (Path("a.csv"), "2024")


def test_the_library_says_it_too() -> None:
    assert library.load("lenet5").train.optimizer["beta1"] == 0.9


# What is wrong with it

REFUSED = {
    "^3": ("training", "`train` must be a mapping of settings"),
    "{optimizer: ^adm}": ("training", "`optimizer` must be `sgd`, `momentum`"),
    "{optimizer: {name: ^adm}}": ("training", "`name` must be `sgd`"),
    "{optimizer: {^beta1: 0.5}}": ("missing-key", "`optimizer` lacks the key `name`"),
    "{optimizer: {name: adam, ^beta3: 1}}": ("unknown-key", "unknown key `beta3`"),
    "{optimizer: {name: adam, beta1: ^1}}": (
        "training",
        "`beta1` must be a number of at least 0 and below 1, found `1`",
    ),
    "{optimizer: ^[sgd]}": ("training", "or {name: ..., ...} with options, found a list"),
    "{schedule: {name: step, every: ^1.5}}": ("training", "`every` must be an integer"),
    "{augment: [flip, ^flop]}": ("training", "this item must be `flip`"),
    "{augment: [flip, {name: crop, pad: ^0}]}": ("training", "`pad` must be an integer"),
    "{augment: {name: crop, pad: ^8}}": ("training", "may miss a picture of side 8"),
    "{data: ^3}": ("training", "`data` must be an .npz or .csv file, or a folder"),
    '{data: {file: ^""}}': ("training", "`file` must be an .npz or .csv file"),
    "{data: {^target: a}}": ("missing-key", "`data` lacks the key `file`"),
    '{data: ^"a\\0b"}': ("training", "`data` is no path: it holds a NUL"),
    "{split: ^1}": ("training", "`split` must be a number of at least 0 and below 1"),
    "{rate: ^0}": ("training", "`rate` must be a number above 0, found `0`"),
    "{rate: ^.nan}": ("training", "found `.nan`"),
    "{rate: ^.inf}": ("training", "found `.inf`"),
    "{rate: ^1e39}": ("training", "found `1e39`"),
    "{rate: ^yes}": ("training", "found `yes`"),
    "{epochs: ^3.0}": ("training", "at least 1 and at most 100,000, found `3.0`"),
    "{batch: ^1000001}": ("training", "`batch` must be an integer"),
    "{seed: ^-1}": ("training", "`seed` must be an integer of at least 0"),
    "{weight_decay: ^-1}": ("training", "`weight_decay` must be a number of at least 0"),
    "{clip: ^0}": ("training", "`clip` must be a number above 0"),
    "{precision: ^fp16}": ("training", "`precision` must be `float32`, `tf32`"),
    "{early_stopping: ^3}": ("training", "watches samples that are held out, and none are"),
    "{split: 0, early_stopping: ^3}": ("training", "held out, and none are"),
    "{^optimiser: sgd}": ("unknown-key", "unknown key `optimiser`"),
}


@pytest.mark.parametrize("section", REFUSED)
def test_what_is_wrong_is_said_at_its_place(section: str) -> None:
    code, message = REFUSED[section]
    found = finding(train(section))
    assert found.code == code
    assert message in found.message


def helped(section: str) -> str | None:
    """The help of the one finding."""
    (found,) = findings(train(section))
    return found.help


def test_the_nearest_is_named() -> None:
    assert helped("{optimizer: adm}") == "did you mean `adam`?"
    assert helped("{optimizer: {name: adam, beta3: 1}}") == "did you mean `beta1`?"
    assert helped("{epoch: 3}") == "did you mean `epochs`?"
    assert helped("{early_stopping: 3}") == "write `split: 0.2`, or `validation:` and a file"
    assert helped("{augment: {name: crop, pad: 9}}") == "write `{name: crop, pad: 1}`"


def test_who_takes_an_option_is_named() -> None:
    found = helped("{optimizer: {name: sgd, momentum: 0.9}}")
    assert found == "`sgd` takes no options; `momentum` and `nesterov` take this one"
    found = helped("{augment: [{name: flip, strength: 0.1}]}")
    assert found == "`flip` takes chance; `colour` takes this one"
    assert helped("{optimizer: {name: adam, xyz: 1}}") == "`adam` takes beta1, beta2, eps"


def test_misspelt_settings_are_all_mended_and_their_values_read() -> None:
    found = findings(train("{optimiser: adm, epoch: 0, erly_stopping: 3, splt: 0.1}"))
    told = [d.message.split(",")[0] for d in found]
    assert [m for m in told if m.startswith("unknown")] == [
        "unknown key `optimiser`",
        "unknown key `epoch`",
        "unknown key `erly_stopping`",
        "unknown key `splt`",
    ]
    assert [m[:20] for m in told if not m.startswith("unknown")] == [
        "`optimizer` must be ",
        "`epochs` must be an ",
    ]


@pytest.mark.parametrize("held", ["split: 0.1", "validation: v.npz", "validation: 3", "split: 2"])
def test_early_stopping_needs_samples_that_are_held_out(held: str) -> None:
    """Ones that are ill written are there too: one cause, one finding."""
    found = [d.message for d in findings(train(f"{{early_stopping: 3, {held}}}"))]
    assert not [message for message in found if "early" in message]


@pytest.mark.parametrize(
    ("size", "message"),
    [("7", "the input is 7 features"), ("{a: 7, b: 8}", "no input is CxHxW"), ("3x8x8", None)],
)
def test_only_pictures_are_augmented(size: str, message: str | None) -> None:
    net = "CONCAT{ INPUT(a) | INPUT(b) } -> FC(3)" if "a:" in size else "INPUT -> FC(3)"
    found = findings(spec(f'"{net}"', "train: {augment: flip}\n", size=size))
    assert [message in d.message for d in found if message] == [True] * (message is not None)
    assert findings(spec(f'"{net}"', "train: {augment: []}\n", size=size)) == []


def test_a_crop_of_a_small_picture_is_refused_by_its_default_too() -> None:
    (found,) = findings(train("{augment: [flip, crop]}", size="1x4x9"))
    assert found.message == "with 4 pixels of padding a crop may miss a picture of side 4"
    assert text_of(found.span) == "crop"
    (found,) = findings(train("{augment: {name: crop, pad: 1}}", size="1x1x9"))
    assert found.help == "leave `crop` out"


def test_a_plateau_needs_nothing_held_out() -> None:
    assert trained("{schedule: plateau}").schedule["patience"] == 5


def test_numbers_that_are_not_finite_are_refused_in_pictures_too() -> None:
    size = "{shape: 3x8x8, image: {mean: .nan}}"
    assert [d.code for d in findings(spec("INPUT", size=size))] == ["image"]


# Overrides


def test_settings_of_the_command_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "s.yaml"
    for section in ("train: {optimizer: {name: adam, beta1: 0.5}}\n", ""):
        file.write_text(spec("INPUT -> FC(3)", section), "utf-8")
        sets = ("--set", "train.optimizer=sgd", "--set", "train.rate=0.1")
        assert netspec(capsys, "check", file, *sets).code == 0
    refused = netspec(capsys, "check", file, "--set", "train.rate=-1", "--set", "train.rat=1")
    assert refused.code == 1
    assert "`rate` must be a number above 0, found `-1`" in refused.out
    refused = netspec(capsys, "check", file, "--set", "train.optimizer.name=adm")
    assert "did you mean `adam`?" in refused.out


def memory(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str | None]:
    """Batch and optimizer that `check` answers for."""
    (found,) = json.loads(netspec(capsys, "check", *arguments, "--format", "json").out)["specs"]
    return found["batch"], found["training"] and found["training"]["optimizer"]


def test_check_takes_batch_and_optimizer_of_the_section(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "s.yaml"
    file.write_text(train("{optimizer: rmsprop, batch: 7}"), "utf-8")
    assert memory(capsys, file) == (1, None)
    assert memory(capsys, file, "--train") == (7, "rmsprop")
    assert memory(capsys, file, "--train", "--set", "train.batch=3") == (3, "rmsprop")
    flags = ("--train", "--batch", "2", "--optimizer", "sgd")
    assert memory(capsys, file, *flags) == (2, "sgd")
    file.write_text(train("{}"), "utf-8")
    assert memory(capsys, file, "--train") == (32, "adam")
    file.write_text(spec("INPUT -> FC(3)"), "utf-8")
    assert memory(capsys, file, "--train") == (1, "sgd")


def test_the_memory_of_each_optimizer_is_known() -> None:
    assert list(REMEMBERED) == list(OPTIMIZERS)


# The tables


@pytest.mark.parametrize(("key", "name", "word", "option"), _OPTIONS)
def test_a_default_is_within_its_bounds(key: str, name: str, word: str, option: Option) -> None:
    assert option.doc
    assert option.default is not None
    inside = (
        (option.ge is None or option.default >= option.ge)
        and (option.gt is None or option.default > option.gt)
        and (option.le is None or option.default <= option.le)
        and (option.lt is None or option.default < option.lt)
    )
    assert inside
    assert option.whole == isinstance(option.default, int)
    assert word != "name"  # which is the key of the choice


def test_each_setting_stands_in_one_table() -> None:
    keys = [*FILES, *MENUS, *NUMBERS, "precision"]
    assert sorted(keys) == sorted(vars(Training()))
    assert list(_SCHEMA) == list(vars(Training()))
    assert all(said["description"] for said in _SCHEMA.values())


def test_epochs_are_counted_with_one_bound() -> None:
    counted = [NUMBERS[key] for key in ("warmup", "epochs", "early_stopping")]
    counted += [o for _, _, word, o in _OPTIONS if word in ("every", "patience")]
    assert {option.le for option in counted} == {MAX_EPOCHS}


# The schema

_NUMBER = st.integers(-1, 3) | st.floats(-1, 2) | st.sampled_from([1_000_001, 1e-8, True, "a"])


def _choice(key: str) -> st.SearchStrategy[Any]:
    words = sorted({word for k, _, word, _ in _OPTIONS if k == key})
    names = st.sampled_from([*MENUS[key].offers, "other"])
    options = st.dictionaries(st.sampled_from([*words, "other"]), _NUMBER, max_size=2)
    return names | st.builds(lambda name, rest: rest | {"name": name}, names, options) | _NUMBER


_SECTIONS = st.fixed_dictionaries(
    {},
    optional={
        **{key: _choice(key) for key in MENUS if key != "augment"},
        **dict.fromkeys(NUMBERS, _NUMBER),
        "augment": _choice("augment") | st.lists(_choice("augment"), max_size=3),
        "data": st.sampled_from(["a.csv", "", 3, {"file": "a", "target": 3}, {"target": "b"}]),
        "precision": st.sampled_from(["float16", "fp16", 16]),
        "other": _NUMBER,
    },
)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(_SECTIONS)
def test_the_quick_yes_is_the_librarys(section: dict[str, Any]) -> None:
    document = {"netspec": 1, "name": "n", "input": "3x9x9", "net": "INPUT", "train": section}
    accepted = accepts(envelope._schema(), document)
    assert accepted == envelope._validator().is_valid(document)


def test_a_good_section_needs_no_jsonschema() -> None:
    text = train("{optimizer: {name: adam, beta1: 0.8}, augment: [flip, {name: crop, pad: 2}]}")
    code = f"import sys, netspec; print(netspec.check({text!r}), 'jsonschema' in sys.modules)"
    assert python(code) == "[] False\n"


# The pages


#: The tables of choices, in the order of the page.
MENUS_OF_THE_PAGE = ("loss", "optimizer", "schedule", "augment", "init")


def cells(*said: str) -> str:
    """A row of a table."""
    return f"| {' | '.join(said)} |"


def table_of_settings() -> Iterator[str]:
    """A row for each key."""
    for key, said in _SCHEMA.items():
        value = "a choice" if key in MENUS else said["title"]
        default = said.get("default", "")
        shown = f"{default:g}" if isinstance(default, float) else str(default)
        several = ", or a list of them" if key == "augment" else ""
        marked = f"`{shown}`" if shown else ""
        yield cells(f"`{key}`", value + several, marked, said["description"])


def table_of_choices(key: str) -> Iterator[str]:
    """A row for each choice, and for each option under it."""
    for name, offer in MENUS[key].offers.items():
        yield cells(f"`{name}`", "", "", "", offer.doc)
        for word, option in offer.options.items():
            yield cells("", f"`{word}`", f"`{option.default:g}`", expected(option), option.doc)


def test_the_tables_of_the_page_are_those_of_training() -> None:
    """Where it fails, the page is to follow."""
    page = (_ROOT / "docs" / "language.md").read_text("utf-8").split("## 7. Training")[1]
    rows = [line for line in page.splitlines() if re.match(r"\|( `|  \|)", line)]
    choices = [row for key in MENUS_OF_THE_PAGE for row in table_of_choices(key)]
    assert rows == [*table_of_settings(), *choices]
    assert sorted(MENUS_OF_THE_PAGE) == sorted(MENUS)


def test_the_rates_of_the_page_are_those_of_training() -> None:
    rates = {name: default_rate(chosen(OPTIMIZERS, name)) for name in OPTIMIZERS}
    written = {"adadelta": 1.0, **dict.fromkeys(("rmsprop", "adam", "adamw"), 0.001)}
    assert rates == {name: written.get(name, 0.01) for name in OPTIMIZERS}
    page = (_ROOT / "docs" / "language.md").read_text("utf-8")
    assert "is 1 for Adadelta, 0.001 for RMSProp, Adam and AdamW, and 0.01 for the others" in page


def test_the_code_has_a_page() -> None:
    assert "early stopping" in CODES["training"].meaning
