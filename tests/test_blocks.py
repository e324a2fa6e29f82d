"""Blocks (language.md, section 3): parameters, defaults, scope, what they may not do."""

from __future__ import annotations

import pytest

from tests.texts import checked, code, finding, findings, last, layers, spec


def names(net: str, rest: str, size: str = "3x8x8") -> list[str]:
    """The names of the layers after the input."""
    return [line.split(" ")[0] for line in layers(spec(net, rest, size=size))[1:]]


def test_a_block_is_a_pattern_with_a_name() -> None:
    assert names("INPUT -> B -> B", "blocks: {B: RELU -> TANH}") == [
        *("relu1", "tanh1"),
        *("relu2", "tanh2"),
    ]
    assert names("INPUT -> B() -> B*2", "blocks: {'B()': RELU}") == ["relu1", "relu2", "relu3"]


@pytest.mark.parametrize("name", ["B", "b", "Block_2", "_b", "convs", "half"])
def test_names_of_blocks(name: str) -> None:
    assert names(f"INPUT -> {name}", f"blocks: {{{name}: RELU}}") == ["relu1"]


def test_names_of_blocks_are_exact() -> None:
    found = finding(spec("INPUT -> ^BLOCK -> Block", "blocks: {Block: RELU}"))
    assert found.code == "unknown-kind"
    assert "`Block`" in str(found.help)


@pytest.mark.parametrize(
    ("call", "shape"),
    [
        ("B(4)", "4x6x6"),
        ("B(4, 5)", "4x4x4"),
        ("B(f=4)", "4x6x6"),
        ("B(k=1, f=4)", "4x8x8"),
        ("B(4, k=C)", "4x6x6"),
        ("B(4, k=[1, 3])", "4x8x6"),
    ],
)
def test_arguments_by_place_and_by_name(call: str, shape: str) -> None:
    assert last(spec(f"INPUT -> {call}", "blocks: {'B(f, k=3)': 'CONV(f, k)'}")) == shape


def test_a_default_may_use_earlier_parameters_where_and_the_tensor_that_enters() -> None:
    rest = "where: {e: 2}\nblocks: {'B(f=C*e, g=f+1)': 'CONV(f, 1) -> CONV(g, 1)'}"
    assert layers(spec("INPUT -> B -> B(5)", rest))[1:] == [
        *("conv1 6x8x8", "conv2 7x8x8"),
        *("conv3 5x8x8", "conv4 6x8x8"),
    ]


def test_a_default_does_not_see_later_parameters_nor_the_call() -> None:
    rest = "where: {t: [{g: 1}]}\nblocks: {'B(f=^g)': 'CONV(f)'}"
    assert code(spec("INPUT -> [B -> DROPOUT(rate=0) -> CONV(g)]*t", rest)) == "unbound-name"


def test_in_arguments_c_is_of_the_tensor_that_enters_the_block() -> None:
    rest = "blocks: {'B(f, g)': 'CONV(f, 1) -> CONV(g, 1) -> CONV(C, 1)'}"
    assert layers(spec("INPUT -> B(C*2, C+H)", rest))[1:] == [
        *("conv1 6x8x8", "conv2 11x8x8", "conv3 11x8x8")
    ]


def test_a_parameter_left_out_is_taken_from_the_scope_of_the_call() -> None:
    rest = "where: {f: 9, t: [{f: 2}, {f: 4}]}\nblocks: {'B(f)': 'CONV(f, 1)'}"
    shapes = layers(spec("INPUT -> B -> [B]*t -> B(1)", rest))[1:]
    assert shapes == ["conv1 9x8x8", "conv2 2x8x8", "conv3 4x8x8", "conv4 1x8x8"]


def test_a_block_passes_on_what_its_own_call_gave() -> None:
    rest = "blocks: {'A(f)': B, 'B(f)': 'CONV(f, 1)'}"
    assert last(spec("INPUT -> A(7)", rest)) == "7x8x8"


def test_a_body_never_sees_the_rows_of_its_caller() -> None:
    rest = "where: {t: [{f: 2}]}\nblocks: {B: 'CONV(^f)'}"
    assert code(spec("INPUT -> [B -> CONV(f)]*t", rest)) == "unbound-name"
    rest = "where: {f: 5, t: [{f: 2}]}\nblocks: {B: 'CONV(f, 1)'}"
    assert layers(spec("INPUT -> [CONV(f, 1) -> B]*t", rest))[-1] == "conv2 5x8x8"


def test_a_body_never_sees_the_defaults_of_kinds_in_its_callers_rows() -> None:
    rest = """\
where: {CONV: {kernel: 1}, t: [{CONV: {filters: 2, kernel: 3}}]}
blocks: {B: CONV(5)}
"""
    assert layers(spec("INPUT -> [CONV -> B]*t", rest))[1:] == ["conv1 2x6x6", "conv2 5x6x6"]


def test_a_body_never_sees_the_flags_of_its_callers_rows() -> None:
    rest = "where: {pool: no, t: [{pool: yes}]}\nblocks: {B: POOL?}"
    assert names("INPUT -> [POOL? -> B]*t", rest) == ["pool1"]


def test_rows_inside_a_body_come_before_its_parameters_and_these_before_where() -> None:
    rest = """\
where: {f: 1, g: 1, h: 1, t: [{f: 3}]}
blocks: {'B(f, g)': '[CONV(f, 1) -> CONV(g, 1) -> CONV(h, 1)]*t'}
"""
    shapes = layers(spec("INPUT -> B(2, 2)", rest))[1:]
    assert shapes == ["conv1 3x8x8", "conv2 2x8x8", "conv3 1x8x8"]


