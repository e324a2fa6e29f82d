"""Names (language.md, section 2): repeats, flags, scope, defaults of kinds, C H W, warnings."""

from __future__ import annotations

import pytest

from netspec.text.expression import WORDS
from tests.texts import checked, code, finding, findings, last, layers, spec


def widths(net: str, rest: str = "", *, size: str = "4") -> list[str]:
    """The shapes of the FC layers."""
    found = layers(spec(net, rest, size=size))
    return [line.split(" ")[1] for line in found if ".fc" in line or line.startswith("fc")]


# repeats


@pytest.mark.parametrize("count", [0, 1, 3])
def test_an_integer_repeats_that_many_times(count: int) -> None:
    expected = ["input 3x8x8", *(f"relu{at}" + " 3x8x8" for at in range(1, count + 1))]
    assert layers(spec("INPUT -> RELU*n", f"where: {{n: {count}}}")) == expected
    assert layers(spec(f"INPUT -> RELU*{count}")) == expected


def test_a_table_repeats_once_for_each_row_with_its_keys_bound() -> None:
    assert widths("INPUT -> [FC(f)]*t", "where: {t: [{f: 5}, {f: 6}, {f: 7}]}") == ["5", "6", "7"]


def test_a_list_repeats_once_for_each_element_with_the_name_bound_to_it() -> None:
    assert widths("INPUT -> [FC(u) -> RELU]*u", "where: {u: [5, 6]}") == ["5", "6"]
    assert widths(
        "INPUT -> [FC(u)]*u -> FC(8)",
        "where: {u: '[5, n]', n: 6}".replace("u: '[5, n]', n: 6", "n: 6, u: '[5, n]'"),
    ) == ["5", "6", "8"]


def test_elements_may_be_flags_and_words() -> None:
    assert len(layers(spec("INPUT -> [RELU?u]*u", "where: {u: [yes, no, yes]}"))) == 3
    shapes = layers(spec("INPUT -> [CONV(1, 3, pad=p)]*p", "where: {p: [half, valid]}"))
    assert shapes[1:] == ["conv1 1x8x8", "conv2 1x6x6"]


def test_elements_may_be_pairs() -> None:
    rest = "where: {k: [[1, 3], [3, 1]]}"
    assert layers(spec("INPUT -> [CONV(1, k)]*k", rest))[1:] == ["conv1 1x8x6", "conv2 1x6x6"]


@pytest.mark.parametrize("value", ["[]", "'[]'"])
def test_an_empty_table_or_list_means_zero_times(value: str) -> None:
    assert layers(spec("INPUT -> [FC(f)]*t", f"where: {{t: {value}}}")) == ["input 3x8x8"]


def test_a_table_may_stand_in_a_row() -> None:
    rest = "where: {s: [{g: 1, t: [{f: 2}, {f: 3}]}, {g: 4, t: [{f: 5}]}]}"
    assert widths("INPUT -> [FC(g) -> [FC(f)]*t]*s", rest) == ["1", "2", "3", "4", "5"]


@pytest.mark.parametrize("value", ["^-1", "^2.5", "^half", "^yes"])
def test_what_no_count_is(value: str) -> None:
    assert code(spec("INPUT -> RELU*n", f"where: {{n: {value}}}")) == "repeat-count"


@pytest.mark.parametrize("value", ["[{f: 1}, ^2]", "[^2, {f: 1}]"])
def test_rows_are_all_mappings(value: str) -> None:
    assert code(spec("INPUT -> [FC(f)]*t", f"where: {{t: {value}}}")) == "table"


# flags


