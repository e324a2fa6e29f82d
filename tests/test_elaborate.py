"""Spec -> graph: INPUT, several inputs, bounds on expansion, notes, and what mistakes leave."""

from __future__ import annotations

import pytest

from netspec.graph.count import LayerCount
from netspec.graph.evaluate import Refusal
from netspec.graph.scope import Scope
from netspec.text.limits import MAX_LAYERS, MAX_VARIANTS
from netspec.text.source import Source
from netspec.text.spec import parse
from tests.texts import checked, code, finding, findings, layers, spec

TWO = "{left: 3x8x8, right: 3x8x8}"


# INPUT


def test_several_inputs_enter_each_once_at_the_start_of_a_branch() -> None:
    rest = "blocks: {TOWER: 'CONV(4, 3) -> RELU'}"
    net = "CONCAT{ INPUT(left) -> TOWER | INPUT(right) -> TOWER } -> FC(2)"
    result = checked(spec(net, rest, size=TWO))
    assert result.ok
    assert [node.name for node in result.nodes] == [
        *("left", "conv1", "relu1", "right", "conv2", "relu2", "concat1", "flatten1", "fc1")
    ]
    assert result.graph is not None
    assert list(result.graph.inputs) == ["left", "right"]


def test_an_input_named_in_a_label_and_read_twice() -> None:
    net = "\n  - INPUT(left) @l -> RELU @x\n  - INPUT(right) -> ADD{ | @l | @x }"
    found = findings(spec(net, size=TWO))
    assert [d.code for d in found] == ["input"]  # it stands after a tensor, not at a start
    net = "ADD{ INPUT(left) @l | INPUT(right) | @l -> RELU }"
    assert layers(spec(net, size=TWO))[-1] == "add1 3x8x8"


@pytest.mark.parametrize(
    ("net", "size"),
    [
        ("^RELU", "3x8x8"),
        ("^RELU -> INPUT", "3x8x8"),
        ("^B", "3x8x8"),
        ("^ADD{ | RELU}", "3x8x8"),
        ("INPUT -> ^INPUT", "3x8x8"),
        ("INPUT -> RELU -> ^INPUT", "3x8x8"),
        ("INPUT -> ADD{ | ^INPUT}", "3x8x8"),
        ("INPUT(^x)", "3x8x8"),
        ("INPUT(^3)", "3x8x8"),
        ("ADD{ ^INPUT | INPUT(right) }", TWO),
        ("ADD{ INPUT(left) | INPUT(^rigth) }", TWO),
        ("ADD{ INPUT(left) | ^INPUT(left) | INPUT(right) }", TWO),
        ("INPUT(left, ^right)", TWO),
        ("INPUT(left) -> ^INPUT(right)", TWO),
        ("INPUT(left)", "{left: 3x8x8, right: ^3x8x8}"),
    ],
)
def test_bad_inputs(net: str, size: str) -> None:
    result = findings(spec(net, "blocks: {B: RELU}", size=size).replace("^", ""))
    assert {d.code for d in result} == {"input"}
    offset = spec(net, "blocks: {B: RELU}", size=size).index("^")
    if net not in ("^B", "^ADD{ | RELU}"):
        assert offset in {d.span.start for d in result}


def test_an_absent_input() -> None:
    assert "input" in {d.code for d in findings(spec("INPUT?go -> RELU", "where: {go: no}"))}
    assert "input" in {d.code for d in findings(spec("INPUT*0"))}
    assert code(spec("RELU*0 @^x -> INPUT -> ADD{ | @x }")) == "input"


def test_a_net_of_its_input_alone() -> None:
    assert layers(spec("INPUT")) == ["input 3x8x8"]


# bounds


def count(text: str) -> int:
    """Layers and iterations that a text would expand to; Refusal past the bound."""
    it = parse(Source("t", text))
    bounds = LayerCount(it.blocks, Scope(None))
    bounds.check(stage.chain for stage in it.net)
    return bounds.total


