"""Pictures in the style `volumes` as files: text stays text, in svg, pdf and png; the command."""

from __future__ import annotations

import json
import re
import struct
import sys
import zlib
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner
from PIL import ImageFont

from netspec.cli.draw import command
from netspec.cli.failure import Failure
from netspec.diagram import THEMES, DiagramError, draw_volumes, layout
from netspec.diagram.volumes.marks import Words
from netspec.diagram.volumes.pdf import pdf
from netspec.diagram.volumes.picture import picture
from netspec.diagram.volumes.sheet import Sheet
from netspec.diagram.volumes.svg import svg
from netspec.diagram.volumes.typeface import width
from tests.graphs import graph_of
from tests.picture_laws import flat, trouble
from tests.test_diagram_layout import HOSTILE
from tests.test_volumes import OTHERS, net_of


@pytest.mark.parametrize("doc", HOSTILE)
def test_text_of_a_spec_stays_text(doc: str) -> None:
    line_of_spec = json.dumps(doc, ensure_ascii=False)
    sheet = picture(graph_of(f"netspec: 1\nname: a\ndoc: {line_of_spec}\ninput: 8\nnet: INPUT\n"))
    root = ElementTree.fromstring(svg(sheet))
    texts = [element.text or "" for element in root.iter() if element.tag.endswith("}text")]
    assert doc in texts
    tags = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert tags <= {"svg", "g", "title", "rect", "polygon", "path", "text"}
    for element in root.iter():
        assert not any(name.startswith("on") or "href" in name for name in element.attrib)
        assert "javascript" not in " ".join(element.attrib.values())
    assert trouble(sheet.marks, sheet.width, sheet.height) == []
    assert pdf(sheet).endswith(b"%%EOF\n")


def test_controls_are_written_out_in_words_and_tooltips() -> None:
    text = 'netspec: 1\nname: a\ndoc: "x\\e\\u202e\\uFFFE"\ninput: 8\nnet: INPUT # \u202e\n'
    written = svg(picture(graph_of(text)))
    assert r"x\x1b\u202e\ufffe" in written
    assert r"# \u202e" in written
    assert "\u202e" not in written


def test_tooltips_say_what_is_known_and_where() -> None:
    text = svg(picture(net_of("vgg16")))
    first = (
        "conv1: CONV 3x3, 3x224x224 -&gt; 64x224x224, 1,792 parameters, 86,704,128 multiply-adds"
    )
    assert first in text
    assert "\nvgg16.yaml:6: net: INPUT" in text


def test_words_are_as_wide_as_in_the_font() -> None:
    folder = Path(layout.__file__).parent / "fonts"
    for bold, face in ((False, "Regular"), (True, "Bold")):
        font = ImageFont.truetype(folder / f"NetspecSans-{face}.ttf", 100)
        for words in ("CONV 3x3 /2", "64x224x224", "Ünïcödé → жЩ", "…–·×"):
            assert width(words, 100, bold=bold) == pytest.approx(font.getlength(words), abs=8)
    assert width("模型", 10) == 24


def _objects(data: bytes) -> dict[int, bytes]:
    """The objects of a PDF, by the table at its end."""
    start = int(data.rpartition(b"startxref\n")[2].split()[0])
    entries = re.findall(rb"(\d{10}) 00000 n", data[start:])
    found = {}
    for number, offset in enumerate(map(int, entries), start=1):
        head, body = b"%d 0 obj\n" % number, data[offset:]
        assert body.startswith(head)
        found[number] = body[len(head) : body.index(b"\nendobj")]
    return found


def _inflated(body: bytes) -> bytes:
    return zlib.decompress(body.partition(b"stream\n")[2].removesuffix(b"\nendstream"))


@pytest.mark.parametrize("name", ["vgg16", "residual"])
def test_pdf_has_the_words_the_font_and_no_date(name: str) -> None:
    sheet = picture(net_of(name), THEMES["dark"])
    data = pdf(sheet)
    objects = _objects(data)
    content = _inflated(objects[4]).decode()
    pairs = re.findall(rb"<(\w{4})> <(\w{4})>\n", _inflated(objects[9]))
    letters = {int(glyph, 16): chr(int(code, 16)) for glyph, code in pairs}
    shown = [
        "".join(letters[int(run[at : at + 4], 16)] for at in range(0, len(run), 4))
        for run in re.findall(r"/F0 [\d.]+ Tf .*<(\w+)> Tj", content)
    ]
    words = [m for m in flat(sheet.marks) if isinstance(m, Words) and not m.bold]
    assert shown == [mark.words for mark in words]
    (length,) = re.findall(rb"/Length1 (\d+)", objects[8])
    assert struct.unpack(">I", _inflated(objects[8])[:4]) == (0x10000,)
    assert len(_inflated(objects[8])) == int(length)
    assert not re.search(rb"Date|\(D:", data)


def test_a_pdf_is_never_larger_than_viewers_show() -> None:
    data = pdf(Sheet("a", (), 100_000, 50, "#ffffff"))
    (box,) = re.findall(rb"/MediaBox \[0 0 (\S+) (\S+)\]", data)
    assert max(map(float, box)) <= 14_400


def test_png_has_the_size_asked_for() -> None:
    pytest.importorskip("resvg_py")
    sheet = picture(net_of("lenet5"))
    data = draw_volumes(net_of("lenet5"), "png", dpi=192)
    size = struct.unpack(">II", data[16:24])
    assert size == pytest.approx((2 * sheet.width, 2 * sheet.height), abs=2)


def test_png_without_resvg_has_a_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    with pytest.raises(DiagramError, match="needs resvg") as error:
        draw_volumes(net_of("lenet5"), "png")
    assert "netspec-compiler[png]" in error.value.help


def test_what_cannot_be_drawn_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DiagramError, match="has no dot"):
        draw_volumes(net_of("lenet5"), "dot")
    with pytest.raises(DiagramError, match="larger than a png can be"):
        draw_volumes(net_of("unet"), "png", dpi=9_600)
    monkeypatch.setattr("netspec.diagram.volumes.picture.MAX_DRAWN_TENSORS", 7)
    with pytest.raises(DiagramError, match="8 tensors are too many to draw; the limit is 7"):
        draw_volumes(net_of("lenet5"), "svg")


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A spec in the working folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "spec.yaml").write_text(OTHERS["one"])
    return tmp_path


def test_the_command_draws_volumes(spec: Path) -> None:
    options = ["spec.yaml", "--style", "volumes", "--theme", "dark", "--direction", "lr"]
    shown = svg(picture(net_of("one"), THEMES["dark"]))
    result = CliRunner().invoke(command, [*options, "-o", "a.svg"])
    assert (result.exit_code, result.stderr) == (0, "wrote a.svg\n")
    assert Path("a.svg").read_text() == shown.replace("test.yaml:", "spec.yaml:")
    assert CliRunner().invoke(command, [*options, "--unroll", "-o", "a.pdf"]).exit_code == 0


@pytest.mark.parametrize(
    "options", [("--direction", "TB"), ("--weigh", "macs"), ("--detail", "all"), ("-o", "a.dot")]
)
def test_options_of_the_other_style_are_refused(spec: Path, options: tuple[str, ...]) -> None:
    result = CliRunner().invoke(command, ["spec.yaml", "--style", "volumes", *options])
    assert isinstance(result.exception, Failure)
    assert result.exception.code == 2
    assert [file.name for file in spec.iterdir()] == ["spec.yaml"]
