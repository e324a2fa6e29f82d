"""The html page before any browser: what it can draw is the net, and what it holds is inert."""

from __future__ import annotations

import json
import re
from base64 import b64decode, b64encode
from collections.abc import Iterator
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from zlib import decompress

import pytest

import netspec
from netspec.analysis.report import graph_report
from netspec.diagram import DiagramError, Look, dot, draw, layout
from netspec.diagram.page import first_dot, page_data, tree
from netspec.diagram.page.assets import palette_pairs
from netspec.diagram.palette import DARK, LIGHT
from netspec.graph import Graph
from netspec.text import limits
from tests.graphs import graph_of
from tests.test_diagram_layout import HOSTILE

ROOT = Path(__file__).parent.parent
WEB = ROOT / "netspec" / "diagram" / "web"
ZOO = ("lenet5", "vgg16", "resnet152", "densenet121", "googlenet_aux", "unet")
#: Viz.js as npm has it; web/LICENSE says where it is from.
VIZ_SHA256 = "c9e0b310f9883910e01c66054b48b7ff4be3d8695141116635e72b0af152692e"

#: Repeats in a repeat, one that no step says (three equal RELU), and an extra output.
NESTED = """\
netspec: 1
name: nested
input: 4x16x16
net: INPUT -> [[CONV(f, 3, pad=1) -> RELU]*n -> POOL(2)]*stage -> RELU -> RELU -> RELU -> FC(3)
where: {stage: [{f: 4, n: 2}, {f: 8, n: 3}]}
"""


def zoo(name: str) -> Graph:
    """A net of the zoo."""
    return netspec.load(ROOT / "specs" / f"{name}.yaml").elaborate()


def inner(part: tree.Part) -> Iterator[tree.Part]:
    """A part and all that it can unfold into."""
    yield part
    for key in ("members", "each"):
        for member in part.get(key, ()):
            yield from inner(member)


def layers(parts: list[tree.Part], *, unfold: bool) -> list[int]:
    """The layers that parts stand for, drawn folded or as often as they run."""
    found: list[int] = []
    for part in parts:
        if "layers" in part:
            found += part["layers"]
        else:
            found += layers(part["each" if unfold and "each" in part else "members"], unfold=unfold)
    return sorted(found)


