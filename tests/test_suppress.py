"""`# netspec: ignore[code]`: which comments count, for which lines, and what they cannot do."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import netspec
from netspec.analysis.check import check_source
from netspec.text.document import read_document
from netspec.text.ignores import find_ignores
from netspec.text.source import Source

HEAD = "netspec: 1\nname: t\ninput: 3x32x32\n"
#: A net with a warning, window-remainder, in its line.
CONV = "CONV(8, 5, 2)"
IGNORE = "# netspec: ignore[window-remainder]"
NET = "net: INPUT -> CONV(8, 5, 2) -> RELU -> FC(10)"


def codes(text: str) -> list[str]:
    return [diagnostic.code for diagnostic in netspec.check(text)]


def test_the_warning_is_there() -> None:
    assert codes(f"{HEAD}{NET}\n") == ["window-remainder"]


@pytest.mark.parametrize(
    "comment",
    [
        "# netspec: ignore[window-remainder]",
        "#netspec:ignore[window-remainder]",
        "#  netspec:\tignore [ window-remainder ]",
        "# as in the paper  # netspec: ignore[window-remainder]",
        "# netspec: ignore[window-remainder] as in the paper",
    ],
)
def test_a_comment_hides_the_warning_of_its_line(comment: str) -> None:
    assert codes(f"{HEAD}{NET}  {comment}\n") == []


def test_windows_line_ends_and_a_byte_order_mark() -> None:
    text = f"\ufeff{HEAD}{NET}  # netspec: ignore[window-remainder]\n"
    assert codes(text.replace("\n", "\r\n")) == []


def test_a_comment_hides_only_its_codes_and_only_on_its_line() -> None:
    text = f"{HEAD}{NET}  # netspec: ignore[unused-binding]\nwhere:\n  n: 3\n"
    assert codes(text) == ["window-remainder", "unused-ignore", "unused-binding"]


def test_several_codes_and_several_comments() -> None:
    more = "where: {n: 3, m: 4}"
    assert codes(f"{HEAD}{NET}  # netspec: ignore[window-remainder]\n{more}\n") == [
        "unused-binding",
        "unused-binding",
    ]
    flow = (
        f"{HEAD}net: INPUT -> CONV(8, 5, 2) @x -> RELU -> FC(10)"
        "  # netspec: ignore[window-remainder,unused-label]\n"
        f"{more}  # netspec: ignore[unused-binding]\n"
    )
    assert codes(flow) == []


@pytest.mark.parametrize(
    "net",
    [
        f"net: >  {IGNORE}\n  INPUT\n\n  -> {CONV} -> RELU\n  -> FC(10)\n",
        f"net: |-  {IGNORE}\n  INPUT -> {CONV} -> RELU\n  -> FC(10)",
        f"net: &n >  {IGNORE}\n  INPUT -> {CONV} -> RELU\n  -> FC(10)",
        f"net: INPUT\n  -> {CONV} -> RELU\n  -> FC(10)  {IGNORE}\n",
        f'net: "INPUT\n  -> {CONV} -> RELU\n  -> FC(10)"  {IGNORE}\n',
        f"net:\n  - INPUT\n  - {CONV}  {IGNORE}\n  - RELU -> FC(10)\n",
        f"net:\n  - INPUT\n  - a: {CONV}  {IGNORE}\n  - RELU -> FC(10)\n",
    ],
)
def test_values_of_several_lines(net: str) -> None:
    assert codes(HEAD + net) == []


@pytest.mark.parametrize(
    "doc",
    [
        'doc: "# netspec: ignore[nope]"',
        "doc: '# netspec: ignore[nope]'",
        "doc: a#netspec:ignore[nope]",
        "doc: |\n  text\n  # netspec: ignore[nope]\n",
        "doc: >\n  text # netspec: ignore[nope]\n",
        'doc: "a\n  # netspec: ignore[nope]\n  b"',
    ],
)
def test_a_number_sign_in_a_value_is_no_comment(doc: str) -> None:
    assert codes(f"{HEAD}{doc}\n{NET}  # netspec: ignore[window-remainder]\n") == []


def test_after_a_block_a_comment_is_one_again() -> None:
    text = (
        f"{HEAD}doc: |\n  text\n# netspec: ignore[nope]\n{NET}  # netspec: ignore[window-remainder]"
    )
    assert codes(text) == ["unknown-code"]


def test_an_unknown_code_names_the_nearest() -> None:
    (found, *rest) = netspec.check(f"{HEAD}{NET}  # netspec: ignore[window-remaindr]\n")
    assert [d.code for d in rest] == ["unknown-code"]
    assert rest[0].help == "did you mean `window-remainder`?"
    assert rest[0].span.column == len(NET) + len("  # netspec: ignore[") + 1
    assert found.code == "window-remainder"


@pytest.mark.parametrize(
    "comment", ["# netspec: ignore", "# netspec: ignore[]", "# netspec: ignore[ , ]"]
)
def test_a_comment_without_a_code_is_a_warning(comment: str) -> None:
    assert codes(f"{HEAD}net: INPUT -> FC(10)  {comment}\n") == ["unused-ignore"]


def test_a_comment_alone_on_its_line_is_told_where_to_stand() -> None:
    (found,) = netspec.check(f"{HEAD}# netspec: ignore[window-remainder]\nnet: INPUT -> FC(10)\n")
    assert (found.code, found.help) == ("unused-ignore", "move it to the end of the line it is for")


@pytest.mark.parametrize(
    "comment", ["# netspec: 1", "# netspec: ignored[x]", "# netspec ignore[x]"]
)
def test_other_comments_mean_nothing(comment: str) -> None:
    assert codes(f"{HEAD}net: INPUT -> FC(10)  {comment}\n") == []


def test_an_error_cannot_be_ignored() -> None:
    text = f"{HEAD}net: INPUT -> POOL(99) -> FC(10)  # netspec: ignore[window-too-large]\n"
    checked = check_source(Source("s", text))
    assert not checked.ok
    assert [d.code for d in checked.diagnostics] == ["window-too-large", "unused-ignore"]
    assert "cannot be ignored" in checked.diagnostics[1].message


def test_a_rejected_spec_is_not_told_that_its_comments_hide_nothing() -> None:
    """What they hide is found only when the errors are mended."""
    text = f"{HEAD}{NET.replace('FC(10)', 'POOL(99)')}  # netspec: ignore[unused-label]\n"
    assert "unused-ignore" not in codes(text)


def test_an_override_that_mends_the_warning_is_no_reason_to_complain() -> None:
    source = Source("s", f"{HEAD}{NET}  # netspec: ignore[window-remainder]\n")
    tree, _ = read_document(Source("--set input", "3x33x33"))
    assert check_source(source, overrides={"input": tree}).diagnostics == ()


def test_a_comment_cannot_hide_what_is_wrong_with_itself() -> None:
    assert codes(f"{HEAD}net: INPUT -> FC(10)  # netspec: ignore[unused-ignore]\n") == [
        "unused-ignore"
    ]


def test_the_code_is_made_printable() -> None:
    (found,) = netspec.check(f"{HEAD}net: INPUT -> FC(10)  # netspec: ignore[a\u202eb]\n")
    assert found.code == "unknown-code"
    assert "\u202e" not in found.message


def test_thousands_of_comments_hide_as_many_warnings() -> None:
    rows = "".join(f"  n{i}: 3  # netspec: ignore[unused-binding]\n" for i in range(3000))
    assert codes(f"{HEAD}net: INPUT -> FC(10)\nwhere:\n{rows}") == []


_PIECES = st.sampled_from(
    [
        "a: ",
        "b",
        "'",
        '"',
        "#",
        " # ",
        "netspec: ignore[x]",
        "\n",
        "\n  ",
        "- ",
        "|\n",
        ">-\n",
        "&a ",
    ]
)


@given(st.lists(_PIECES, max_size=24).map("".join))
def test_a_comment_is_found_just_where_yaml_sees_one(text: str) -> None:
    """Against the reader itself: what is blanked out of a comment changes no value."""
    try:
        before = read_document(Source("s", text))[0]
    except netspec.SpecError:
        return
    for ignore in find_ignores(Source("s", text)):
        at = ignore.span.start
        rest, newline, more = text[at:].partition("\n")
        without = text[:at] + "#" * len(rest) + newline + more
        assert _values(read_document(Source("s", without))[0]) == _values(before)


def _values(tree: object) -> object:
    entries = getattr(tree, "entries", None)
    if entries is not None:
        return [(key.text, _values(value)) for key, value in entries]
    items = getattr(tree, "items", None)
    return [_values(item) for item in items] if items is not None else getattr(tree, "text", None)