@pytest.mark.parametrize(("value", "count"), [("yes", 2), ("no", 1), ("true", 2), ("false", 1)])
@pytest.mark.parametrize(
    ("net", "flag"),
    [
        ("POOL?", "pool"),
        ("Pool?", "pool"),
        ("POOL(2)?", "pool"),
        ("POOL?down", "down"),
        ("[POOL]?down", "down"),
        ("B?", "b"),
        ("Bloc?", "bloc"),
    ],
)
def test_an_optional_is_there_when_its_flag_is_true(
    net: str, flag: str, value: str, count: int
) -> None:
    rest = f"where: {{{flag}: {value}}}\nblocks: {{B: RELU, Bloc: RELU}}"
    assert len(layers(spec(f"INPUT -> {net}", rest))) == count


def test_a_flag_is_true_where_it_stands() -> None:
    rest = "where: {pool: yes, t: [{k: 1}, {k: 1, pool: no}, {k: 1}]}"
    names = layers(spec("INPUT -> [CONV(1, k) -> POOL?]*t", rest))
    assert [name.split(" ")[0] for name in names[1:]] == [
        "conv1",
        "pool1",
        "conv2",
        "conv3",
        "pool2",
    ]


@pytest.mark.parametrize(
    ("net", "flag"),
    [("POOL^?", "pool"), ("B^?", "b"), ("RELU?^go", "go"), ("[RELU]?^go", "go")],
)
def test_an_unbound_flag_says_what_to_bind(net: str, flag: str) -> None:
    found = finding(spec(f"INPUT -> {net}", "blocks: {B: RELU}"))
    assert found.code == "unbound-flag"
    assert f"`{flag}: yes`" in str(found.help)


@pytest.mark.parametrize("value", ["1", "0", "half", "[yes]", "[{a: 1}]"])
def test_a_flag_is_a_boolean(value: str) -> None:
    assert code(spec("INPUT -> RELU?go", f"where: {{go: ^{value}}}")) == "flag"


# lexical scope


def test_the_inner_row_wins_then_the_outer_then_where() -> None:
    rest = """\
where:
  f: 1
  outer: [{f: 2, inner: [{f: 3}, {g: 4}]}, {inner: [{g: 5}]}]
"""
    assert widths("INPUT -> FC(f) -> [[FC(f)]*inner]*outer", rest) == ["1", "3", "2", "1"]


def test_a_row_is_not_seen_outside_its_repeat() -> None:
    rest = "where: {t: [{f: 2}]}"
    assert code(spec("INPUT -> [FC(f)]*t -> FC(^f)", rest)) == "unbound-name"


def test_a_value_may_be_an_expression_over_names_bound_above_it() -> None:
    rest = "where:\n  depth: 20\n  n: (depth-2)/6\n  t: [{a: 'n+1', f: 'a*2'}, {f: n}]\n"
    assert widths("INPUT -> FC(n) -> [FC(f)]*t", rest) == ["3", "8", "3"]


@pytest.mark.parametrize(
    "rest",
    [
        "where:\n  n: ^m\n  m: 1\n",
        "where:\n  n: 2*^n\n",
        "where:\n  n: 1\n  t: [{a: ^b, b: 2}]\n",
        "where:\n  t: [{a: ^m}]\n  m: 2\n  n: 1\n",
    ],
)
def test_names_are_read_from_above(rest: str) -> None:
    assert code(spec("INPUT -> FC(n)", rest)) == "unbound-name"


def test_rows_are_evaluated_where_they_are_written() -> None:
    """A row does not see the rows of the repeat that it is used in."""
    rest = "where:\n  f: 7\n  inner: [{g: f}]\n  outer: [{f: 1}]\n"
    assert widths("INPUT -> [FC(f) -> [FC(g)]*inner]*outer", rest) == ["1", "7"]


@pytest.mark.parametrize("value", ["1_000", "1:30", "'1'", "2 +", "~", "3/2", "m"])
def test_a_bad_value_hides_no_other_mistake_and_makes_none(value: str) -> None:
    found = findings(spec("INPUT -> FC(n) -> RELU*n -> RELU?n -> FC(k)", f"where: {{n: {value}}}"))
    assert len(found) == 2
    assert "`k`" in found[0].message


