"""`netspec draw`: where drawings go, what is refused, files whole or not at all."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from netspec.cli.draw import command
from netspec.cli.failure import Failure
from tests.commands import PROGRAM, environment

SPEC = "netspec: 1\nname: tiny\ninput: 8\nnet: INPUT -> FC(4) -> RELU\n"

_STARTS = {
    "svg": b"<?xml",
    "png": b"\x89PNG",
    "pdf": b"%PDF",
    "dot": b"digraph tiny {",
    "html": b"<!DOCTYPE html>",
}


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A spec in the working folder, which holds nothing else, and no `dot` on the PATH."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    file = tmp_path / "spec.yaml"
    file.write_text(SPEC)
    return file


def run(*arguments: str) -> Result:
    """`netspec draw` with arguments; what goes wrong stands in the result's exception."""
    return CliRunner().invoke(command, arguments)


def failure(*arguments: str) -> Failure:
    """How `netspec draw` fails."""
    error = run(*arguments).exception
    assert isinstance(error, Failure)
    return error


def test_the_default_is_an_svg_of_the_name_here(spec: Path) -> None:
    result = run("spec.yaml")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "wrote tiny.svg\n")
    assert Path("tiny.svg").read_bytes().startswith(_STARTS["svg"])


@pytest.mark.parametrize("form", _STARTS)
def test_the_end_of_the_name_says_the_format(spec: Path, form: str) -> None:
    assert run("spec.yaml", "-o", f"a.{form.upper()}").exit_code == 0
    assert Path(f"a.{form.upper()}").read_bytes().startswith(_STARTS[form])


@pytest.mark.parametrize("form", _STARTS)
def test_standard_output_takes_the_format_asked_for(spec: Path, form: str) -> None:
    result = run("spec.yaml", "-o", "-", "--format", form)
    assert result.stdout_bytes.startswith(_STARTS[form])
    assert [file.name for file in spec.parent.iterdir()] == ["spec.yaml"]


def test_the_format_decides_where_the_name_does_not(spec: Path) -> None:
    assert run("spec.yaml", "-o", "drawing", "--format", "dot").exit_code == 0
    assert run("spec.yaml", "--format", "dot").exit_code == 0
    assert Path("drawing").read_bytes() == Path("tiny.dot").read_bytes()


@pytest.mark.parametrize("name", ["a.bmp", "a.htm", "a", "a.svg.gz"])
def test_another_format_is_refused_with_those_there_are(spec: Path, name: str) -> None:
    error = failure("spec.yaml", "-o", name)
    assert error.code == 2
    assert error.help is not None
    assert all(form in error.help for form in ("svg", "png", "pdf", "dot", "html"))


def test_a_name_and_a_format_must_agree(spec: Path) -> None:
    assert failure("spec.yaml", "-o", "a.svg", "--format", "png").code == 2
    assert failure("spec.yaml", "-o", "-").code == 2


def test_a_folder_or_no_folder_is_refused(spec: Path) -> None:
    assert "is a folder" in failure("spec.yaml", "-o", ".", "--format", "svg").message
    assert "no folder" in failure("spec.yaml", "-o", "no/such/a.svg").message
    assert not Path("no").exists()


def test_the_spec_is_not_overwritten(spec: Path) -> None:
    assert failure("spec.yaml", "-o", "spec.yaml", "--format", "svg").code == 2
    assert spec.read_text() == SPEC


def test_a_rejected_spec_leaves_the_older_drawing(spec: Path) -> None:
    spec.write_text(SPEC.replace("FC(4)", "FC(four)"))
    Path("a.svg").write_text("older")
    assert failure("spec.yaml", "-o", "a.svg").code == 1
    assert Path("a.svg").read_text() == "older"


def test_direction_theme_resolution_and_set(spec: Path) -> None:
    options = ("--direction", "lr", "--theme", "dark", "--set", "name=wide")
    result = run("spec.yaml", "-o", "-", "--format", "dot", *options)
    assert result.stdout.startswith("digraph wide {")
    assert "rankdir=LR" in result.stdout
    assert "#0d1117" in result.stdout
    coarse, fine = (
        len(run("spec.yaml", "-o", "-", "--format", "png", "--dpi", dpi).stdout_bytes)
        for dpi in ("40", "200")
    )
    assert coarse < fine


@pytest.mark.skipif(os.name != "posix", reason="signals")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupt_leaves_nothing(spec: Path, number: int, code: int) -> None:
    started = spec.parent / "started"
    dot = spec.parent / "dot"
    dot.write_text(
        f"#!{sys.executable}\nimport time\nopen({str(started)!r}, 'w').close()\ntime.sleep(60)\n"
    )
    dot.chmod(0o755)
    before = {file.name for file in spec.parent.iterdir()}
    with subprocess.Popen([*PROGRAM, "draw", "spec.yaml"], env=environment()) as p:
        while not started.exists():
            assert p.poll() is None
            time.sleep(0.02)
        p.send_signal(number)
        assert p.wait(20) == code
    assert {file.name for file in spec.parent.iterdir()} == before | {"started"}
