"""The document (language.md, section 1): YAML 1.2 scalars, keys, aliases, bounds, encodings."""

from __future__ import annotations

from math import isnan

import pytest

from netspec.analysis.check import check_bytes
from netspec.text.diagnostics import SpecError
from netspec.text.document import read_document
from netspec.text.limits import MAX_ALIASED_NODES, MAX_DEPTH, MAX_FILE_BYTES
from netspec.text.source import Source
from netspec.text.tree import Mapping, Scalar, Sequence, Tree
from tests.texts import code, findings, last, layers, spec


def scalar(text: str) -> object:
    """The value that a YAML scalar resolves to."""
    tree, found = read_document(Source("test.yaml", f"a: {text}"))
    assert isinstance(tree, Mapping)
    assert not found
    value = tree.get("a")
    assert isinstance(value, Scalar)
    return value.value


def rejection(text: str) -> tuple[str, int, int]:
    """Code, line and column of the mistake that leaves no tree."""
    with pytest.raises(SpecError) as error:
        read_document(Source("test.yaml", text))
    (found,) = error.value.diagnostics
    return found.code, found.span.line, found.span.column


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("017", 17),
        ("0o17", 15),
        ("0x1F", 31),
        ("+3", 3),
        ("-12", -12),
        ("3", 3),
        ("3.0", 3.0),
        ("1e-5", 1e-5),
        ("1e3", 1000.0),
        ("-.5", -0.5),
        ("2.", 2.0),
        (".inf", float("inf")),
        ("-.INF", float("-inf")),
        ("1:30", "1:30"),
        ("1_000", "1_000"),
        ("0b11", "0b11"),
        ("0o18", "0o18"),
        ("2026-01-01", "2026-01-01"),
        ("on", "on"),
        ("off", "off"),
        ("On", "On"),
        ("y", "y"),
        ("n", "n"),
        ("Yes", "Yes"),
        ("NO", "NO"),
        ("inf", "inf"),
        ("yes", True),
        ("no", False),
        ("true", True),
        ("True", True),
        ("TRUE", True),
        ("false", False),
        ("False", False),
        ("FALSE", False),
        ("tRuE", "tRuE"),
        ("null", None),
        ("~", None),
        ("", None),
        ("NULL", None),
        ('"3"', "3"),
        ("'yes'", "yes"),
        ('""', ""),
    ],
)
def test_scalars_by_the_core_rules_of_yaml_1_2(text: str, value: object) -> None:
    found = scalar(text)
    assert (type(found), found) == (type(value), value)


@pytest.mark.parametrize("text", [".nan", ".NaN", ".NAN"])
def test_not_a_number_is_a_float(text: str) -> None:
    value = scalar(text)
    assert isinstance(value, float)
    assert isnan(value)


@pytest.mark.parametrize("text", ["1" * 100_000, "-" + "1" * 100_000, "0x" + "f" * 100_000])
def test_an_endless_number_is_an_error_and_no_work(text: str) -> None:
    assert len(findings(spec("INPUT -> FC(n)", f"where: {{n: {text}}}"))) == 1


@pytest.mark.parametrize("text", ["017", "+17", "0x11", "0o21", "17"])
def test_integers_are_accepted_where_they_are_due(text: str) -> None:
    assert last(spec("INPUT -> FC(n)", f"where: {{n: {text}}}")) == "17"


@pytest.mark.parametrize("text", ["1:30", "1_000", "on", '"3"', "3.0", "1e3", "yes", "~"])
def test_what_is_no_integer_is_an_error_where_one_is_due(text: str) -> None:
    assert code(spec("INPUT -> FC(n)", f"where: {{n: ^{text}}}"))


@pytest.mark.parametrize("text", ["on", "off", "y", "Yes", "1", "0", "~"])
def test_what_is_no_boolean_is_an_error_where_one_is_due(text: str) -> None:
    assert code(spec("INPUT -> RELU?n", f"where: {{n: ^{text}}}"))


def test_a_number_with_an_exponent_is_a_number_where_one_is_due() -> None:
    assert layers(spec("INPUT -> BN(eps=e) -> BN(eps=1e-5)", "where: {e: 1e-4}"))


