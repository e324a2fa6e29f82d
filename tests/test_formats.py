"""What `netspec check` writes in each format, and what CI reads of it."""

from __future__ import annotations

import json
import re
import shlex
import urllib.parse
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from netspec.analysis.check import check_source
from netspec.analysis.github import annotation, file_annotation
from netspec.analysis.optimizers import OPTIMIZERS
from netspec.cli import check
from netspec.cli.bytesize import byte_size
from netspec.text.render import concise
from netspec.text.source import Source
from tests.commands import netspec

ROOT = Path(__file__).parent.parent

GOOD = "netspec: 1\nname: good\ninput: 3x32x32\nnet: INPUT -> CONV(8) -> RELU -> FC(10)\n"
WARNED = GOOD.replace("CONV(8)", "CONV(8, 5, 2)")
BAD = GOOD.replace("RELU", "POOL(99)")

_COMMAND = re.compile(r"::(error|warning|notice) ([^:]*)::(.*)")


@pytest.fixture(autouse=True)
def specs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, text in (("good", GOOD), ("warned", WARNED), ("bad", BAD)):
        (tmp_path / f"{name}.yaml").write_text(text)
    return tmp_path


def parsed(line: str) -> tuple[str, dict[str, str], str]:
    """A workflow command as the runner reads it (actions/runner, ActionCommand.TryParseV2)."""
    match = _COMMAND.fullmatch(line)
    assert match, line
    pairs = (pair.partition("=") for pair in match[2].split(","))
    decode = urllib.parse.unquote
    return match[1], {key: decode(value) for key, _, value in pairs}, decode(match[3])


# text


def test_the_row_that_fails_is_marked_where_it_would_be(
    specs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    net = "INPUT -> CONV(8) -> ADD{ CONV(8, 99) -> RELU | CONV(4) } -> FC(10)"
    (specs / "two.yaml").write_text(f"netspec: 1\nname: two\ninput: 3x32x32\nnet: {net}\n")
    table = netspec(capsys, "check", "two.yaml").out.split("\n\n")[1].splitlines()
    assert [line.split()[:2] for line in table[2:6]] == [
        ["input", "INPUT"],
        ["conv1", "CONV"],
        [">", "conv2"],
        ["conv2", "CONV"],
    ]
    assert table[4].split() == [">", "conv2", "CONV", "99x99", "?"]


def test_a_net_whose_first_layer_fails_has_a_table(
    specs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (specs / "f.yaml").write_text(BAD.replace("CONV(8) ->", ""))
    assert "\n> pool1  POOL 99x99 /99        ?\n" in netspec(capsys, "check", "f.yaml").out


def test_an_accepted_table_has_no_marks(capsys: pytest.CaptureFixture[str]) -> None:
    assert "\nconv1 " in netspec(capsys, "check", "good.yaml").out


@pytest.mark.parametrize("form", ["text", "concise", "json", "sarif", "github"])
def test_no_escape_without_colour(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    outcome = netspec(
        capsys, "--color", "never", "check", "--format", form, "bad.yaml", "a\x1b[31mb.yaml"
    )
    assert outcome.code == 2
    assert "\x1b" not in outcome.out + outcome.err
    assert "\\x1b[31m" in (outcome.out + outcome.err).replace("\\\\", "\\")


# exit codes


@pytest.mark.parametrize("form", ["text", "concise", "json", "sarif", "github"])
@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ("good.yaml", 0),
        ("warned.yaml", 0),
        ("bad.yaml", 1),
        ("--strict good.yaml", 0),
        ("--strict warned.yaml", 1),
        ("--exit-zero bad.yaml", 0),
        ("--exit-zero --strict warned.yaml", 0),
        ("--exit-zero bad.yaml none.yaml", 2),
        ("none.yaml good.yaml", 2),
        ("--fits 1GiB good.yaml", 0),
        ("--fits 1KiB good.yaml", 1),
        ("--fits 1KiB --exit-zero good.yaml", 0),
        ("--fits 1GiB bad.yaml", 1),
    ],
)
def test_exit_codes(
    form: str, arguments: str, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert netspec(capsys, "check", "--format", form, *arguments.split()).code == code


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("--optimizer adam good.yaml", "add --train"),
        ("--fits lots good.yaml", "8GiB"),
        ("--watch -", "standard input is read once"),
        ("--watch --format json good.yaml", "is written once"),
    ],
)
def test_usage(arguments: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    outcome = netspec(capsys, "check", *arguments.split())
    assert (outcome.code, outcome.out) == (2, "")
    assert said in outcome.err


# sizes


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("1", 1),
        ("4096", 4096),
        ("4096b", 4096),
        ("12 bytes", 12),
        ("8GiB", 8 * 2**30),
        ("8gib", 8 * 2**30),
        ("8Gi", 8 * 2**30),
        ("8g", 8 * 2**30),
        ("8GB", 8 * 10**9),
        ("1.5 MiB", 3 * 2**19),
        ("500MB", 500_000_000),
        ("64KiB", 65536),
        ("1kB", 1000),
        ("2TiB", 2**41),
        ("0.1GB", 100_000_000),
    ],
)
def test_sizes(text: str, size: int) -> None:
    option = click.Option(["--fits"])
    assert byte_size(click.Context(check.command), option, text) == size