def test_a_table_and_a_list_may_be_arguments() -> None:
    rest = "where: {t: [{f: 2}, {f: 3}]}\nblocks: {'B(rows, u)': '[FC(f)]*rows -> [FC(u)]*u'}"
    assert [s.split(" ")[1] for s in layers(spec("INPUT -> B(t, [4, 5])", rest))[2:]] == [*"2345"]


def test_blocks_may_use_blocks_in_any_order() -> None:
    rest = "blocks: {A: B -> B, B: C_, C_: RELU -> TANH}"
    assert names("INPUT -> A", rest) == ["relu1", "tanh1", "relu2", "tanh2"]


def test_flags_may_be_parameters() -> None:
    rest = "blocks: {'B(p, pool=no)': '[RELU]?p -> POOL?'}"
    assert names("INPUT -> B(yes) -> B(no, yes) -> B(no)", rest) == ["relu1", "pool1"]


@pytest.mark.parametrize(
    ("net", "rest", "expected"),
    [
        ("INPUT -> B(1, ^2)", "blocks: {'B(f)': 'FC(f)'}", "block-arguments"),
        ("INPUT -> B(1, ^g=2)", "blocks: {'B(f)': 'FC(f)'}", "block-arguments"),
        ("INPUT -> B(^1)", "blocks: {B: RELU}", "block-arguments"),
        ("INPUT -> ^B", "blocks: {'B(f)': 'FC(f)'}", "missing-argument"),
        ("INPUT -> ^B{RELU}", "blocks: {B: RELU}", "branches"),
        ("INPUT -> B", "blocks: {B: RELU -> ^B}", "recursive-block"),
        ("INPUT -> A", "blocks: {A: B, B: 'RELU -> ^A'}", "recursive-block"),
        ("INPUT -> A(1)", "blocks: {'A(n)': '^A(2*n)'}", "recursive-block"),
        ("INPUT -> RELU", "blocks: {^CONV: RELU}", "reserved-name"),
        ("INPUT -> RELU", "blocks: {^relu: TANH}", "reserved-name"),
        ("INPUT -> B", "blocks:\n  B: RELU\n  ^B(f): TANH\n", "duplicate-block"),
        ("INPUT -> RELU", "blocks: {^1B: RELU}", "block"),
        ("INPUT -> RELU", "blocks: {'^B(1)': RELU}", "block"),
        ("INPUT -> RELU", "blocks: {'^B(f': RELU}", "block"),
        ("INPUT -> RELU", "blocks: {'B(f, ^f)': RELU}", "block"),
        ("INPUT -> B", "blocks: {B: ^3}", "mapping-expected"),
        ("INPUT -> B", "blocks: {B: ^''}", "mapping-expected"),
        ("INPUT -> B", "blocks: {B: ^~}", "mapping-expected"),
        ("INPUT -> B", "blocks: {B: ^[RELU]}", "mapping-expected"),
    ],
)
def test_bad_blocks(net: str, rest: str, expected: str) -> None:
    (error,) = findings(spec(net, rest).replace("^", ""))
    assert error.code == expected
    if expected != "block":
        assert error.span.start == spec(net, rest).index("^")


def test_a_parameter_twice_in_a_call() -> None:
    found = findings(spec("INPUT -> B(1, f=2)", "blocks: {'B(f)': 'FC(f)'}"))
    assert [d.code for d in found] == ["argument-twice"]


def test_a_mistake_in_a_body_stands_in_the_body_with_the_calls_that_led_there() -> None:
    rest = "blocks:\n  A: RELU -> B\n  B: GAP -> ^CONV(1)\n"
    found = finding(spec("INPUT -> A", rest))
    calls = [(note.message, note.span.line, note.span.column) for note in found.notes if note.span]
    assert calls == [("in the block B, called here", 6, 14), ("in the block A, called here", 4, 15)]


def test_a_mistake_in_a_body_is_told_once_however_often_it_is_called() -> None:
    assert code(spec("INPUT -> B*3 -> B", "blocks: {B: RELU -> ^CONVV}")) == "unknown-kind"


def test_resnet_50_and_densenet_as_the_page_has_them() -> None:
    net = """>
  INPUT -> CBR(64, 7, 2) -> POOL(3, 2, pad=1)
  -> [BOTTLENECK(f, s, project=yes) -> BOTTLENECK(f)*(n-1)]*stage
  -> GAP -> FC(1000)
"""
    rest = """\
blocks:
  CBR(f, k, s=1): CONV(f, k, s) -> BN -> RELU
  BOTTLENECK(f, s=1, project=no): >
    ADD{ CBR(f, 1) -> CBR(f, 3, s) -> CONV(4*f, 1) -> BN
       | [CONV(4*f, 1, s) -> BN]?project } -> RELU
where:
  CONV: {pad: half, bias: no}
  stage:
    - {f: 64,  n: 3, s: 1}
    - {f: 128, n: 4, s: 2}
    - {f: 256, n: 6, s: 2}
    - {f: 512, n: 3, s: 2}
"""
    graph = checked(spec(net, rest, size="3x224x224")).graph
    assert graph is not None
    assert sum(w.numel for _, w in graph.all_weights() if w.learned) == 25_557_032
    dense = (
        "blocks: {'DENSE(k)': 'CONCAT{ | BN -> RELU -> CONV(4*k, 1) -> BN -> RELU -> CONV(k, 3) }'}"
    )
    shape = last(spec("INPUT -> DENSE(5)*2", f"where: {{CONV: {{pad: half}}}}\n{dense}"))
    assert shape == "13x8x8"