@pytest.mark.parametrize(
    "text",
    [
        spec("INPUT -> RELU").replace("netspec: 1\n", "netspec: ^1.0\n"),
        spec("INPUT -> RELU", size="^3.0"),
        spec("INPUT -> CONV(^8.0)"),
        spec("INPUT -> CONV(8, kernel=^[3.0, 3])"),
        spec("INPUT -> RELU*^2.0"),
        spec("INPUT -> RELU*(^4.0/2)"),
        spec("INPUT @a -> ADD{ | @a[^0.0] }"),
        spec("INPUT -> FC(n)", "where: {n: ^3.0}"),
        spec("INPUT -> CONV", "where: {CONV: {filters: ^8.0}}"),
    ],
)
def test_an_integer_may_be_written_3_0_nowhere(text: str) -> None:
    assert code(text)


@pytest.mark.parametrize(
    "text",
    [
        "netspec: 1\nname: a\n^name: b\ninput: 3\nnet: INPUT -> FC(1)\n",
        spec("INPUT -> FC(n)", 'where: {n: 1, ^"n": 2}'),
        spec("INPUT -> [FC(n)]*t", "where: {t: [{n: 1, ^n: 2}]}"),
        spec("INPUT -> FC", "where: {FC: {units: 1, ^units: 2}}"),
        spec("INPUT -> FC", "where: {FC: {units: 1}, ^Fc: {bias: no}}"),
    ],
)
def test_a_key_that_stands_twice(text: str) -> None:
    assert code(text) == "duplicate-key"


def test_merge_keys_are_errors() -> None:
    rest = "where:\n  CONV: &a {filters: 2}\n  POOL: {^<<: *a}\n"
    assert code(spec("INPUT -> CONV -> POOL", rest)) == "merge-key"


@pytest.mark.parametrize("key", ["3", "3.5", "~", "[a]", "{a: b}"])
def test_a_key_is_a_name(key: str) -> None:
    assert code(spec("INPUT -> RELU", f"where:\n  ? ^{key}\n  : 1\n")) == "bad-key"


def test_aliases_repeat_what_their_anchors_mark() -> None:
    rest = "where:\n  a: &t [{f: 2}, {f: 3}]\n  b: *t\n  p: &p yes\n  q: *p\n"
    net = "&n INPUT -> [FC(f)]*a -> [FC(f)]*b -> RELU?p -> RELU?q"
    assert layers(spec(net, rest))[2:] == ["fc1 2", "fc2 3", "fc3 2", "fc4 3", "relu1 3", "relu2 3"]


def test_a_pattern_behind_an_anchor_keeps_its_places() -> None:
    assert code(spec("\n  - &a INPUT -> ^CONVV\n  - RELU")) == "unknown-kind"
    assert code(spec("&a |\n  INPUT ->\n  ^CONVV")) == "unknown-kind"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a: *b\n", (1, 4)),
        ("a: &x [*x]\n", (1, 8)),
        ("a: &x {b: &y [*x]}\n", (1, 15)),
    ],
)
def test_an_alias_needs_a_finished_anchor_above_it(text: str, place: tuple[int, int]) -> None:
    assert rejection(text) == ("alias", *place)


