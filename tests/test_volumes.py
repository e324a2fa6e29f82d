"""Pictures in the style `volumes`: nothing left out, nothing overlapping, in proportion, inert."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given

from netspec.diagram import THEMES, draw_volumes
from netspec.diagram.volumes import repeats
from netspec.diagram.volumes.blocks import Block, Net, blocks
from netspec.diagram.volumes.captions import shape
from netspec.diagram.volumes.lines import Lanes, Line, Repeat, line
from netspec.diagram.volumes.maps import names
from netspec.diagram.volumes.marks import Curve, Group, Words
from netspec.diagram.volumes.measures import Scale, cascade, height, thickness
from netspec.diagram.volumes.picture import picture
from netspec.diagram.volumes.sheet import Sheet
from netspec.diagram.volumes.solids import solid
from netspec.diagram.volumes.svg import svg
from netspec.graph import Graph
from tests.commands import python
from tests.graphs import graph_of
from tests.picture_laws import flat, trouble
from tests.random_nets import RandomNet, random_nets
from tests.test_diagram_dot import RESIDUAL
from tests.test_random_nets import ZOO, examples, zoo_graph

Golden = Callable[[str, str], None]

TWO = """\
netspec: 1
name: two
input: {left: 3x64x64, right: 17}
net:
  - "CONCAT{ INPUT(left) -> CONV(16, 5, 2) -> FLATTEN | INPUT(right) -> FC(64) } @both"
  - aux: FC(7) -> SOFTMAX
  - "@both -> FC(20)"
