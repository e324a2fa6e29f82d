"""The grammar of patterns (language.md, section 2), and the place of every token."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import netspec
from netspec.text.limits import MAX_DEPTH, MAX_DIAGNOSTICS
from tests.texts import MARK, code, finding, findings, layers, spec

HERE = "INPUT -> CONV(4, 3, pad=half) -> RELU"


def kinds(net: str, rest: str = "") -> list[str]:
    """The names of the layers after the input."""
    return [line.split(" ")[0] for line in layers(spec(net, rest))[1:]]


# what is accepted


@pytest.mark.parametrize("arrow", ["->", "→"])
@pytest.mark.parametrize("space", ["", " ", "   ", "\n    ", "\t"])
def test_arrows_and_white_space(arrow: str, space: str) -> None:
    net = f'"{arrow.join(f"{space}{kind}{space}" for kind in ("INPUT", "RELU", "TANH"))}"'
    assert kinds(net) == ["relu1", "tanh1"]


@pytest.mark.parametrize("conv", ["CONV", "conv", "Conv", "cOnV"])
def test_kinds_in_any_case(conv: str) -> None:
    result = layers(spec(f"input -> {conv}(4, 3) -> Relu6 -> LeakyReLU"))
    assert result == ["input 3x8x8", "conv1 4x6x6", "relu61 4x6x6", "leakyrelu1 4x6x6"]


@pytest.mark.parametrize(
    ("call", "shape"),
    [
        ("RELU()", "3x8x8"),
        ("CONV(4)", "4x6x6"),
        ("CONV(4,5,2)", "4x2x2"),
        ("CONV( 4 , 5 , stride = 2 )", "4x2x2"),
        ("CONV(stride=2, kernel=5, filters=4)", "4x2x2"),
        ("CONV(4, [3, 5])", "4x6x4"),
        ("CONV(4, kernel=[1, 3], pad=[0, 1])", "4x8x8"),
        ("CONV(4, 3, pad=[1, 0, 2, 0])", "4x9x6"),
        ("CONV(4, 3, pad=same)", "4x8x8"),
        ("CONV(4, 3, bias=no)", "4x6x6"),
        ("CONV(4, 3, bias=false)", "4x6x6"),
        ("DROPOUT(0.25)", "3x8x8"),
        ("BN(eps=1e-3)", "3x8x8"),
        ("RESHAPE([12, 4, 4])", "12x4x4"),
        ("UPSAMPLE(2, mode=bilinear)", "3x16x16"),
    ],
)
def test_arguments(call: str, shape: str) -> None:
    assert layers(spec(f"INPUT -> {call}"))[-1].endswith(f" {shape}")


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("1+2*3", 7),
        ("(1+2)*3", 9),
        ("2*3+1", 7),
        ("10-2-3", 5),
        ("12/2/3", 2),
        ("12/(2*3)", 2),
        ("7%4", 3),
        ("2*7%4", 2),
        ("-(-5)", 5),
        ("--5", 5),
        ("-2+7", 5),
        ("3--2", 5),
        ("-7%4", 1),
        ("((((4))))", 4),
        ("n*n-n/3", 34),
        ("C*H-W", 16),
        ("017", 17),
    ],
)
def test_integer_arithmetic(expression: str, value: int) -> None:
    assert layers(spec(f"INPUT -> FC({expression})", "where: {n: 6}"))[-1] == f"fc1 {value}"


def test_a_sum_of_thousands_of_terms() -> None:
    terms = "+".join(["1"] * 20_000)
    assert layers(spec(f"INPUT -> FC({terms})"))[-1] == "fc1 20000"
    assert layers(spec("INPUT -> FC(n)", f"where: {{n: 0+{terms}}}"))[-1] == "fc1 20000"


@pytest.mark.parametrize(
    ("net", "names"),
    [
        ("INPUT -> RELU*3", ["relu1", "relu2", "relu3"]),
        ("INPUT -> RELU * 3", ["relu1", "relu2", "relu3"]),
        ("INPUT -> RELU*(n-1)", ["relu1"]),
        ("INPUT -> RELU*n", ["relu1", "relu2"]),
        ("INPUT -> RELU*n*n", ["relu1", "relu2", "relu3", "relu4"]),
        ("INPUT -> [RELU -> TANH]*2", ["relu1", "tanh1", "relu2", "tanh2"]),
        ("INPUT -> RELU?t -> TANH?f", ["relu1"]),
        ("INPUT -> RELU ? t", ["relu1"]),
        ("INPUT -> RELU?t*2", ["relu1", "relu2"]),
        ("INPUT -> RELU*2?f", []),
        ("INPUT -> RELU @x -> ADD{ | @x}", ["relu1", "add1"]),
        ("INPUT -> RELU@x@y -> ADD{@x|@y}", ["relu1", "add1"]),
        ("INPUT -> RELU*2 @x -> ADD{ | @x}", ["relu1", "relu2", "add1"]),
        ("INPUT -> RELU @x*2 -> ADD{ | @x[0]}", ["relu1", "relu2", "add1"]),
        ("INPUT @x -> ADD{@x @y | RELU} -> ADD{@y | }", ["relu1", "add1", "add2"]),
        ("INPUT -> [[[RELU]]]", ["relu1"]),
        ("INPUT -> ADD{|RELU|}", ["relu1", "add1"]),
        ("INPUT -> ADD{ RELU | TANH -> TANH | }", ["relu1", "tanh1", "tanh2", "add1"]),
        ("[INPUT] -> RELU", ["relu1"]),
    ],
)
def test_items(net: str, names: list[str]) -> None:
    quoted = f"'{net}'"
    assert kinds(quoted, "where: {n: 2, t: yes, f: no}") == names


def test_comments_between_the_items_of_a_list() -> None:
    net = "\n  # first\n  - INPUT -> RELU  # here\n  # between\n  - TANH\n  # last"
    assert kinds(net) == ["relu1", "tanh1"]


# what is refused: each mistake has one finding, at its place


@pytest.mark.parametrize(
    ("net", "expected"),
    [
        ("INPUT RELU", "missing-arrow"),
        ("INPUT -> RELU ^TANH", "missing-arrow"),
        ("INPUT -> RELU ^[TANH]", "missing-arrow"),
        ("INPUT -> RELU ->^", "layer-expected"),
        ("INPUT -> ^-> RELU", "layer-expected"),
        ("^-> INPUT", "layer-expected"),
        ("INPUT ^=> RELU", "bad-arrow"),
        ("INPUT ^- > RELU", "bad-arrow"),
        ("INPUT ^– RELU", "bad-arrow"),
        ("INPUT -> RELU^; -> TANH", "syntax"),
        ("INPUT -> ^3", "layer-expected"),
        ("INPUT -> ^'RELU'", "unexpected-character"),
        ("INPUT -> ^\U0001f600", "layer-expected"),
        ("INPUT -> [^] -> RELU", "layer-expected"),
        ("INPUT -> ^[RELU", "unbalanced-bracket"),
        ("INPUT -> RELU^]", "unbalanced-bracket"),
        ("INPUT -> [RELU^)", "unbalanced-bracket"),
        ("INPUT -> FC^(3", "unbalanced-bracket"),
        ("INPUT -> FC(3^]", "unbalanced-bracket"),
        ("INPUT -> ADD^{RELU | TANH", "unbalanced-bracket"),
        ("INPUT -> RELU ^| TANH", "syntax"),
        ("INPUT -> [RELU ^| TANH]", "syntax"),
        ("INPUT -> ^FC()*2", "missing-hyperparameter"),
        ("INPUT -> FC(^,)", "expression"),
        ("INPUT -> FC(3 ^4)", "syntax"),
        ("INPUT -> FC(3 +^)", "expression"),
        ("INPUT -> FC(^;) -> RELU", "expression"),
        ("INPUT -> FC(^.5) -> RELU", "expression"),
        ("INPUT -> FC(units=^) -> RELU", "expression"),
        ("INPUT -> CONV(3, pad=[1, ^])", "expression"),
        ("INPUT -> CONV(4,^) -> RELU", "expression"),
        ("INPUT -> FC(^٣)", "expression"),
        ("INPUT -> FC(^99999999999999999999)", "too-large"),
        ("INPUT -> FC(2 * ^9223372036854775808)", "too-large"),
        ("INPUT -> DROPOUT(^1e999)", "too-large"),
        ("INPUT -> RELU^*", "repeat-count"),
        ("INPUT -> RELU*^-1", "repeat-count"),
        ("INPUT -> RELU*^2.5", "repeat-count"),
        ("INPUT -> RELU*^yes", "repeat-count"),
        ("INPUT -> RELU*^[2]", "repeat-count"),
        ("INPUT -> [RELU]^?", "flag"),
        ("INPUT -> RELU @^", "label"),
        ("INPUT -> RELU @^3", "label"),
        ("INPUT @a -> @^a", "label"),
        ("INPUT -> CONV(3, kernel=3, ^1)", "argument-order"),
        ("INPUT -> RELU(name=^3)", "wrong-type"),
        ("INPUT -> RELU(name=^[a])", "wrong-type"),
        ("INPUT -> ^FOO", "unknown-kind"),
    ],
)
def test_one_mistake_one_finding(net: str, expected: str) -> None:
    if MARK not in net:
        net = net.replace(" ", f" {MARK}")
    assert code(spec(f"|-\n  {net}")) == expected


def test_a_fault_hides_no_other() -> None:
    found = findings(
        spec("INPUT -> FC(;) -> CONVV -> RELU RELU -> FC(n) -> [X -> Y] -> ADD{ ] | Z }")
    )
    places = {d.span.source.text[d.span.start : d.span.end] for d in found}
    assert places >= {";", "CONVV", "RELU", "n", "X", "Y", "]", "Z"}


def test_faults_do_not_use_up_the_bound_of_brackets() -> None:
    net = "INPUT -> " + " -> ".join(["FC(;)"] * (2 * MAX_DEPTH)) + " -> [RELU]"
    assert {d.code for d in findings(spec(net))} == {"expression"}


@pytest.mark.parametrize("word", ["RELU; ", "FC(1 2 -> ", "FC(;) -> ", "] -> ", "[ -> ", "(", "# "])
def test_many_faults_cost_little_and_are_not_all_told(word: str) -> None:
    result = findings(spec(f"|\n  INPUT -> {word * 30_000}"))
    assert 1 <= len(result) <= 2 * MAX_DIAGNOSTICS


@pytest.mark.parametrize(
    "text",
    [
        spec(f"INPUT -> {'[' * 100_000}RELU"),
        spec(f"INPUT -> {'[' * 65}RELU{']' * 65}"),
        spec(f"INPUT -> {'ADD{|' * 65}RELU{'}' * 65}"),
        spec(f"INPUT -> FC({'(' * 65}1{')' * 65})"),
        spec(f"INPUT -> CONV(1, {'[' * 100_000})"),
        spec(f"INPUT -> FC({'-' * 100_000}1)"),
        spec(f"INPUT -> RELU{'*1' * 10_000}"),
        spec(f"INPUT -> RELU{'?a' * 10_000}", "where: {a: yes}"),
        spec(f"INPUT -> RELU{''.join(f' @a{at}' for at in range(10_000))}"),
        spec(f"INPUT -> {'[' * 60}RELU{'*1]' * 60}"),
    ],
)
def test_nesting_is_bounded(text: str) -> None:
    assert "too-deep" in {d.code for d in findings(text)}


def test_64_brackets_are_fine() -> None:
    assert kinds(f"INPUT -> {'[' * MAX_DEPTH}RELU{']' * MAX_DEPTH}") == ["relu1"]


# places

#: One mistake in each way of writing a scalar in YAML.
SCALARS = {
    "plain": "INPUT -> RELU -> ^CONVV -> TANH",
    "plain over lines": "INPUT ->\n  RELU ->\n\n    ^CONVV -> TANH",
    "single": "'INPUT -> RELU -> ^CONVV'",
    "single over lines": "'INPUT ->\n\n    RELU -> ^CONVV'",
    "double": '"INPUT -> RELU -> ^CONVV"',
    "double over lines": '"INPUT ->\n\n    RELU -> ^CONVV"',
    "double, escapes": '"INPUT\\x20->\\u0020\\U00000020RELU\\t->\\n ^CONVV"',
    "double, an escaped arrow": '"INPUT \\u2192 RELU \\x2d> ^CONVV"',
    "double, an escaped line end": '"INPUT -> RELU\\\n     -> ^CON\\\n    VV"',
    "folded": ">\n  INPUT ->\n  RELU ->\n   ^CONVV",
    "folded, stripped": ">-\n\n  INPUT\n\n  -> RELU -> ^CONVV -> TANH\n\n",
    "folded, a comment in the header": "> # why\n  INPUT -> RELU -> ^CONVV",
    "literal": "|\n  INPUT ->\n  RELU -> ^CONVV",
    "literal, indented by a number": "|4+\n      INPUT ->\n    RELU -> ^CONVV\n",
    "arrows": "INPUT → RELU → ^CONVV",
    "an anchor": "&a   INPUT -> RELU -> ^CONVV",
    "an anchor and a block": "&a >-\n  INPUT -> RELU -> ^CONVV",
    "a stage": "\n  - INPUT\n  - stem: RELU -> ^CONVV\n",
    "a stage in single quotes": "\n  - INPUT\n  - 'stem': 'RELU -> ^CONVV'\n",
    "a flow list": "[INPUT -> RELU, 'TANH', {a: ^CONVV}]",
}


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
@pytest.mark.parametrize("way", SCALARS)
def test_places_in_every_kind_of_scalar(way: str, ends: str) -> None:
    found = finding(spec(SCALARS[way]))
    assert found.code == "unknown-kind"
    text = spec(SCALARS[way]).replace("\n", ends)
    (again,) = findings(text.replace(MARK, ""))
    assert (again.span.line, again.span.column) == (found.span.line, found.span.column)


def test_the_end_of_a_place_is_exclusive() -> None:
    (found,) = findings(spec("INPUT -> CONVV"))
    assert (found.span.line, found.span.column, found.span.end_position) == (4, 15, (4, 20))
    (found,) = findings(spec('"INPUT -> C\\u004fNVV(3)"'))
    assert (found.span.column, found.span.end_position) == (16, (4, 26))


@pytest.mark.parametrize(
    ("rest", "expected"),
    [
        ("where: {n: 2*^m}", "unbound-name"),
        ("where: {n: '2 * ^m'}", "unbound-name"),
        ('where: {n: "\\x32 *\\n ^m"}', "unbound-name"),
        ("where:\n  n: >-\n    2 *\n    ^m", "unbound-name"),
    ],
)
def test_places_in_values(rest: str, expected: str) -> None:
    assert code(spec("INPUT -> FC(n)", rest)) == expected


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    st.lists(
        st.sampled_from(
            [*"[](){}|,*?@=+-/%#'\"\\:;&>! \n\t\r", "->", "→", "CONV", "INPUT", "FC(3)", "x", "3"]
        )
        | st.characters(exclude_categories=[]),
        max_size=60,
    ).map("".join)
)
def test_no_pattern_makes_check_raise(net: str) -> None:
    for text in (spec(net), spec(f"|\n  INPUT -> {net}"), spec(f'"INPUT -> {net}"')):
        for found in netspec.check(text):
            line, column = found.span.line, found.span.column
            assert 1 <= line <= text.count("\n") + 1
            assert column >= 1
            assert found.span.end_position >= (line, column)
            assert "\n" not in found.message
