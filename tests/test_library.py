"""`import netspec` (cli.md, "Library")."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import netspec
from tests.commands import python
from tests.texts import checked, spec

TEXT = spec("INPUT -> CONV(4, 3) -> RELU")


def test_the_names_that_are_public() -> None:
    expected = {"Diagnostic", "Graph", "Report", "Session", "Spec", "SpecError", "check", "load"}
    assert expected <= set(netspec.__all__)
    assert set(netspec.__all__) <= set(dir(netspec))
    assert len(netspec.__all__) < 16
    for name in expected - {"Session"}:
        assert getattr(netspec, name) is not None
    with pytest.raises(AttributeError, match="nothing"):
        _ = netspec.nothing
    assert (Path(netspec.__file__).parent / "py.typed").exists()


def test_load_elaborate_report(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(TEXT)
    for argument in (file, str(file)):
        graph = netspec.load(argument).elaborate()
        report = graph.report(batch=32)
        assert isinstance(graph, netspec.Graph)
        assert isinstance(report, netspec.Report)
        assert (report.batch, report.rows[1].macs) == (32, 32 * 3888)
        assert str(report).startswith("test: 3x8x8 -> 4x6x6")
        assert json.loads(json.dumps(report.to_json()))["totals"]["params"] == 112
        assert graph.dot().startswith("digraph")


def test_a_graph_and_a_report_show_themselves_in_notebooks(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(TEXT)
    graph = netspec.load(file).elaborate()
    for shown in (graph, graph.report()):
        page = shown._repr_html_()
        assert "conv1" in page
        assert "<script" not in page


def test_load_takes_the_name_of_a_zoo_net() -> None:
    assert netspec.load("lenet5").elaborate().report().totals.params == 61_706


def test_what_load_raises(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        netspec.load(tmp_path / "missing.yaml")
    bad = tmp_path / "bad.yaml"
    bad.write_text("netspec: 2\n")
    with pytest.raises(netspec.SpecError) as error:
        netspec.load(bad)
    assert {d.code for d in error.value.diagnostics} == {"language-version", "missing-key"}
    assert str(bad) in str(error.value)
    bad.write_bytes(b"\xff\xfe")
    with pytest.raises(netspec.SpecError):
        netspec.load(bad)


def test_a_spec_that_has_no_shapes_loads_and_does_not_elaborate(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(spec("INPUT -> CONV(4, 99)"))
    loaded = netspec.load(file)
    assert isinstance(loaded, netspec.Spec)
    with pytest.raises(netspec.SpecError) as error:
        loaded.elaborate()
    assert [d.code for d in error.value.diagnostics] == ["window-too-large"]


def test_labels_beside_a_loaded_file_are_found(tmp_path: Path) -> None:
    (tmp_path / "labels.txt").write_text("a\nb\n")
    file = tmp_path / "a.yaml"
    file.write_text(spec("INPUT -> FC(2)", "output: {labels: labels.txt}"))
    assert netspec.load(file).labels == ("a", "b")


def test_check_answers_findings() -> None:
    assert netspec.check(TEXT) == []
    (found,) = netspec.check(spec("INPUT -> CONVV"))
    assert isinstance(found, netspec.Diagnostic)
    assert (found.code, found.severity, found.span.line) == ("unknown-kind", "error", 4)
    assert [d.severity for d in netspec.check(spec("INPUT -> CONV(4, 3, 2)"))] == ["warning"]


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.text(max_size=200) | st.characters(exclude_categories=[]))
def test_check_never_raises(text: str) -> None:
    assert isinstance(netspec.check(text), list)


def test_check_never_raises_on_a_spec_with_characters_changed() -> None:
    """Mutations of a spec that uses the whole language: near misses are where parsers fall."""
    whole = (
        "netspec: 1\nname: a\ndoc: >\n  text\ninput: {shape: 3x16x16, image: {crop: 16}}\n"
        "net:\n  - stem: INPUT -> CONV(4, k, pad=half) @x -> POOL?\n"
        '  - "[B(f) -> ADD{ | RELU } @y]*rows -> ADD{ @y[-1] | } -> FC(C/2)"\n'
        "where:\n  k: 3\n  pool: no\n  rows: [{f: 4}, {f: 2*2}]\n"
        'blocks:\n  B(f, s=1): "CONV(f, [1, 1], s) -> BN"\n'
        'output: {aux: "@x", labels: [p, q]}\n'
    )
    assert not [d for d in netspec.check(whole) if d.severity == "error"]
    rng = random.Random(0)
    letters = "[](){}|,*?@=+-/%#'\"\\:;&>! \n\tabC019→é\x00\x85\u2028"
    for _ in range(600):
        text = whole
        for _ in range(rng.randint(1, 3)):
            at, what = rng.randrange(len(text)), rng.random()
            if what < 0.4:
                text = text[:at] + text[at + rng.randint(1, 4) :]
            elif what < 0.8:
                text = text[:at] + rng.choice(letters) + text[at:]
            else:
                other = rng.randrange(len(text))
                text = text[:at] + text[other : other + rng.randint(1, 20)] + text[at:]
        for found in netspec.check(text):
            assert 0 <= found.span.start <= found.span.end <= len(found.span.source.text), text
            assert found.message
            assert "\n" not in found.message


def test_a_rejected_text_always_has_an_error() -> None:
    for text in ("", "a", "netspec: 1", TEXT.replace("RELU", ""), spec("INPUT*0"), spec("[]")):
        result = checked(text)
        assert not result.ok
        assert any(d.severity == "error" for d in result.diagnostics)


def test_import_alone_imports_nothing_heavy() -> None:
    code = (
        "import netspec, sys; netspec.check('x: 1');"
        "print([m for m in ('onnx', 'onnxruntime', 'numpy', 'click') if m in sys.modules])"
    )
    assert python(code) == "[]\n"


def test_a_type_that_there_is_not_is_named() -> None:
    graph = netspec.load("lenet5").elaborate()
    with pytest.raises(ValueError, match="dtype is one of float32, float16, bfloat16, got 'x'"):
        graph.compile(dtype="x")
