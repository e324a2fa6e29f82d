"""`netspec check`: specs, formats, the JSON contract, --set, --strict, exit codes (cli.md)."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import IO, Any

import pytest

from tests.commands import PROGRAM, Outcome, environment, netspec

GOOD = "netspec: 1\nname: good\ninput: 3x8x8\nnet: INPUT -> CONV(f, 3) @x -> RELU\nwhere: {f: 4}\n"
GOOD += 'output: {aux: "@x"}\n'
BAD = "netspec: 1\nname: bad\ninput: 3x8x8\nnet: INPUT -> CONV(4, 3) -> CONVV -> FC(n)\n"
WARNED = "netspec: 1\nname: warned\ninput: 3x8x8\nnet: INPUT -> CONV(4, 3, 2) -> RELU\n"


class Check:
    """`netspec check` in a folder of its own."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *arguments: object) -> Outcome:
        return netspec(self._capsys, "check", *arguments)

    def json(self, *arguments: object, code: int = 0) -> Any:
        """The document of `--format json`."""
        outcome = self("--format", "json", *arguments)
        assert outcome.code == code, outcome
        assert outcome.err == ""
        return json.loads(outcome.out)

    def shape(self, *arguments: object) -> list[int]:
        """The shape of the output of the one spec."""
        found: list[int] = self.json(*arguments)["specs"][0]["outputs"]["output"]
        return found


@pytest.fixture
def check(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Check:
    """The command, in a folder with three specs."""
    monkeypatch.chdir(tmp_path)
    for name, text in (("good", GOOD), ("bad", BAD), ("warned", WARNED)):
        Path(f"{name}.yaml").write_text(text, "utf-8")
    return Check(capsys)


# SPEC


def test_a_file_a_zoo_net_and_a_path_to_a_file(check: Check, tmp_path: Path) -> None:
    document = check.json("good.yaml", "vgg16", tmp_path / "good.yaml")
    files = [(spec["file"], spec["name"]) for spec in document["specs"]]
    assert files == [
        ("good.yaml", "good"),
        ("specs/vgg16.yaml", "vgg16"),
        (str(tmp_path / "good.yaml"), "good"),
    ]


def test_a_file_beats_a_zoo_net_of_its_name(check: Check) -> None:
    Path("vgg16").write_text(GOOD)
    assert check.json("vgg16")["specs"][0]["name"] == "good"


def test_a_directory_is_its_yaml_files_sorted(check: Check) -> None:
    Path("sub").mkdir()
    for name in ("b.yaml", "a.yaml", "c.yml", "d.txt"):
        Path("sub", name).write_text(GOOD)
    Path("sub/sub.yaml").mkdir()
    document = check.json("sub", code=2)
    assert [spec["file"] for spec in document["specs"]] == [
        os.path.join("sub", "a.yaml"),  # noqa: PTH118  # the name as it is printed
        os.path.join("sub", "b.yaml"),  # noqa: PTH118  # the name as it is printed
    ]
    assert [error["file"] for error in document["errors"]] == [str(Path("sub/sub.yaml"))]


def test_standard_input(check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(GOOD.encode())))
    document = check.json("-")
    assert (document["specs"][0]["file"], document["specs"][0]["ok"]) == ("<stdin>", True)


def test_several_specs_are_all_processed_and_the_highest_code_wins(check: Check) -> None:
    document = check.json("bad.yaml", "missing.yaml", "good.yaml", code=2)
    assert [(spec["name"], spec["ok"]) for spec in document["specs"]] == [
        ("bad", False),
        ("good", True),
    ]
    (error,) = document["errors"]
    assert error["file"] == "missing.yaml"
    assert "no such file" in error["message"]
    assert check("bad.yaml", "good.yaml").code == 1
    assert check("missing.yaml", "good.yaml").code == 2
    assert check("good.yaml", "warned.yaml").code == 0


@pytest.mark.parametrize("name", ["missing.yaml", "dir/missing.yaml", "empty", "a\nb"])
def test_what_cannot_be_opened_is_on_stderr_with_code_2(check: Check, name: str) -> None:
    Path("empty").mkdir()
    outcome = check(name)
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.startswith("netspec: ")
    assert outcome.err.count("\n") == 1


def test_a_mistyped_zoo_net_has_a_hint(check: Check) -> None:
    assert "`vgg16`" in check("vgg_16").err


def test_a_fifo_is_not_read(check: Check) -> None:
    os.mkfifo("pipe.yaml")
    assert check("pipe.yaml").code == 2


def test_bytes_that_are_no_text(check: Check) -> None:
    Path("latin.yaml").write_bytes("netspec: 1\nname: é\n".encode("latin-1"))
    (found,) = check.json("latin.yaml", code=1)["specs"][0]["diagnostics"]
    assert (found["code"], found["line"], found["column"]) == ("not-utf8", 2, 7)


# formats


def test_text_is_the_table_and_the_findings(check: Check) -> None:
    good = check("good.yaml")
    assert (good.code, good.err) == (0, "")
    assert good.out.startswith("good: 3x8x8 -> 4x6x6")
    assert "112 parameters" in good.out
    warned = check("warned.yaml")
    assert warned.code == 0
    assert "warning[window-remainder]" in warned.out
    assert " --> warned.yaml:4:15" in warned.out
    assert "|               ^^^^" in warned.out