output: {aux: "@aux"}
"""

#: Nets beside the zoo's: inputs and outputs, vectors, squeeze and excitation, one layer.
OTHERS = {
    "two": TWO,
    "gates": "netspec: 1\nname: se\ninput: 3x64x64\nnet: INPUT -> CONV(32)"
    " -> [MUL{ | GAP -> FC(8) -> RELU -> FC(32) -> SIGMOID } -> CONV(32) -> BN]*2 -> GAP\n",
    "one": "netspec: 1\nname: one\ninput: 8\nnet: INPUT -> RELU\n",
    "residual": RESIDUAL,
    "nested": "netspec: 1\nname: nested\ninput: 4x8x8\nwhere: {CONV: {kernel: 1}}\n"
    "net: INPUT -> CONV(4) @a -> CONV(4) @b -> [CONV(4)]*2 -> ADD{ | @b } -> ADD{ | @a }\n",
    "inside": "netspec: 1\nname: inside\ninput: 4x8x8\nwhere: {CONV: {kernel: 1}}\n"
    "net: INPUT -> CONCAT{ CONV(4) @m -> CONV(4) | CONV(4) | @m } -> MUL{ CONV(12) | GAP }\n",
}

NETS = (*ZOO, *OTHERS)


@cache
def net_of(name: str) -> Graph:
    """A net of the zoo, or one of the others."""
    return graph_of(OTHERS[name]) if name in OTHERS else zoo_graph(name)


@cache
def sheet_of(name: str) -> Sheet:
    """The picture of it."""
    return picture(net_of(name))


def edges(net: Line, entry: Iterable[Block]) -> tuple[set[tuple[Block, Block]], list[Block]]:
    """Which block reads which, as a line says it by places, and the blocks that it ends with."""
    found: set[tuple[Block, Block]] = set()
    exits: list[list[Block]] = [list(entry)]
    for place, item in enumerate(net.items):
        read = [block for back in item.back for block in exits[place + 1 - back]]
        match item.what:
            case Block() as block:
                found |= {(source, block) for source in read}
                exits.append([block])
            case Lanes() as lanes:
                inner = [edges(one, read) for one in lanes.lines]
                found |= {edge for some, _ in inner for edge in some}
                exits.append([block for _, end in inner for block in end])
            case Repeat():
                raise AssertionError("a line is folded after it is drawn")
    return found, exits[-1]


def read_by(net: Net) -> set[tuple[Block, Block]]:
    """Which block reads which."""
    return {
        (net.blocks[source], block)
        for block, sources in zip(net.blocks, net.sources, strict=True)
        for source in sources
    }


def counted(net: Line) -> int:
    """How many blocks a line stands for."""
    return sum(1 + len(block.others) for block in net.blocks())


def test_lenet_is_drawn_as_its_paper_draws_it(golden: Golden) -> None:
    graph = net_of("lenet5")
    shown = list(line(blocks(graph)).blocks())
    assert names(shown, graph) == ["INPUT", "C1", "S2", "C3", "S4", "C5", "F6", "OUTPUT"]
    golden("volumes/lenet5.svg", svg(picture(graph)))


@pytest.mark.parametrize("name", ["lenet5", "alexnet", "vgg16"])
def test_the_pictures_in_the_documentation_are_these(name: str) -> None:
    file = Path(__file__).parent.parent / "docs" / f"volumes-{name}.svg"
    hint = f"netspec draw {name} --style volumes -o docs/{file.name}"
    assert file.read_bytes() == draw_volumes(net_of(name), "svg"), hint


def test_a_small_residual_net(golden: Golden) -> None:
    golden("volumes/residual.svg", svg(picture(graph_of(RESIDUAL))))
    golden("volumes/residual_dark.svg", svg(picture(graph_of(RESIDUAL), THEMES["dark"])))


@pytest.mark.parametrize("name", NETS)
def test_words_neither_overlap_nor_are_crossed(name: str) -> None:
    sheet = sheet_of(name)
    assert trouble(sheet.marks, sheet.width, sheet.height) == []


@pytest.mark.parametrize("name", NETS)
def test_every_layer_stands_in_one_block_and_every_block_in_the_picture(name: str) -> None:
    graph = net_of(name)
    net = blocks(graph)
    drawn = sorted(node.name for block in net.blocks for node in block.nodes)
    assert drawn == sorted(graph.by_name)
    shown = line(net)
    assert edges(shown, ())[0] == read_by(net)
    folded = repeats.folded(shown)
    assert counted(folded) == len(net.blocks)
    groups = [mark for mark in sheet_of(name).marks if isinstance(mark, Group)]
    assert len(groups) == len(list(folded.blocks()))


@pytest.mark.parametrize("name", ZOO)
def test_the_zoo_is_drawn_on_a_page(name: str) -> None:
    assert repeats.drawn(repeats.folded(line(blocks(net_of(name))))) <= 60
    assert len(svg(sheet_of(name))) < 80_000


@pytest.mark.parametrize("name", ["vgg16", "unet", "densenet121"])
def test_every_theme_gives_well_formed_inert_svg(name: str) -> None:
    for theme in THEMES.values():
        text = svg(picture(net_of(name), theme))
        tags = {element.tag.rpartition("}")[2] for element in ElementTree.fromstring(text).iter()}
        assert tags <= {"svg", "g", "title", "rect", "polygon", "path", "circle", "text"}
        assert "href" not in text
        assert theme.background in text


def test_a_lane_that_starts_with_an_input_has_no_way_from_the_fork() -> None:
    inputs = "netspec: 1\nname: a\ninput: {left: 4x8x8, right: 4x8x8}\nwhere: {CONV: {kernel: 1}}\n"
    left = "CONCAT{ INPUT(left) -> CONV(4) @a -> CONV(4)"
    one = f"net: {left} | INPUT(right) -> CONV(4) | @a }}\n"
    two = f"net: {left} | INPUT(right) -> ADD{{ | @a }} }}\n"
    for net, ways in ((one, 3), (two, 4)):
        graph = graph_of(inputs + net)
        shown = blocks(graph)
        assert edges(line(shown), ())[0] == read_by(shown)
        sheet = picture(graph)
        assert sum(isinstance(mark, Curve) for mark in flat(sheet.marks)) == ways
        assert trouble(sheet.marks, sheet.width, sheet.height) == []


@pytest.mark.parametrize("name", ["lenet5", "resnet50", "gates"])
def test_the_bytes_depend_on_nothing_else(name: str) -> None:
    for form in ("svg", "pdf"):
        assert draw_volumes(net_of(name), form) == draw_volumes(net_of.__wrapped__(name), form)
    script = (
        "from tests.test_volumes import *; import hashlib;"
        f"print(hashlib.sha256(draw_volumes(net_of({name!r}), 'svg')).hexdigest())"
    )
    if name == "gates":
        assert len({python(script, PYTHONHASHSEED=seed) for seed in "01"}) == 1


@pytest.mark.parametrize("name", ["vgg16", "unet", "googlenet"])
def test_solids_are_in_proportion(name: str) -> None:
    shown = [b for b in line(blocks(net_of(name))).blocks() if not b.column]
    scale = Scale(max(block.sizes[1] for block in shown))
    drawn = [(block, solid(block, scale)) for block in shown]
    for one, small in drawn:
        for other, large in drawn:
            if one.sizes[1] < other.sizes[1]:
                assert small.tall < large.tall
            if one.sizes[2] < other.sizes[2]:
                assert small.dx < large.dx
            alike = one.head.layer.pools == other.head.layer.pools
            if alike and len(one.bands) == len(other.bands) and one.sizes[0] < other.sizes[0]:
                assert small.thick < large.thick


def test_measures_grow_with_sizes() -> None:
    sizes = (1, 2, 3, 7, 14, 28, 56, 112, 224)
    scale = Scale(224)
    for measure in (scale.side, thickness, height, cascade, lambda size: scale.window(size, 224)):
        lengths = [measure(size) for size in sizes]
        assert lengths == sorted(set(lengths))
    assert Scale(2**31 - 1).side(2**31 - 1) < 700
    assert thickness(2**31 - 1) < 300


def test_pools_are_thinner_and_layers_in_place_are_bands() -> None:
    net = graph_of(
        "netspec: 1\nname: a\ninput: 3x8x8\n"
        "net: INPUT -> CONV(3, pad=half) -> BN -> RELU -> POOL(1) -> FC(2)\n"
    )
    source, conv, pool, dense = blocks(net).blocks
    assert [node.name for node in conv.bands] == ["bn1", "relu1"]
    assert [node.name for node in pool.nodes] == ["pool1", "flatten1"]
    assert not pool.bands
    assert dense.column
    scale = Scale(8)
    assert solid(pool, scale).thick < solid(source, scale).thick < solid(conv, scale).thick


def test_what_two_layers_change_in_place_is_read_by_both() -> None:
    net = graph_of(
        "netspec: 1\nname: a\ninput: 3x8x8\nnet: INPUT -> ADD{ RELU | TANH } -> SIGMOID\n"
    )
    shown = [[node.name for node in block.nodes] for block in blocks(net).blocks]
    assert shown == [["input"], ["relu1"], ["tanh1"], ["add1", "sigmoid1"]]


def test_equal_parts_are_drawn_once_and_others_are_not() -> None:
    folded = repeats.folded(line(blocks(net_of("resnet50"))))
    runs = [item.what for item in folded.items if isinstance(item.what, Repeat)]
    assert [run.count for run in runs] == [2, 3, 5, 2]
    for run in runs:
        for block in run.line.blocks():
            assert len(block.others) == run.count - 1
            assert {other.layers for other in block.others} == {block.layers}


def test_parts_that_differ_in_channels_say_which() -> None:
    folded = repeats.folded(line(blocks(net_of("densenet121"))))
    runs = [item.what for item in folded.items if isinstance(item.what, Repeat)]
    assert [run.count for run in runs] == [6, 12, 24, 16]
    grown = list(runs[0].line.blocks())[-1]
    assert shape(grown) == "96–256x56x56"
    assert [block.type.channels for block in (*grown.others, grown)] == list(range(96, 257, 32))


def test_what_is_read_from_elsewhere_is_not_folded() -> None:
    net = graph_of(
        "netspec: 1\nname: a\ninput: 8x4x4\n"
        "net: INPUT -> [CONV(8, 1) -> TANH @x]*60 -> CONV(8, 1) -> ADD{ | @x[30] }\n"
    )
    folded = repeats.folded(line(blocks(net)))
    runs = [item.what.count for item in folded.items if isinstance(item.what, Repeat)]
    assert runs == [31, 29]
    assert counted(folded) == len(blocks(net).blocks)


def test_unrolled_nothing_is_folded() -> None:
    graph = net_of("resnet50")
    groups = [m for m in picture(graph, fold=False).marks if isinstance(m, Group)]
    assert len(groups) == len(blocks(graph).blocks)


@examples(30)
@given(random_nets())
def test_random_nets_are_drawn_whole(net: RandomNet) -> None:
    graph = graph_of(net.text)
    shown = blocks(graph)
    assert edges(line(shown), ())[0] == read_by(shown)
    assert counted(repeats.folded(line(shown))) == len(shown.blocks)
    sheet = picture(graph)
    assert trouble(sheet.marks, sheet.width, sheet.height) == []
    ElementTree.fromstring(svg(sheet))


def test_several_inputs_and_outputs_are_named() -> None:
    words = [m.words for m in flat(picture(graph_of(TWO)).marks) if isinstance(m, Words)]
    assert {"INPUT left", "INPUT right", "SOFTMAX", "is aux", "is output"} <= set(words)
