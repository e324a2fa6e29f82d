"""The README and the reference pages: what they show is what netspec does."""

from __future__ import annotations

import re
import shlex
import textwrap
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

import netspec
from netspec.cli.main import netspec as command
from netspec.graph import Graph

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
FENCE = re.compile(r"^```(\w+)\n(.*?)^```", re.M | re.S)

#: What a piece of a spec on a page leaves out.
HEAD = {"netspec": "netspec: 1", "name": "name: piece", "input": "input: 3x256x256"}


def fences(language: str) -> list[tuple[str, str]]:
    """(page, text) of every fenced block in a language."""
    return [
        (page.name, text)
        for page in PAGES
        for kind, text in FENCE.findall(page.read_text("utf-8"))
        if kind == language
    ]


def whole(piece: str) -> str:
    """A spec of a piece of one: the keys that it leaves out are added."""
    missing = [line for key, line in HEAD.items() if not re.search(rf"^{key}:", piece, re.M)]
    return "\n".join([*missing, piece])


@pytest.mark.parametrize(("page", "text"), fences("yaml"))
def test_yaml_on_the_pages_is_accepted(page: str, text: str) -> None:
    assert [d for d in netspec.check(whole(text)) if d.severity == "error"] == []


@pytest.mark.parametrize(("page", "text"), fences("console"))
def test_console_on_the_pages_prints_what_it_says(
    page: str, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said, _, shown = text.partition("\n")
    first = next(text for name, text in fences("yaml") if name == page)
    (tmp_path / "small-vgg.yaml").write_text(first)
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(command, shlex.split(said.removeprefix("$ netspec ")))
    assert result.stdout.rstrip() == shown.rstrip()


@pytest.mark.parametrize(("page", "text"), [f for f in fences("python") if "import" in f[1]])
def test_python_on_the_pages_runs(page: str, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    exec(compile(text, page, "exec"), {})


def test_the_layer_that_the_readme_shows_is_the_real_one() -> None:
    shown = next(text for _, text in fences("python") if "class Gelu" in text)
    source = (ROOT / "netspec" / "layers" / "smooth.py").read_text("utf-8")
    assert textwrap.dedent(shown) in source


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)\)", page.read_text("utf-8"))
    assert [
        link for link in links if not link.startswith("http") and not (page.parent / link).exists()
    ] == []


def test_the_pictures_are_what_netspec_draws() -> None:
    from netspec.analysis.diff import diff_graphs
    from netspec.analysis.diff.costs import CostedDiff
    from netspec.diagram import Look, difference_dot, draw, lay_out

    def of_zoo(name: str) -> Graph:
        return netspec.load(name).elaborate()

    difference = CostedDiff(diff_graphs(of_zoo("vgg16"), of_zoo("vgg19")))
    drawn = {
        "textbook.svg": draw(of_zoo("textbook"), "svg", Look(direction="LR")),
        "diff.svg": lay_out(difference_dot(difference), "svg"),
    }
    drawn |= {
        f"zoo/{path.name}": draw(of_zoo(path.stem), "svg")
        for path in (ROOT / "docs" / "zoo").iterdir()
    }
    # a Graphviz of another version places boxes a little differently
    words = re.compile(r">([^<\n]+)<")
    for name, picture in drawn.items():
        shown = (ROOT / "docs" / name).read_text("utf-8")
        assert words.findall(shown) == words.findall(picture.decode())


@pytest.mark.parametrize("picture", ["explain-digit.png", "explain-digits.png"])
def test_the_pictures_of_explain_are_what_it_draws(
    picture: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the command that stands beneath them."""
    pytest.importorskip("matplotlib", reason="the extra `plot` is not installed")
    page = (ROOT / "docs" / "explain.md").read_text("utf-8")
    (said,) = re.findall(rf"^`netspec (explain [^`]*-o {picture})`", page, re.MULTILINE)
    (tmp_path / "specs").symlink_to(ROOT / "specs")
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(command, shlex.split(said), standalone_mode=False).exit_code == 0
    shown, drawn = (Image.open(at).convert("L") for at in (ROOT / "docs" / picture, picture))
    # another matplotlib places letters a little differently, another processor rounds otherwise
    assert np.allclose(shown.size, drawn.size, rtol=0.02)
    ours, theirs = (np.asarray(at, np.float32) for at in (shown, drawn.resize(shown.size)))
    assert np.abs(ours - theirs).mean() < 4


def test_the_sanity_check_of_explain_says_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same words; another processor may round correlations otherwise."""
    pytest.importorskip("matplotlib", reason="the extra `plot` is not installed")
    page = (ROOT / "docs" / "explain.md").read_text("utf-8")
    said, shown = re.findall(r"^\$ netspec (explain .*--sanity)\n((?:.+\n)+?)```", page, re.M)[0]
    (tmp_path / "specs").symlink_to(ROOT / "specs")
    monkeypatch.chdir(tmp_path)
    printed = CliRunner().invoke(command, shlex.split(said)).stdout
    number = re.compile(r"-?\d\.\d\d\b")
    assert number.sub("N", printed) == number.sub("N", shown)
    ours, theirs = ([float(at) for at in number.findall(text)] for text in (printed, shown))
    assert np.allclose(ours, theirs, atol=0.03)