def test_text_of_a_rejected_spec_is_the_table_up_to_the_fault(check: Check) -> None:
    outcome = check("bad.yaml")
    assert outcome.code == 1
    assert "conv1" in outcome.out
    assert "error[unknown-kind]: there is no layer kind or block CONVV" in outcome.out
    assert "error[unbound-name]" in outcome.out
    assert "help: did you mean `CONV`?" in outcome.out
    assert "2 errors" in outcome.err


def test_concise_is_one_line_a_finding(check: Check) -> None:
    lines = check("--format", "concise", "bad.yaml", "good.yaml", "warned.yaml").out.splitlines()
    assert [line.split(" ")[:2] for line in lines] == [
        ["bad.yaml:4:29:", "unknown-kind"],
        ["bad.yaml:4:41:", "unbound-name"],
        ["warned.yaml:4:15:", "window-remainder"],
    ]


def test_the_json_contract(check: Check) -> None:
    document = check.json("good.yaml")
    assert {"netspec", "specs", "errors"} <= set(document)
    assert document["errors"] == []
    (spec,) = document["specs"]
    expected = {"file": "good.yaml", "name": "good", "ok": True, "batch": 1, "dtype": "float32"}
    assert expected.items() <= spec.items()
    assert spec["inputs"] == {"input": [3, 8, 8]}
    assert spec["outputs"] == {"output": [4, 6, 6], "aux": [4, 6, 6]}
    conv = {
        "name": "conv1",
        "kind": "CONV",
        "inputs": ["input"],
        "shape": [4, 6, 6],
        "params": 112,
        "macs": 3888,
        "activation_bytes": 576,
        "receptive_field": [3, 3],
        "line": 4,
        "column": 15,
    }
    assert conv.items() <= spec["layers"][1].items()
    totals = {
        "params": 112,
        "macs": 3888,
        "flops": 7776,
        "activations": 288,
        "weight_bytes": 448,
        "activation_bytes": 1152,
        "inference_peak_bytes": 1344,
        "training_bytes": 0,
    }
    assert totals.items() <= spec["totals"].items()
    assert spec["diagnostics"] == []


def test_diagnostics_in_json(check: Check) -> None:
    (spec,) = check.json("bad.yaml", code=1)["specs"]
    assert spec["ok"] is False
    assert [layer["name"] for layer in spec["layers"]] == ["input", "conv1"]
    first = spec["diagnostics"][0]
    assert first == first | {
        "code": "unknown-kind",
        "severity": "error",
        "message": "there is no layer kind or block CONVV",
        "file": "bad.yaml",
        "line": 4,
        "column": 29,
        "end_line": 4,
        "end_column": 34,
        "help": "did you mean `CONV`?",
    }
    for note in [note for d in spec["diagnostics"] for note in d["notes"]]:
        assert {"message", "file", "line", "column"} <= set(note)


def test_json_is_one_document_whatever_the_specs(check: Check) -> None:
    Path("nothing.yaml").write_text("")
    document = check.json("nothing.yaml", code=1)
    (spec,) = document["specs"]
    assert (spec["ok"], spec["layers"], spec["name"]) == (False, [], "")
    assert check.json("missing", code=2)["specs"] == []


@pytest.mark.parametrize("form", ["text", "concise", "json"])
def test_no_control_character_reaches_the_output(check: Check, form: str) -> None:
    text = 'netspec: 1\nname: a\ninput: 3\nnet: "INPUT -> \\e[31mRED\\u202e"\n"x\\x9by": 1\n'
    Path("evil.yaml").write_text(text, "utf-8")
    outcome = check("--format", form, "evil.yaml")
    assert outcome.code == 1
    assert not {c for c in outcome.out + outcome.err if ord(c) < 32 and c != "\n"}
    assert not {"\x7f", "\x9b", "\u202e"} & set(outcome.out + outcome.err)


# options


def test_batch_and_dtype(check: Check) -> None:
    (spec,) = check.json("good.yaml", "--batch", 8, "--dtype", "float16")["specs"]
    assert (spec["batch"], spec["dtype"]) == (8, "float16")
    assert spec["totals"]["params"] == 112
    assert spec["totals"]["macs"] == 8 * 3888
    assert spec["totals"]["weight_bytes"] == 224
    assert spec["totals"]["activation_bytes"] == 8 * 576


def test_strict_makes_warnings_errors_in_the_exit_code_alone(check: Check) -> None:
    assert check("warned.yaml").code == 0
    assert check("--strict", "warned.yaml").code == 1
    assert check("--strict", "good.yaml").code == 0
    (spec,) = check.json("--strict", "warned.yaml", code=1)["specs"]
    assert [d["severity"] for d in spec["diagnostics"]] == ["warning"]


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("good.yaml", "--format", "xml"),
        ("good.yaml", "--batch", "0"),
        ("good.yaml", "--batch", "x"),
        ("good.yaml", "--dtype", "int8"),
        ("good.yaml", "--set", "where.f"),
        ("good.yaml", "--set", "=3"),
        ("good.yaml", "--set", "a b=3"),
        ("good.yaml", "--set", "where..f=3"),
        ("good.yaml", "--set", "where.f=[1"),
        ("good.yaml", "--nonsense"),
    ],
)
def test_usage_is_code_2(check: Check, arguments: tuple[str, ...]) -> None:
    outcome = check(*arguments)
    assert (outcome.code, outcome.out) == (2, "")
    assert "netspec: " in outcome.err
    assert "Traceback" not in outcome.err