class _Page(HTMLParser):
    """The elements of a page, and the text of its scripts and style."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, str] = {}
        self.within = ""
        self.feed(page.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.within = dict(attrs).get("id") or tag

    def handle_endtag(self, tag: str) -> None:
        self.within = ""

    def handle_data(self, data: str) -> None:
        self.texts[self.within] = self.texts.get(self.within, "") + data

    @property
    def data(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.texts["data"])
        return found

    @property
    def policy(self) -> str:
        return next(
            attributes["content"] or ""
            for tag, attributes in self.tags
            if tag == "meta" and attributes.get("http-equiv") == "Content-Security-Policy"
        )


@pytest.mark.parametrize("name", ZOO)
def test_each_layer_is_drawn_once_however_much_is_unfolded(name: str) -> None:
    graph = zoo(name)
    data = page_data(graph, Look())
    every = list(range(len(graph.nodes)))
    assert layers(data["parts"], unfold=False) == every
    assert layers(data["parts"], unfold=True) == every
    for part in data["parts"]:
        for box in inner(part):
            if "each" in box:
                assert layers(box["each"], unfold=False) == layers(box["members"], unfold=False)
                assert len(box["each"]) == box["times"]


@pytest.mark.parametrize("name", ZOO)
def test_a_page_shows_first_what_other_formats_draw(name: str) -> None:
    graph = zoo(name)
    first, other = first_dot(page_data(graph, Look())), dot(graph)
    label = re.compile(r"label=(<.*?>) *(?:labeljust|margin|peripheries|tooltip|weight|\]|style)")
    title = re.compile(r"^  graph .*$", re.M)  # the page has it above the diagram
    assert sorted(label.findall(first)) == sorted(label.findall(title.sub("", other)))
    assert first.count(" -> ") == other.count(" -> ")


@pytest.mark.parametrize("name", ["vgg16", "resnet152"])
def test_unfolded_all_the_way_layers_say_what_an_unrolled_diagram_says(name: str) -> None:
    graph = zoo(name)
    single = {
        part["layers"][0]: re.search(r"<b>.*?</font>", part["node"])
        for top in page_data(graph, Look(weigh=None))["parts"]
        for part in inner(top)
        if len(part.get("layers", ())) == 1
    }
    unrolled = dot(graph, Look(unroll=None, weigh=None))
    assert len(single) == len(graph.nodes)
    for found in single.values():
        assert found is not None
        assert found[0] in unrolled


def test_repeats_within_a_repeat_unfold_after_it() -> None:
    data = page_data(graph_of(NESTED), Look())
    titles = {part["title"]: part for p in data["parts"] for part in inner(p) if "title" in part}
    assert {"stage ×2", "n ×2, 3", "stage 1 of 2", "n ×2", "stage 2 of 2", "n ×3", "×3"} <= {
        *titles
    }
    assert "each" not in titles["n ×2, 3"]
    assert len(titles["n ×3"]["each"]) == 3
    assert [part["layers"] for part in titles["×3"]["each"]] == [[13], [14], [15]]


def test_unroll_says_what_is_open_at_first() -> None:
    graph = zoo("vgg16")
    counts = [
        len(list(re.finditer(r"^ +m\d+ \[", first_dot(page_data(graph, Look(unroll=n))), re.M)))
        for n in (0, 1, None)
    ]
    assert counts[0] < counts[1] < counts[2] == len(graph.nodes)


def test_the_table_and_the_memory_are_those_of_check() -> None:
    graph = zoo("unet")
    data, report = page_data(graph, Look()), graph_report(graph)
    assert [row[:6] for row in data["rows"]] == [
        [
            row.name,
            f"{row.kind} {row.summary}".rstrip(),
            "x".join(map(str, row.shape)),
            *(row.params, row.macs, row.activation_bytes),
        ]
        for row in report.rows
    ]
    alive = data["memory"]["alive"]
    assert max(alive) == report.totals.inference_peak_bytes
    assert report.rows[alive.index(max(alive))].name == report.peak_layer
    at = alive.index(max(alive))
    living = [(n, size) for n, size, start, end in data["memory"]["tensors"] if start <= at <= end]
    assert {(report.rows[n].name, size) for n, size in living} == {*report.peak_tensors}
    for moment, nbytes in enumerate(alive):
        tensors = data["memory"]["tensors"]
        assert nbytes == sum(size for _, size, start, end in tensors if start <= moment <= end)


def test_numbers_too_long_for_javascript_are_text() -> None:
    graph = graph_of("netspec: 1\nname: wide\ninput: 2147483647\nnet: INPUT -> FC(2147483647)\n")
    rows = page_data(graph, Look())["rows"]
    assert rows[1][3] == "4611686016279904256"
    assert rows[0][3] == 0


def _documented(doc: str) -> Graph:
    """A net with a text in its doc and in the line of a layer."""
    said = json.dumps(doc, ensure_ascii=False)
    return graph_of(f"netspec: 1\nname: a\ndoc: {said}\ninput: 8\nnet: INPUT -> FC(2)  # {doc}\n")


@pytest.mark.parametrize("doc", HOSTILE)
def test_texts_of_a_spec_open_no_element(doc: str) -> None:
    plain, hostile = (_Page(draw(_documented(words), "html")) for words in ("x", doc))
    assert [tag for tag, _ in hostile.tags] == [tag for tag, _ in plain.tags]
    assert hostile.data["lines"][0][0].endswith(f"# {doc}")
    assert "<" not in hostile.texts["data"]


def test_the_policy_lets_our_script_and_style_work_and_nothing_else() -> None:
    page = _Page(draw(zoo("lenet5"), "html"))
    directives = dict(part.split(" ", 1) for part in page.policy.split("; "))
    assert directives == {
        "default-src": "'none'",
        "script-src": f"'{_hash(page.texts['script'])}' 'wasm-unsafe-eval'",
        "style-src": f"'{_hash(page.texts['style'])}'",
        "font-src": "data:",
        "worker-src": "blob:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    for tag, attributes in page.tags:
        assert tag not in ("link", "img", "iframe", "object", "embed", "base")
        assert not {"src", "href", "style", "xlink:href"} & {*attributes}, (tag, attributes)
        assert not any(name.startswith("on") for name in attributes)


def _hash(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"


def test_viz_is_as_npm_has_it_and_travels_whole() -> None:
    code = (WEB / "viz-global.js").read_bytes()
    assert sha256(code).hexdigest() == VIZ_SHA256
    assert VIZ_SHA256 in (WEB / "LICENSE").read_text("utf-8")
    page = _Page(draw(zoo("lenet5"), "html"))
    assert decompress(b64decode(page.texts["engine"])) == code


def test_our_part_of_a_page_is_small_and_the_same_each_time() -> None:
    page = draw(zoo("lenet5"), "html")
    assert draw(zoo("lenet5"), "html") == page
    assert len(page) < 900_000
    ours = sum(len(file.read_bytes()) for file in WEB.glob("*") if "viz" not in file.name)
    assert ours < 100_000


def test_each_colour_of_the_light_theme_stands_for_one_of_the_dark() -> None:
    pairs = list(palette_pairs(LIGHT, DARK))
    assert len(dict(pairs)) == len(set(pairs))


def test_a_page_starts_in_the_theme_that_was_asked_for() -> None:
    graph = zoo("lenet5")
    for look, theme in ((Look(), "auto"), (Look(theme=DARK, fixed=True), "dark")):
        (html,) = (attrs for tag, attrs in _Page(draw(graph, "html", look)).tags if tag == "html")
        assert html["data-theme"] == theme


def test_links_lead_to_the_lines_of_the_spec() -> None:
    data = page_data(zoo("vgg16"), Look(source_url="https://example.org/vgg16.yaml"))
    line = data["lines"][data["rows"][1][9]]
    assert line[0].startswith("vgg16.yaml:6: net: INPUT")
    assert line[1] == "https://example.org/vgg16.yaml#L6"


def test_too_large_a_net_is_refused_with_a_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "MAX_PAGE_LAYERS", 10)
    with pytest.raises(DiagramError, match="40 layers are too many for a page; the limit is 10"):
        draw(zoo("vgg16"), "html")
    monkeypatch.undo()
    monkeypatch.setattr(tree, "MAX_PAGE_PARTS", 5)
    with pytest.raises(DiagramError, match="too large for a page") as error:
        draw(zoo("vgg16"), "html")
    assert ".svg" in error.value.help


def test_what_a_page_has_no_room_for_stays_folded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree, "MAX_PAGE_PARTS", 100)
    parts = page_data(graph_of(NESTED.replace("n: 3", "n: 300")), Look())["parts"]
    folded = [p for part in parts for p in inner(part) if p.get("times", 1) > 1 and "each" not in p]
    assert any(part["times"] == 300 for part in folded)
    assert limits.MAX_PAGE_PARTS > 1000 > sum(len(list(inner(part))) for part in parts)