def test_aliases_have_a_budget() -> None:
    doubling = "x0: &a0 [1, 1]\n" + "".join(
        f"x{at}: &a{at} [*a{at - 1}, *a{at - 1}]\n" for at in range(1, 60)
    )
    assert rejection(doubling)[0] == "alias"
    few = "x: &a [1]\ny: [" + "*a, " * (MAX_ALIASED_NODES // 2 - 1) + "]\n"
    assert isinstance(read_document(Source("test.yaml", few))[0], Mapping)


def test_aliases_do_not_nest_past_the_bound() -> None:
    deep = "x0: &a0 [1]\n" + "".join(f"x{at}: &a{at} [*a{at - 1}]\n" for at in range(1, 80))
    assert rejection(deep)[0] == "alias"


@pytest.mark.parametrize("text", ["!!str 3", "!foo 3", "! 3", "!!python/object:os.system {}"])
def test_tags_are_errors(text: str) -> None:
    assert rejection(f"a: {text}\n")[0] == "tag"


def test_one_document() -> None:
    assert rejection("a: 1\n---\nb: 2\n")[0] == "several-documents"
    assert isinstance(read_document(Source("t", "---\na: 1\n...\n"))[0], Mapping)


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing\n", "---\n", "~\n"])
def test_an_empty_file_has_a_finding(text: str) -> None:
    assert [d.code for d in findings(text)] in (["empty-file"], ["mapping-expected"])


@pytest.mark.parametrize("text", ["- a\n", "word\n", "3\n", "[]\n"])
def test_a_document_is_a_mapping(text: str) -> None:
    assert [d.code for d in findings(text)] == ["mapping-expected"]


def test_64_levels_and_no_more() -> None:
    flow = "a: " + "[" * (MAX_DEPTH - 1) + "]" * (MAX_DEPTH - 1)
    assert isinstance(read_document(Source("t", flow))[0], Mapping)
    assert rejection("a: " + "[" * MAX_DEPTH + "]" * MAX_DEPTH) == (
        "too-deep",
        1,
        4 + MAX_DEPTH - 1,
    )
    assert rejection("a: " + "[" * 100_000)[0] == "too-deep"
    assert rejection("".join(" " * at + "a:\n" for at in range(100)))[0] == "too-deep"


def test_5_megabytes_and_no_more() -> None:
    text = spec("INPUT -> RELU")
    full = text + "#" * (MAX_FILE_BYTES - len(text))
    assert check_bytes(full.encode(), "t").ok
    (found,) = check_bytes(full.encode() + b"#", "t").diagnostics
    assert found.code == "file-too-large"
    assert [d.code for d in findings(full + "#")] == ["file-too-large"]


def test_a_byte_order_mark_is_fine_and_moves_no_column() -> None:
    text = "\ufeff" + spec("INPUT -> CONVV")
    for result in (findings(text), check_bytes(text.encode(), "t").diagnostics):
        assert [(d.span.line, d.span.column) for d in result] == [(4, 15)]


def test_carriage_returns_are_fine_and_move_no_place() -> None:
    text = spec(">-\n  INPUT ->\n  RELU -> ^CONVV", "where: {}\n")
    assert code(text.replace("\n", "\r\n").replace("where: {}\r\n", "")) == "unknown-kind"
    assert layers(spec("INPUT -> RELU").replace("\n", "\r\n")) == ["input 3x8x8", "relu1 3x8x8"]


def test_a_file_is_utf_8() -> None:
    data = "netspec: 1\nname: a\ndoc: réseau\n".encode("latin-1")
    (found,) = check_bytes(data, "t").diagnostics
    assert (found.code, found.span.line, found.span.column) == ("not-utf8", 3, 7)
    (found,) = check_bytes("name: a".encode("utf-16"), "t").diagnostics
    assert found.code == "not-utf8"


@pytest.mark.parametrize("bad", ["\0", "\x1b", "\x7f", "\x9b", "\ud800", "\ufffe"])
def test_control_characters_are_refused_where_they_stand(bad: str) -> None:
    assert rejection(f"a: b\nc: d{bad}\n") == ("control-character", 2, 5)


def test_places_count_characters_not_bytes() -> None:
    text = 'a: "é→\U0001f600" # x\nb: [ü, {ö: ß}]\n'
    tree, _ = read_document(Source("t", text))
    places = {}

    def walk(tree: Tree) -> None:
        match tree:
            case Scalar():
                places[tree.text] = (tree.span.line, tree.span.column, *tree.span.end_position)
            case Sequence():
                for item in tree.items:
                    walk(item)
            case Mapping():
                for key, value in tree.entries:
                    walk(key)
                    walk(value)

    walk(tree)
    assert places["é→\U0001f600"] == (1, 4, 1, 9)
    assert places["ß"] == (2, 12, 2, 13)


@pytest.mark.parametrize(
    "text",
    [
        "a: [1, 2\nb: 3\n",
        "a: b: c\n",
        "a: 'x\n",
        "\ta: 1\n",
        "a: 1\n b: 2\n",
        "a: @x\n",
        "a: `x`\n",
    ],
)
def test_bad_syntax_is_one_finding_in_plain_words(text: str) -> None:
    with pytest.raises(SpecError) as error:
        read_document(Source("t", text))
    (found,) = error.value.diagnostics
    assert found.code == "yaml-syntax"
    assert "while parsing" not in found.message