# --set


@pytest.mark.parametrize(
    ("settings", "shape"),
    [
        (["where.f=9"], [9, 6, 6]),
        (["input=1x5x5"], [4, 3, 3]),
        (["input=1x5x5", "where.f=2"], [2, 3, 3]),
        (["where.f=1", "where.f=2"], [2, 6, 6]),
        (["where.f='2*g'", "where.g=3"], None),
        (["where.CONV.pad=half"], [4, 8, 8]),
        (["where={f: 3, CONV: {kernel: 5}}"], [3, 6, 6]),
        (["net=INPUT @x -> FC(f)"], [4]),
        (["net=INPUT @x -> [FC(a) -> RELU]*t", "where.t=[{a: 2}, {a: 3}]"], [3]),
        (["net=INPUT @x -> [FC(a)]*t", "where.t=[{a: 2}, {a: 3}]", "where.t.1.a=7"], [7]),
        (["name=other"], [4, 6, 6]),
        (["doc=a: b"], None),
    ],
)
def test_set_overrides_a_value_of_the_document(
    check: Check, settings: list[str], shape: list[int] | None
) -> None:
    arguments = [part for setting in settings for part in ("--set", setting)]
    if shape is None:
        assert check("good.yaml", *arguments).code in (1, 2)
    else:
        assert check.shape("good.yaml", *arguments) == shape


def test_set_holds_for_every_spec_and_is_checked_like_the_document(check: Check) -> None:
    document = check.json("good.yaml", "warned.yaml", "--set", "input=1x9x9")
    assert [spec["inputs"]["input"] for spec in document["specs"]] == [[1, 9, 9]] * 2
    (spec,) = check.json("good.yaml", "--set", "nett=INPUT", code=1)["specs"]
    assert [d["code"] for d in spec["diagnostics"]] == ["unknown-key"]
    (spec,) = check.json("good.yaml", "--set", "where.f=1.0", code=1)["specs"]
    (found,) = spec["diagnostics"]
    assert "--set where.f" in [found["file"], *(note["file"] for note in found["notes"])]


def test_set_does_not_change_the_file(check: Check) -> None:
    assert check("good.yaml", "--set", "where.f=9").code == 0
    assert Path("good.yaml").read_text() == GOOD


# colour


def test_colour_only_on_a_terminal_unless_asked_for(
    check: Check, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    assert "\x1b[" not in check("bad.yaml").out
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[" in check("bad.yaml").out
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in check("bad.yaml").out
    assert "\x1b[" in netspec(capsys, "--color", "always", "check", "bad.yaml").out
    assert "\x1b[" not in netspec(capsys, "--color", "never", "check", "bad.yaml").out


# the process


def process(
    *arguments: str, stdout: IO[bytes] | int = subprocess.PIPE
) -> subprocess.CompletedProcess[bytes]:
    """`netspec` in a process of its own."""
    return subprocess.run(
        [*PROGRAM, *arguments],
        check=False,
        timeout=120,
        env=environment(),
        stdout=stdout,
        stderr=subprocess.PIPE,
    )


def test_the_process_exits_with_the_code(check: Check) -> None:
    done = process("check", "--format", "json", "bad.yaml")
    assert done.returncode == 1
    assert json.loads(done.stdout)["specs"][0]["name"] == "bad"
    assert done.stderr == b""


def test_a_bomb_is_refused_by_a_process_soon(check: Check) -> None:
    rows = "".join(f"  A{at}: A{at - 1} -> A{at - 1}\n" for at in range(1, 61))
    Path("bomb.yaml").write_text(
        f"netspec: 1\nname: a\ninput: 3\nnet: INPUT -> A60\nblocks:\n  A0: RELU\n{rows}"
    )
    done = process("check", "--format", "concise", "bomb.yaml")
    assert done.returncode == 1
    assert b"too-many-layers" in done.stdout


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
def test_output_that_cannot_be_written_is_code_2(check: Check) -> None:
    with Path("/dev/full").open("wb") as full:
        done = process("check", "good.yaml", stdout=full)
    assert done.returncode == 2
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize(("spec", "code"), [("vgg16", 0), ("no-such.yaml", 2)])
def test_the_installed_command_ends_with_all_said(spec: str, code: int) -> None:
    script = "from netspec.cli.main import entry; entry()"
    argv = [sys.executable, "-c", script, "check", spec]
    ended = subprocess.run(argv, capture_output=True, text=True, env=environment(), check=False)
    assert ended.returncode == code
    assert ("138,357,544 parameters" in ended.stdout) == (code == 0)
