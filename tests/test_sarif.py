"""`--format sarif`: valid by OASIS's schema, and it says what the other formats say."""

from __future__ import annotations

import json
import os
import urllib.parse
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netspec.analysis.check import check_source
from netspec.analysis.sarif import MAX_RESULTS, sarif_log
from netspec.text.diagnostics import Diagnostic, Note, Severity
from netspec.text.rules import CODES
from netspec.text.source import Source, Span
from tests.commands import Outcome, netspec

SCHEMA = json.loads((Path(__file__).parent / "schemas" / "sarif-2.1.0.json").read_text("utf-8"))
VALIDATOR = jsonschema.Draft7Validator(SCHEMA, format_checker=jsonschema.FormatChecker())

GOOD = "netspec: 1\nname: good\ninput: 3x32x32\nnet: INPUT -> CONV(8) -> RELU -> FC(10)\n"
WARNED = GOOD.replace("CONV(8)", "CONV(8, 5, 2)")
BAD = GOOD.replace("CONV(8)", "[CONV(8, pad=half) -> RELU -> POOL(16)]*2")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run_of(outcome: Outcome) -> dict[str, Any]:
    return valid(json.loads(outcome.out))


def valid(log: dict[str, Any]) -> dict[str, Any]:
    """The one run of a log that the schema accepts and whose references lead somewhere."""
    VALIDATOR.validate(log)
    (run,) = log["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert [rules[result["ruleIndex"]] for result in run["results"]] == [
        result["ruleId"] for result in run["results"]
    ]
    assert isinstance(run, dict)
    return run


def uri(location: dict[str, Any]) -> str:
    artifact = location["physicalLocation"]["artifactLocation"]
    assert artifact["uriBaseId"] == "SRCROOT"
    return str(artifact["uri"])