@pytest.mark.parametrize(
    ("net", "total"),
    [
        ("INPUT -> RELU", 2),
        ("INPUT -> [RELU -> TANH]*10", 21),
        ("INPUT -> [[RELU]*10 -> TANH]*10", 111),
        (f"INPUT -> RELU*{MAX_LAYERS - 1}", MAX_LAYERS),
        ("INPUT -> [RELU*1000]*999", 999_001),
        ("INPUT @x -> [[@x]*10]*10", 101),
        ("INPUT -> [RELU*0]*10", 11),
        ("INPUT -> [RELU*1000000000]*0", 1),
    ],
)
def test_layers_and_iterations_are_counted_without_expanding(net: str, total: int) -> None:
    assert count(spec(net)) == total


def blocks(levels: int, body: str, last: str, parameters: str = "") -> str:
    """Blocks A0, A1, ... of which each calls the one before, `{}` in the body, more than once."""
    rows = "".join(
        f"  A{at}{parameters}: '{body.format(f'A{at - 1}')}'\n" for at in range(1, levels + 1)
    )
    return f"blocks:\n  A0{parameters}: '{last}'\n{rows}"


BOMBS = {
    "a billion": spec("INPUT -> RELU*^1000000000"),
    "one too many": spec(f"INPUT -> RELU*{MAX_LAYERS}")
    .replace("RELU", "^RELU")
    .replace("^", "", 1),
    "a product": spec("INPUT -> [[[RELU]*1000]*1000]*1000"),
    "a product by name": spec("INPUT -> [[[RELU]*n]*n]*n", "where: {n: 1000}"),
    "a product of tables": spec(
        "INPUT -> [[[FC(a)]*t]*t]*t", f"where: {{t: [{', '.join(['{a: 1}'] * 200)}]}}"
    ),
    "nothing, often": spec("INPUT @x -> [[[@x]*1000]*1000]*1000"),
    "nothing, one after the other": spec("'[@x]*600000 -> [@x]*600000'"),
    "nothing, absent": spec("INPUT -> [[[RELU]*0]*1000000]*1000000"),
    "doubling": spec("INPUT -> A60", blocks(60, "{0} -> {0}", "RELU")),
    "doubling in branches": spec("INPUT -> A60", blocks(60, "ADD{{ {0} | {0} }}", "RELU")),
    "doubling of nothing": spec("INPUT -> A60", blocks(60, "{0} -> {0}", "[RELU]*0")),
    "doubling of the absent": spec(
        "INPUT -> A60", "where: {go: no}\n" + blocks(60, "{0} -> {0}", "RELU?go")
    ),
    "doubling with other arguments": spec(
        "INPUT -> A40(1)", blocks(40, "{0}(2*n) -> {0}(2*n+1)", "FC(n)", "(n)")
    ),
    "doubling with other arguments, of nothing": spec(
        "INPUT -> A40(1)",
        "where: {go: no}\n" + blocks(40, "{0}(2*n) -> {0}(2*n+1)", "RELU?go", "(n)"),
    ),
    "a count that the shape decides": spec(
        "INPUT -> A(C*C*C)", "blocks: {A(n): RELU*n}", size="1000x1x1"
    ),
    "a product that the shape decides": spec(
        "INPUT -> A(C)", "blocks: {A(n): B(n*n), B(n): '[[RELU]*n]*n'}", size="1000x1x1"
    ),
    "a default that the shape decides": spec(
        "INPUT -> A", "blocks: {'A(n=C*C*C)': RELU*n}", size="1000x1x1"
    ),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_expansion_is_bounded_before_it_happens(bomb: str) -> None:
    found = findings(BOMBS[bomb].replace("^", ""))
    assert [d.code for d in found] == ["too-many-layers"]
    assert f"{MAX_LAYERS:,}" in found[0].message or f"{MAX_VARIANTS:,}" in found[0].message


def test_a_refused_expansion_is_refused_in_the_counting() -> None:
    for bomb, text in BOMBS.items():
        if bomb in ("a billion", "a product", "doubling", "nothing, absent"):
            with pytest.raises(Refusal):
                count(text.replace("^", ""))


@pytest.mark.parametrize(
    "text",
    [
        spec("INPUT -> A60", blocks(60, "[" * 60 + "{0}" + "]" * 60, "RELU")),
        spec("INPUT -> A60", blocks(60, "ADD{{ | {0} }}", "RELU")),
        spec("INPUT -> A300", blocks(300, "{0}", "RELU")),
        spec("INPUT -> A60", blocks(60, "{0}*1*1*1*1", "RELU")),
        spec("INPUT -> [[A60]*n]*0*n", "where: {n: 1}\n" + blocks(60, "{0}*1*1*1", "RELU")).replace(
            "]*0*n", "]*n"
        ),
    ],
)
def test_depth_is_bounded(text: str) -> None:
    assert "too-deep" in {d.code for d in findings(text)}


def test_an_absent_item_of_any_depth_is_fine() -> None:
    rest = "where: {go: no}\n" + blocks(60, "[" * 60 + "{0}" + "]" * 60, "RELU")
    assert layers(spec("INPUT -> A60?go", rest)) == ["input 3x8x8"]


def test_a_tower_of_forty_blocks_is_fine() -> None:
    assert len(layers(spec("INPUT -> A40", blocks(40, "ADD{{ | {0} }}", "RELU")))) == 42


def test_recursion_with_other_arguments_ends() -> None:
    found = findings(spec("INPUT -> A(1)", "blocks: {'A(n)': 'A(2*n) -> A(2*n+1)'}"))
    assert {d.code for d in found} == {"recursive-block"}


# what mistakes leave, and what they say


def test_branches_that_do_not_depend_on_a_mistake_are_still_checked() -> None:
    net = "INPUT -> ADD{ CONVV -> FC(n) | CONV(9, 99) | CONV(4, 1) -> RELU }"
    found = findings(spec(net))
    assert [d.span.column for d in found] == [20, 32, 37]
    nodes = checked(spec(net)).nodes
    assert [node.name for node in nodes] == ["input", "conv1", "relu1"]


def test_layers_after_a_mistake_are_read_for_mistakes_of_their_own() -> None:
    found = findings(spec("INPUT -> FOO -> CONV(0) -> POOL(9) -> FC(C/2) -> CONV(3, kernle=1)"))
    assert {d.code for d in found} == {"unknown-kind", "out-of-range", "unknown-hyperparameter"}


def test_a_shape_error_says_where_it_is_and_which_shapes_led_there() -> None:
    rest = "where: {stage: [{f: 4}, {f: 8}, {f: 16}, {f: 32}]}"
    found = finding(spec("INPUT -> [CONV(f, 1) -> ^POOL]*stage", rest))
    text = " ".join(note.message for note in found.notes)
    assert "stage[4].pool4" in text
    assert "repeat 4 of 4" in text
    assert "32x1x1" in text


def test_one_mistake_in_many_rows_is_told_once() -> None:
    rows = ", ".join(f"{{f: {at}}}" for at in range(1, 50))
    assert len(findings(spec("INPUT -> [CONVV(f)]*t", f"where: {{t: [{rows}]}}"))) == 1


def test_findings_are_in_the_order_of_the_file_and_stand_alone_on_a_line() -> None:
    found = findings(spec("INPUT -> B -> CONVV -> FC(n)", "blocks: {B: 'FOO -> BAR'}"))
    starts = [d.span.start for d in found]
    assert starts == sorted(starts)
    assert not any("\n" in d.message for d in found)


def test_a_graph_is_topological_and_keeps_its_way() -> None:
    rest = "where: {t: [{f: 4}, {f: 5}]}\nblocks: {'B(f)': CONV(f)}"
    graph = checked(spec("\n  - s: INPUT -> [B]*t -> RELU*1", rest)).graph
    assert graph is not None
    seen: set[str] = set()
    for node in graph.nodes:
        assert set(node.inputs) <= seen
        seen.add(node.name)
    step = graph.by_name["s.conv2"].step
    assert step is not None
    assert [(s.kind, s.label, s.index, s.count) for s in step.chain()] == [
        ("stage", "s", 1, 1),
        ("repeat", "t", 2, 2),
        ("block", "B", 1, 1),
    ]


def test_c_in_the_call_of_fc_is_of_the_tensor_before_its_flatten() -> None:
    assert layers(spec("INPUT -> FC(C)"))[-1] == "fc1 3"
    assert code(spec("INPUT -> FC(C) -> FC(^W)")) == "built-in-name"