@pytest.mark.parametrize(
    "text", ["lots", "", "GiB", "-1", "0", "0.1b", "1e9", "8 GiB/s", "8XB", "1_000", "٣GB", "nan"]
)
def test_no_sizes(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    outcome = netspec(capsys, "check", f"--fits={text}", "good.yaml")
    assert outcome.code == 2
    assert "size" in outcome.err


# memory


def fits(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    document = json.loads(netspec(capsys, "check", "--format", "json", *arguments).out)
    found = document["specs"][0]["fits"]
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize("training", [[], ["--train"], ["--train", "--optimizer", "adam"]])
def test_the_largest_batch_fits_and_one_more_does_not(
    training: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["--fits", "3MB", *training, "good.yaml"]
    most = fits(capsys, *asked)["largest_batch"]
    assert most > 1
    there, above = (fits(capsys, "--batch", str(most + more), *asked) for more in (0, 1))
    assert (there["ok"], above["ok"]) == (True, False)
    assert there["needed_bytes"] <= 3_000_000 < above["needed_bytes"]


def test_training_needs_more_than_inference(capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["--fits", "1GB", "good.yaml"]
    needs = [
        fits(capsys, *more, *asked)["needed_bytes"]
        for more in ([], ["--train"], ["--train", "--optimizer", "adam"])
    ]
    assert needs == sorted(set(needs))


def test_the_answer_names_the_batch(capsys: pytest.CaptureFixture[str]) -> None:
    outcome = netspec(capsys, "check", "--fits", "1MiB", "good.yaml")
    assert "\nfits in 1.0 MiB (1,048,576 B): inference at batch 1 needs" in outcome.out
    assert "; the largest batch that fits is " in outcome.out
    outcome = netspec(capsys, "check", "--fits", "1KB", "--format", "github", "good.yaml")
    (kind, place, message) = parsed(outcome.out.rstrip("\n"))
    assert (kind, place["file"]) == ("error", "good.yaml")
    assert "does not fit in 1000 B" in message
    assert message.endswith("not even one sample fits")


def test_training_memory_is_in_the_totals(capsys: pytest.CaptureFixture[str]) -> None:
    def training(*arguments: str) -> int:
        outcome = netspec(capsys, "check", "--format", "json", *arguments, "good.yaml")
        return int(json.loads(outcome.out)["specs"][0]["totals"]["training_bytes"])

    assert training() == 0
    assert 0 < training("--train") == training("--train", "--optimizer", "sgd")
    assert training("--train") < training("--train", "--batch", "2")


def test_the_optimizers_are_those_of_the_model() -> None:
    (option,) = (each for each in check.command.params if each.name == "optimizer")
    assert isinstance(option.type, click.Choice)
    assert tuple(OPTIMIZERS) == tuple(option.type.choices)


# GitHub


def test_annotations_say_what_the_findings_say(capsys: pytest.CaptureFixture[str]) -> None:
    outcome = netspec(capsys, "check", "--format", "github", "bad.yaml", "none.yaml", "warned.yaml")
    bad, none, warned = map(parsed, outcome.out.splitlines())
    assert bad[:2] == (
        "error",
        {
            "file": "bad.yaml",
            "line": "4",
            "endLine": "4",
            "col": "26",
            "endColumn": "30",
            "title": "netspec window-too-large",
        },
    )
    assert bad[2].startswith("POOL needs a window of 99x99, got 8x30x30\nnote: at pool1: ")
    assert "\nhelp: " in bad[2]
    assert none == (
        "error",
        {"file": "none.yaml", "title": "netspec"},
        "none.yaml: no such file",
    )
    assert (warned[0], warned[1]["title"]) == ("warning", "netspec window-remainder")


def test_columns_are_left_out_over_several_lines() -> None:
    text = GOOD.replace("RELU", "RELU?f") + 'where: {f: "x\n   y"}\n'
    lines = [parsed(annotation(d))[1] for d in check_source(Source("s", text)).diagnostics]
    assert lines
    for place in lines:
        assert ("col" in place) == (place["line"] == place["endLine"])


@pytest.mark.parametrize(
    "evil", ["::error::pwned", "##[add-mask]x", "%0A::error::x", "a\r\n::x::y"]
)
def test_a_file_gives_no_commands(evil: str) -> None:
    text = GOOD + json.dumps(evil) + ": 1\n"
    for diagnostic in check_source(Source(f"{evil},line=9.yaml", text)).diagnostics:
        line = annotation(diagnostic)
        assert line.splitlines() == [line]
        kind, place, _ = parsed(line)
        assert (kind, place["line"]) == ("error", "5")
    line = file_annotation(evil, evil)
    assert line.splitlines() == [line]
    assert parsed(line)[1]["title"] == "netspec"


@given(st.text(max_size=60), st.text(max_size=20))
def test_any_text_gives_one_command_a_finding(text: str, name: str) -> None:
    for diagnostic in check_source(Source(name or "a", text)).diagnostics:
        line = annotation(diagnostic)
        assert line.splitlines() == [line]
        parsed(line)


# CI


def test_the_problem_matcher_reads_concise_lines() -> None:
    matcher = json.loads((ROOT / ".github" / "netspec-problem-matcher.json").read_text("utf-8"))
    (pattern,) = matcher["problemMatcher"][0]["pattern"]
    for name in ("bad.yaml", "C:\\a\\b c.yaml", "a:1:2: b.yaml"):
        for text in (BAD, WARNED):
            (found, *_) = check_source(Source(name, text)).diagnostics
            match = re.fullmatch(pattern["regexp"], concise(found))
            assert match
            read = {key: match[at] for key, at in pattern.items() if key != "regexp"}
            if ":1:" not in name:  # a name that looks like a place is read wrong, and does no harm
                assert read == {
                    "file": name,
                    "line": str(found.span.line),
                    "column": str(found.span.column),
                    "code": found.code,
                    "message": found.message,
                }


def test_the_matcher_reads_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    matcher = json.loads((ROOT / ".github" / "netspec-problem-matcher.json").read_text("utf-8"))
    (pattern,) = matcher["problemMatcher"][0]["pattern"]
    outcome = netspec(capsys, "check", "--fits", "1GB", "good.yaml", "none.yaml")
    lines = (outcome.out + outcome.err).splitlines()
    assert [line for line in lines if re.fullmatch(pattern["regexp"], line)] == []


def entries(text: str) -> list[str]:
    """The netspec commands in a piece of YAML: steps of a workflow, hooks of pre-commit."""
    return [
        word.removeprefix("netspec ")
        for word in re.findall(r"^\s*(?:- )?(?:run|entry): (netspec .*)$", text, re.M)
    ]


def pieces() -> list[str]:
    page = (ROOT / "docs" / "ci.md").read_text("utf-8")
    hooks = (ROOT / ".pre-commit-hooks.yaml").read_text("utf-8")
    return [*re.findall(r"^```yml\n(.*?)^```", page, re.M | re.S), hooks]


@pytest.mark.parametrize("piece", pieces())
def test_the_steps_and_hooks_that_we_show_run(
    piece: str, specs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert yaml.safe_load(piece)
    (specs / "specs").mkdir()
    (specs / "specs" / "bad.yaml").write_text(BAD)
    commands = entries(piece)
    assert commands
    for words in commands:
        arguments = shlex.split(words.partition(" > ")[0])
        if "specs" not in arguments:
            arguments.append("specs/bad.yaml")  # as pre-commit does
        outcome = netspec(capsys, *arguments)
        assert outcome.code == (0 if "--exit-zero" in arguments else 1)
        assert "window-too-large" in outcome.out
        if "sarif" in arguments:
            assert json.loads(outcome.out)["version"] == "2.1.0"


def test_the_hook_takes_the_specs_of_this_repository() -> None:
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
    assert re.search(hook["files"], "specs/vgg16.yaml")
    assert re.search(hook["files"], "nets/specs/a.yaml")
    assert not re.search(hook["files"], ".github/workflows/ci.yaml")
    assert hook["id"] in (ROOT / "docs" / "ci.md").read_text("utf-8")