def test_lists_nest_two_deep() -> None:
    rest = "where:\n  a: [1, 2]\n  b: '[a, a]'\n  c: '[^b, b]'\n"
    assert code(spec("INPUT -> [RELU]*c", rest)) == "wrong-type"


def test_lists_of_lists_by_name_do_not_grow() -> None:
    rows = "".join(f"  x{at}: '[x{at - 1}, x{at - 1}]'\n" for at in range(1, 60))
    assert findings(spec("INPUT -> CONV(x59)", f"where:\n  x0: [1, 1]\n{rows}"))


def test_tables_in_tables_by_name_do_not_grow() -> None:
    rows = "".join(f"  t{at}: [{{x: t{at - 1}, y: t{at - 1}}}]\n" for at in range(1, 60))
    assert layers(spec("INPUT -> RELU*t59", f"where:\n  t0: [{{a: 1}}]\n{rows}"))


def test_many_bindings_cost_little() -> None:
    rows = "".join(f"  x{at}: x{at - 1}\n" for at in range(1, 5000))
    assert last(spec("INPUT -> FC(x4999)", f"where:\n  x0: 7\n{rows}")) == "7"


# defaults of kinds


def test_where_and_rows_give_defaults_and_the_nearest_wins_key_by_key() -> None:
    rest = """\
where:
  CONV: {kernel: 5, filters: 1, stride: 2}
  t:
    - CONV: {filters: 2}
    - {CONV: {kernel: 1}}
    - {CONV: {filters: 4, kernel: 3, stride: 1}}
"""
    net = "INPUT -> CONV -> [CONV]*t -> CONV(9, stride=1)"
    assert layers(spec(net, rest, size="3x64x64"))[1:] == [
        "conv1 1x30x30",
        "conv2 2x13x13",
        "conv3 1x7x7",
        "conv4 4x5x5",
        "conv5 9x1x1",
    ]


def test_an_argument_wins_over_all() -> None:
    rest = "where: {CONV: {filters: 1, kernel: 5}, t: [{CONV: {filters: 2, kernel: 3}}]}"
    assert last(spec("INPUT -> [CONV(7, kernel=1)]*t", rest)) == "7x8x8"


def test_defaults_of_nested_rows_add_up() -> None:
    rest = "where: {o: [{CONV: {filters: 2}, i: [{CONV: {kernel: 3}}, {CONV: {filters: 5}}]}]}"
    rest = rest.replace("where: {", "where: {CONV: {kernel: 1}, ")
    result = layers(spec("INPUT -> [[CONV]*i]*o", rest))
    assert result[1:] == ["conv1 2x6x6", "conv2 5x6x6"]


def test_the_textbook_line_works_as_it_stands_on_the_board() -> None:
    rest = """\
where:
  CONV: {kernel: 3, pad: half}
  POOL: {kernel: 2, stride: 2}
  pool: yes
  FC: {units: 10}
  N: 2
  M:
    - CONV: {filters: 32}
    - CONV: {filters: 64}
    - {CONV: {filters: 128}, pool: no}
  K:
    - FC: {units: 256}
"""
    net = "INPUT -> [[CONV -> RELU]*N -> POOL?]*M -> [FC -> RELU]*K -> FC"
    result = checked(spec(net, rest, size="3x32x32"))
    assert not [d for d in result.diagnostics if d.severity != "note"]
    shapes = [str(node.type) for node in result.nodes if node.kind in ("CONV", "POOL", "FC")]
    assert shapes == [
        *["32x32x32"] * 2,
        "32x16x16",
        *["64x16x16"] * 2,
        "64x8x8",
        *["128x8x8"] * 2,
        "256",
        "10",
    ]


@pytest.mark.parametrize("kind", ["CONV", "conv", "Conv"])
def test_defaults_are_of_a_kind_in_any_case(kind: str) -> None:
    assert last(spec("INPUT -> conv", f"where: {{{kind}: {{filters: 2}}}}")) == "2x6x6"


