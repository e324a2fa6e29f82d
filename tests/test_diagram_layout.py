"""DOT -> svg, png, pdf: by pygraphviz or a `dot` program, the same bytes each time, text inert."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import zlib
from pathlib import Path
from xml.etree import ElementTree

import pytest

from netspec.diagram import FORMATS, DiagramError, Look, draw, layout, writing
from netspec.diagram.finish import BrokenDrawingError, finish_pdf, finish_png, finish_svg
from netspec.diagram.process import answer
from tests.graphs import graph_of

SPEC = """\
netspec: 1
name: small
doc: {doc}
input: 8x16x16
net: INPUT -> ADD{{ [CONV(8, 3, pad=1) -> BN]*2 | }} -> RELU -> FC(10)
"""

#: Strings that a viewer, a shell or Graphviz would obey.
HOSTILE = (
    "<script>alert(1)</script>",
    "<<TABLE><TR><TD HREF='javascript:alert(1)'>x</TD></TR></TABLE>>",
    "</b><img src=x onerror=alert(1)>",
    "a &lt;b&gt; &amp; &#60;script&#62;",
    r"a\N b\G c\l d\E e\T f\H g\L h\\ i\x",
    '"]; node [shape=none]; x [URL="javascript:alert(1)"]; "',
    "--> ]]> <!-- %s {0} $(id) `id`",
    "ünïcödé → 模型 🧠",
)


@pytest.fixture(autouse=True)
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder of the PATH, for `dot` programs of our own."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def _program(folder: Path, body: str) -> None:
    file = folder / "dot"
    file.write_text(f"#!{sys.executable}\n{body}\n")
    file.chmod(0o755)


def _drawing(form: str, doc: str = "a test") -> bytes:
    return draw(graph_of(SPEC.format(doc=doc)), form)


def _texts(svg: bytes) -> str:
    root = ElementTree.fromstring(svg)
    return " ".join(t.text or "" for t in root.iter("{http://www.w3.org/2000/svg}text"))


def test_the_same_bytes_a_second_later() -> None:
    first = {form: _drawing(form) for form in FORMATS}
    time.sleep(1.1)  # the clock is that of Graphviz, and dates in its files count seconds
    assert {form: _drawing(form) for form in FORMATS} == first


def test_svg_shows_layers_shapes_parameters_and_boxes() -> None:
    shown = _texts(_drawing("svg"))
    for words in ("small", "a test", "CONV 3x3", "conv1 … conv2", "8x16x16 · 1,168 params", "×2"):
        assert words in shown


def test_svg_says_nothing_of_versions_and_refers_to_nothing() -> None:
    svg = _drawing("svg").decode()
    assert not any(word in svg for word in ("<!--", "<!DOCTYPE", "raphviz", "href", "cluster_"))


@pytest.mark.parametrize("form", ["png", "pdf"])
def test_other_formats_hold_no_time(form: str) -> None:
    data = _drawing(form)
    year = time.strftime("%Y").encode()
    assert b"tIME" not in data
    assert b"(D:" + year not in data


@pytest.mark.parametrize("doc", HOSTILE)
def test_text_of_a_spec_stays_text(doc: str) -> None:
    svg = _drawing("svg", json.dumps(doc, ensure_ascii=False))
    assert " ".join(doc.split()) in " ".join(_texts(svg).split())
    tags = {element.tag.rpartition("}")[2] for element in ElementTree.fromstring(svg).iter()}
    assert tags <= {"svg", "g", "title", "polygon", "path", "polyline", "text", "a"}
    assert b"href" not in svg  # `a` carries tooltips


@pytest.mark.parametrize("doc", HOSTILE)
def test_tooltips_and_links_stay_text(doc: str) -> None:
    text = SPEC.format(doc="a").replace("FC(10)", f"FC(10)  # {doc}")
    svg = draw(graph_of(text), "svg", Look(source_url="https://example.org/a?b=1&c='\"<d>.yaml"))
    root = ElementTree.fromstring(svg)
    links = {value for e in root.iter() for key, value in e.items() if key.endswith("href")}
    assert links == {"https://example.org/a?b=1&c='\"<d>.yaml#L5"}
    titles = {value for e in root.iter() for key, value in e.items() if key.endswith("}title")}
    (line,) = {title for title in titles if "FC(10)" in title}
    assert line.startswith("test.yaml:5: net: INPUT")
    assert doc[:4] in line


def test_controls_are_written_out() -> None:
    shown = _texts(_drawing("svg", r'"a\e[31m b\0 \u202e \uFFFE"'))
    assert r"a\x1b[31m b\x00 \u202e \ufffe" in shown


def test_long_doc_is_shortened() -> None:
    assert len(_drawing("svg", "x" * 20_000)) < len(_drawing("svg")) + 2_000


def test_identifiers_are_inert() -> None:
    assert writing.identifier('a"];b\\') == r'"a\"];b\\"'
    assert writing.identifier("<b>") == '"<b>"'
    assert writing.identifier("node") == '"node"'


def test_a_dot_program_is_used(path: Path) -> None:
    _program(path, "import sys; sys.stdin.read(); print('<svg>', sys.argv[1:], '</svg>')")
    assert _drawing("svg").decode().strip() == "<svg> ['-Tsvg'] </svg>"


@pytest.mark.parametrize(
    "body",
    [
        "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)",
        "raise SystemExit(1)",
        "print('hello')",
        "print('<svg>')",
    ],
    ids=["crashes", "fails", "babbles", "stops halfway"],
)
def test_a_dot_program_that_fails_is_done_without(path: Path, body: str) -> None:
    expected = _drawing("svg")
    _program(path, body)
    assert _drawing("svg") == expected


def test_a_dot_program_that_hangs_is_ended(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    late = path / "late"
    expected = _drawing("svg")
    monkeypatch.setattr(layout, "PROGRAM_SECONDS", 0.5)
    _program(path, f"import time; time.sleep(20); open({str(late)!r}, 'w')")
    assert _drawing("svg") == expected
    assert not late.exists()


def test_a_child_ends_with_what_it_started(tmp_path: Path) -> None:
    fcntl = pytest.importorskip("fcntl")
    held = tmp_path / "held"
    grandchild = (
        f"import fcntl, time; file = open({str(held)!r}, 'w'); fcntl.flock(file, fcntl.LOCK_EX);"
        "file.write('x'); file.flush(); time.sleep(20); file.write('late')"
    )
    child = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {grandchild!r}])"
    with pytest.raises(subprocess.TimeoutExpired):
        answer([sys.executable, "-c", child], b"", {}, 3)
    with held.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # free as soon as the grandchild has ended, by itself too
        assert file.read() == "x"


def test_without_graphviz_there_is_a_way_out(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "pygraphviz.py").write_text("raise ImportError('libcgraph is missing')")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(
        DiagramError, match="pygraphviz does not load: libcgraph is missing"
    ) as error:
        _drawing("svg")
    assert "pip install pygraphviz" in error.value.help
    assert ".dot" in error.value.help
    assert _drawing("dot")


def test_a_machine_without_fonts_draws_the_same(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    expected = _drawing("png")
    none = tmp_path / "none.conf"
    none.write_text("<fontconfig><dir>/nonexistent</dir></fontconfig>")
    monkeypatch.setenv("FONTCONFIG_FILE", str(none))
    assert _drawing("png") == expected


def test_a_png_is_never_scaled_down() -> None:
    graph = graph_of("netspec: 1\nname: a\ninput: 8x4x4\nnet: INPUT -> [RELU]*400\n")
    with pytest.raises(DiagramError, match="32,767 pixels") as error:
        draw(graph, "png", Look(unroll=None))
    dpi = int(error.value.help.rpartition(" ")[2])
    width_height = draw(graph, "png", Look(unroll=None), dpi=dpi)[16:24]
    assert 30_000 < max(width_height[i] << 8 | width_height[i + 1] for i in (2, 6)) <= 32_767


def test_a_large_pdf_is_a_page_that_viewers_show() -> None:
    graph = graph_of("netspec: 1\nname: a\ninput: 8x4x4\nnet: INPUT -> [RELU]*400\n")
    box = draw(graph, "pdf", Look(unroll=None)).partition(b"/MediaBox [")[2].partition(b"]")[0]
    assert all(float(side) <= 14_400 for side in box.split())


def test_far_too_many_layers_are_refused_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "MAX_DRAWN_LAYERS", 3)
    with pytest.raises(DiagramError, match="too many to lay out"):
        _drawing("svg")
    assert _drawing("dot")


def test_finishing_leaves_the_picture_and_drops_the_rest() -> None:
    def chunk(name: bytes, data: bytes = b"") -> bytes:
        return len(data).to_bytes(4) + name + data + zlib.crc32(name + data).to_bytes(4)

    start = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", b"x" * 13)
    noisy = start + chunk(b"tIME", b"now") + chunk(b"IDAT", b"y") + chunk(b"IEND")
    assert finish_png(noisy) == start + chunk(b"IDAT", b"y") + chunk(b"IEND")
    pdf = b"%PDF-1.5 /CreationDate (D:20260101123456Z) %%EOF"
    assert finish_pdf(pdf) == b"%PDF-1.5 /CreationDate (D:19700101000000Z) %%EOF"
    with pytest.raises(BrokenDrawingError):
        finish_png(noisy[:-6])
    with pytest.raises(BrokenDrawingError):
        finish_svg(b"<svg>")


def test_a_time_within_a_compressed_stream_of_a_pdf_is_found() -> None:
    def pdf(date: bytes) -> bytes:
        stream = zlib.compress(b"<< /CreationDate (D:" + date + b"Z) >>")
        return b"%PDF-1.7\n<< /Type /ObjStm >>\nstream\n" + stream + b"\nendstream\n%%EOF"

    assert finish_pdf(pdf(b"19700101000000"))
    with pytest.raises(BrokenDrawingError):
        finish_pdf(pdf(b"20260101123456"))