def test_several_specs_in_one_run(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, text in (("bad", BAD), ("good", GOOD), ("warned", WARNED)):
        (folder / f"{name}.yaml").write_text(text)
    outcome = netspec(capsys, "check", "--format", "sarif", "bad.yaml", "good.yaml", "warned.yaml")
    run = run_of(outcome)
    assert (outcome.code, outcome.err) == (1, "")
    assert [(r["level"], r["ruleId"], uri(r["locations"][0])) for r in run["results"]] == [
        ("error", "window-too-large", "bad.yaml"),
        ("warning", "window-remainder", "warned.yaml"),
    ]
    assert run["invocations"][0]["executionSuccessful"] is True
    assert run["columnKind"] == "unicodeCodePoints"


def test_a_place_has_an_end_and_notes_are_related(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "bad.yaml").write_text(BAD)
    (result,) = run_of(netspec(capsys, "check", "--format", "sarif", "bad.yaml"))["results"]
    (spec,) = json.loads(netspec(capsys, "check", "--format", "json", "bad.yaml").out)["specs"]
    (found,) = spec["diagnostics"]
    region = result["locations"][0]["physicalLocation"]["region"]
    names = {"line": "startLine", "column": "startColumn"}
    names |= {"end_line": "endLine", "end_column": "endColumn"}
    assert {key: found[key] for key in names} == {key: region[new] for key, new in names.items()}
    assert result["message"]["text"] == f"{found['message']}\nhelp: {found['help']}"
    assert [note["message"] for note in found["notes"]] == [
        note["message"]["text"] for note in result["relatedLocations"]
    ]
    assert len(found["notes"]) >= 1


def test_a_rule_has_its_page(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "warned.yaml").write_text(WARNED)
    run = run_of(netspec(capsys, "check", "--format", "sarif", "warned.yaml"))
    (rule,) = run["tool"]["driver"]["rules"]
    assert rule["fullDescription"]["text"] == CODES["window-remainder"].meaning
    assert rule["defaultConfiguration"]["level"] == "warning"
    assert "```yaml\nnetspec: 1\n" in rule["help"]["markdown"]


def test_every_rule_is_valid() -> None:
    """Also those whose examples hold what no terminal should see."""
    source = Source("a", "x")
    found = [Diagnostic(code, "m", Span(source, 0, 1)) for code in CODES]
    run = valid(sarif_log(found))
    assert len(run["tool"]["driver"]["rules"]) == len(CODES)
    assert not {c for c in json.dumps(run, ensure_ascii=False) if ord(c) < 32}


def test_what_cannot_be_opened_is_a_notification(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "warned.yaml").write_text(WARNED)
    outcome = netspec(capsys, "check", "--format", "sarif", "no such.yaml", "warned.yaml")
    run = run_of(outcome)
    (invocation,) = run["invocations"]
    (notification,) = invocation["toolExecutionNotifications"]
    assert outcome.code == 2
    assert not invocation["executionSuccessful"]
    assert notification["message"]["text"] == "no such.yaml: no such file"
    assert uri(notification["locations"][0]) == "no%20such.yaml"
    assert [result["ruleId"] for result in run["results"]] == ["window-remainder"]


@pytest.mark.parametrize(
    "name",
    ["a b.yaml", "100%.yaml", "a#b?.yaml", "c:d.yaml", "réseau→.yaml", "./x/../y.yaml", "[z].yaml"],
)
def test_addresses_are_relative_and_encoded(
    name: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "x").mkdir()
    (folder / name).write_text(WARNED)
    for argument in (name, folder / name):
        run = run_of(netspec(capsys, "check", "--format", "sarif", argument))
        address = uri(run["results"][0]["locations"][0])
        base = run["originalUriBaseIds"]["SRCROOT"]["uri"]
        whole = urllib.parse.urlsplit(urllib.parse.urljoin(base, address))
        assert (folder / urllib.parse.unquote(whole.path)).samefile(folder / name)
        assert not urllib.parse.urlsplit(address).scheme
        assert address.isascii()


def test_a_file_beside_the_working_directory(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "w.yaml").write_text(WARNED)
    (folder / "here").mkdir()
    monkeypatch.chdir(folder / "here")
    run = run_of(netspec(capsys, "check", "--format", "sarif", folder / "w.yaml"))
    assert uri(run["results"][0]["locations"][0]) == "../w.yaml"


@pytest.mark.skipif(os.name != "posix", reason="names are bytes on POSIX alone")
def test_a_name_that_is_no_utf8(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name = os.fsdecode(b"a\xff.yaml")
    (folder / name).write_text(WARNED)
    run = run_of(netspec(capsys, "check", "--format", "sarif", name))
    assert uri(run["results"][0]["locations"][0]) == "a%FF.yaml"


def test_the_gravest_are_kept_of_too_many() -> None:
    source = Source("a.yaml", "x" * 3)
    severities: list[Severity] = ["note", "warning", "error"]
    found = [
        Diagnostic("window-remainder", f"{n}", Span(source, 0, 1), severity=severities[n % 3])
        for n in range(6000)
    ]
    run = valid(sarif_log(found))
    levels = [result["level"] for result in run["results"]]
    assert len(levels) == MAX_RESULTS
    assert [levels.count(level) for level in severities] == [1000, 2000, 2000]
    numbers = [int(result["message"]["text"]) for result in run["results"]]
    assert numbers == sorted(numbers)
    (notification,) = run["invocations"][0]["toolExecutionNotifications"]
    assert notification["message"]["text"].startswith("1,000 further findings")
    assert run["invocations"][0]["executionSuccessful"] is True


def test_no_message_becomes_a_link() -> None:
    source = Source("a.yaml", "x")
    note = Note("[here](https://example.org)")
    (result,) = valid(sarif_log([Diagnostic("c", "[a[b](x)", Span(source, 0, 1), (note,))]))[
        "results"
    ]
    assert result["message"]["text"] == r"\[a\[b](x)"
    assert result["relatedLocations"][0]["message"]["text"] == r"\[here](https://example.org)"


@given(st.text(max_size=200), st.text(max_size=20))
def test_any_text_gives_a_valid_log(text: str, name: str) -> None:
    encodable = name.encode("utf-8", "replace").decode().replace("\0", "")
    valid(sarif_log(check_source(Source(encodable or "a", text)).diagnostics))