def test_defaults_may_be_expressions_and_see_the_tensor_of_the_call() -> None:
    rest = "where: {f: 2, CONV: {filters: f*C, kernel: '[1, f]'}}"
    assert layers(spec("INPUT -> CONV -> CONV", rest))[1:] == ["conv1 6x8x7", "conv2 12x8x6"]


@pytest.mark.parametrize(
    ("rest", "expected"),
    [
        ("where: {^CNV: {kernel: 3}}", "unknown-kind"),
        ("where: {^FOO: {kernel: 3}}", "unknown-kind"),
        ("where: {t: [{^CNV: {kernel: 3}}]}", "unknown-kind"),
        ("where: {foo: ^{kernel: 3}}", "table"),
        ("where: {CONV: {^kernle: 3}}", "unknown-hyperparameter"),
        ("where: {CONV: {kernel: ^0}}", "out-of-range"),
        ("where: {CONV: {kernel: ^yes}}", "wrong-type"),
        ("where: {CONV: {kernel: ^a_b}}", "unbound-name"),
        ("where: {CONV: ^3}", "mapping-expected"),
        ("where: {t: [{CONV: ^[3]}]}", "mapping-expected"),
    ],
)
def test_bad_defaults(rest: str, expected: str) -> None:
    net = "INPUT -> [CONV(8)]*t" if "t:" in rest else "INPUT -> CONV(8)"
    assert code(spec(net, rest)) == expected


# C, H and W


def test_c_h_and_w_are_of_the_tensor_that_enters_the_call() -> None:
    result = layers(spec("INPUT -> CONV(C*2, 1) -> CONV(C/2, [H, 1]) -> FC(C+H*W)", size="4x5x6"))
    assert result[1:] == ["conv1 8x5x6", "conv2 4x1x6", "flatten1 24", "fc1 10"]


def test_on_a_vector_c_is_its_length_and_h_and_w_are_errors() -> None:
    assert last(spec("INPUT -> GAP -> FC(C*2) -> FC(C+1)")) == "7"
    for name in "HW":
        assert code(spec(f"INPUT -> GAP -> FC(^{name})")) == "built-in-name"


@pytest.mark.parametrize(
    "text",
    [
        spec("INPUT -> FC(n)", "where: {n: ^C}"),
        spec("INPUT -> RELU*^C"),
        spec("INPUT @a -> ADD{ | @a[^H] }"),
        spec("INPUT -> [FC(n)]*t", "where: {t: [{n: 2*^W}]}"),
    ],
)
def test_no_tensor_enters_there(text: str) -> None:
    assert code(text) == "built-in-name"


@pytest.mark.parametrize("name", ["C", "H", "W", *WORDS])
@pytest.mark.parametrize(
    "rest",
    [
        "where: {^%s: 1}",
        "where: {t: [{^%s: 1}]}",
        "blocks: {'B(^%s)': RELU}",
        "blocks: {'B(^%s=1)': RELU}",
    ],
)
def test_what_the_language_has_taken_cannot_be_bound(name: str, rest: str) -> None:
    found = findings((spec("INPUT -> RELU", rest % name)).replace("^", ""))
    assert len(found) == 1
    assert f"`{name}`" in found[0].message or found[0].code == "block"
    assert found[0].span.source.text[found[0].span.start :].startswith(name)


@pytest.mark.parametrize("name", ["a b", "1a", '""', "a-b", "é", "a" * 201])
def test_names_are_identifiers(name: str) -> None:
    assert code(spec("INPUT -> RELU", f"where: {{^{name}: 1}}")) == "bad-name"


# exact arithmetic


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("^7/2", "inexact-division"),
        ("^C/2", "inexact-division"),
        ("2+^1/3*3", "inexact-division"),
        ("^3/0", "division-by-zero"),
        ("^3%0", "division-by-zero"),
        ("^9223372036854775807*2", "too-large"),
        ("^9223372036854775807+1", "too-large"),
        ("^half+1", "wrong-type"),
        ("1+^yes", "wrong-type"),
        ("1+^t", "wrong-type"),
        ("-^half", "wrong-type"),
        ("1+^[1]", "wrong-type"),
    ],
)
def test_arithmetic_is_exact_and_of_numbers(expression: str, expected: str) -> None:
    found = findings(spec(f"INPUT -> FC({expression})".replace("^", ""), "where: {t: [{a: 1}]}"))
    assert [d.code for d in found] == [expected]
    net = spec(f"INPUT -> FC({expression})")
    assert found[0].span.start == net.index("^") or expected == "wrong-type"


def test_a_number_too_large_is_never_computed() -> None:
    rows = "".join(f"  x{at}: x{at - 1}*x{at - 1}\n" for at in range(1, 5000))
    found = findings(spec("INPUT -> FC(x4999)", f"where:\n  x0: 3\n{rows}"))
    assert [d.code for d in found] == ["too-large"]


# warnings


@pytest.mark.parametrize(
    ("rest", "expected"),
    [
        ("where: {^n: 1}", "unused-binding"),
        ("where: {^n: 1, m: n}", "x"),
        ("where: {^CONV: {kernel: 3}}", "unused-binding"),
        ("where: {^t: [{f: 1}]}", "unused-binding"),
        ("blocks: {^B: TANH}", "unused-block"),
        ("blocks: {'^B(a, b=2)': TANH}", "unused-block"),
    ],
)
def test_what_nothing_reads_is_a_warning(rest: str, expected: str) -> None:
    if expected == "x":
        found = findings(spec("INPUT -> RELU", rest.replace("^", "")), "warning")
        assert [d.message for d in found] == ["nothing reads the binding `m`"]
    else:
        assert code(spec("INPUT -> RELU", rest), "warning") == expected


@pytest.mark.parametrize(
    ("net", "table"),
    [
        ("[FC(f)]*t", "[{f: 1, ^g: 2}]"),
        ("[FC(f) -> RELU]*t", "[{f: 1}, {f: 1, ^g: 2}]"),
        ("RELU*t", "[{^f: 1}]"),
        ("[FC(f)]*t", "[{f: 1, ^CONV: {kernel: 3}}]"),
        ("[FC(f)]*t", "[{f: 1, ^pool: yes}]"),
        ("[[RELU]*u]*t", "[{u: [{^f: 1}]}]"),
    ],
)
def test_a_row_key_that_nothing_reads_is_a_warning(net: str, table: str) -> None:
    assert code(spec(f"INPUT -> {net}", f"where: {{t: {table}}}"), "warning") == "unused-row-key"


@pytest.mark.parametrize(
    ("net", "rest"),
    [
        ("[FC(f)]*t", "where: {t: [{f: 1}, {f: 2}]}"),
        ("[[FC(f)]*t]?go", "where: {go: no, t: [{f: 1}]}"),
        ("[[FC(f)]*t]*0", "where: {t: [{f: 1}]}"),
        ("POOL?", "where: {pool: no, POOL: {kernel: 2}}"),
        ("B?", "where: {b: no, n: 1}\nblocks: {B: '[FC(n)]'}"),
        ("[B]*t", "where: {t: [{f: 1}]}\nblocks: {B(f): FC(f)}"),
        ("FC(m)", "where: {n: 1, m: n}"),
        ("[CONV]*t", "where: {t: [{CONV: {filters: 1}}]}"),
        ("conv(1)", "where: {CONV: {kernel: 3}}"),
        ("CONV(1, 3)", "where: {CONV: {kernel: 3}}"),
    ],
)
def test_what_something_reads_is_no_warning(net: str, rest: str) -> None:
    found = findings(spec(f"INPUT -> {net}", rest), "warning")
    assert not [d for d in found if d.code.startswith("unused")]
