"""What is bound, defined or labelled and never read: found beside errors too, and never twice."""

from __future__ import annotations

import pytest

import netspec
from tests.test_lint import spec


def told(text: str) -> list[tuple[str, str]]:
    """Code and text at the place of each finding."""
    found = [(d.code, d.span) for d in netspec.check(text)]
    return [(code, span.source.text[span.start : span.end]) for code, span in found]


def unused(text: str) -> list[tuple[str, str]]:
    return [(code, place) for code, place in told(text) if code.startswith("unused-")]


ALL = spec(
    "INPUT -> CONV(8) @skip -> RELU -> [CONV(f) -> RELU]*row",
    "where:",
    "  momentum: 9",
    "  AVGPOOL: {kernel: 2}",
    "  row: [{f: 8, depth: 1}, {f: 16, depth: 2}]",
    "blocks:",
    "  SPARE(f): CONV(f) -> RELU",
)
UNUSED = [
    ("unused-label", "skip"),
    ("unused-binding", "momentum"),
    ("unused-binding", "AVGPOOL"),
    ("unused-row-key", "depth"),
    ("unused-block", "SPARE"),
]


def test_each_unused_thing_is_found_once() -> None:
    assert told(ALL) == UNUSED


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("CONV(8) @skip", "CONV(8, 99) @skip"),  # no shape
        ("CONV(8) @skip", "CONV(8, padd=1) @skip"),  # no such hyperparameter
        ("-> RELU ->", "-> RELUU ->"),  # no such kind
        ("-> RELU ->", "-> RELU -> FC(u) ->"),  # no such name
        ("-> RELU ->", "-> RELU POOL ->"),  # no arrow
        ("INPUT ->", ""),  # no input
        ("input: 3x32x32", "input: 3x32"),  # none to be read
        ("]*row", "]*row -> CONCAT{ @nowhere | }"),  # no such label
    ],
)
def test_unused_things_are_found_beside_an_error(right: str, wrong: str) -> None:
    text = ALL.replace(right, wrong)
    assert text != ALL
    assert unused(text) == UNUSED
    assert len(told(text)) == len(UNUSED) + 1


@pytest.mark.parametrize(
    ("net", "more"),
    [
        # a name misspelt where it is read, or where it is bound
        ("INPUT -> CONV(filtres)", ["where: {filters: 8}"]),
        ("INPUT -> [CONV(8)]*stge", ["where: {stage: 2}"]),
        ("INPUT -> CONV(8) -> [RELU]?deep", ["where: {deap: yes}"]),
        ("INPUT -> CONV(8) @skipp -> RELU -> ADD{ | @skip }", []),
        ("INPUT -> CBR(8)", ["blocks:", "  CRB(f): CONV(f) -> RELU"]),
        ("INPUT -> CONVV(8)", ["where:", "  CONV: {kernel: 5}"]),
        ("INPUT -> CONV(8)", ["where:", "  CONVV: {kernel: 5}"]),
        # a value that cannot be read, of a binding or of what reads it
        ("INPUT -> CONV(8)", ["where:", "  f: 3 +"]),
        ("INPUT -> CONV(n)", ["where:", "  f: 8", "  n: f *"]),
        # a place that the expansion does not come to
        ("INPUT -> CONV(8) -> (f) -> RELU", ["where: {f: 8}"]),
        ("INPUT -> CONV(8){ CONV(f) | CONV(g) }", ["where: {f: 8, g: 8}"]),
        ("INPUT -> [CONV(f)]*2000000", ["where: {f: 8}"]),
        ("INPUT -> A", ["where: {f: 8}", "blocks:", "  A: [CONV(f) -> RELU]*2"]),
    ],
)
def test_an_error_that_explains_it_stands_alone(net: str, more: list[str]) -> None:
    found = told(spec(net, *more))
    assert len(found) == 1, found
    assert not found[0][0].startswith("unused-")


def test_what_only_an_unused_thing_reads_has_no_warning_of_its_own() -> None:
    text = spec(
        "INPUT -> CONV(8) -> RELU",
        "where:",
        "  k: 3",
        "  eps: 0.1",
        "  BN: {eps: eps}",
        "blocks:",
        "  A(f): CONV(f, k) -> RELU",
        "  B: A(8) -> A(16)",
    )
    assert told(text) == [("unused-binding", "BN"), ("unused-block", "B")]


def test_blocks_that_call_each_other_and_nobody_calls() -> None:
    text = spec("INPUT -> CONV(8) -> RELU", "blocks:", "  A: B -> RELU", "  B: A -> RELU")
    assert told(text) == [("unused-block", "A")]


def test_the_default_of_a_hyperparameter_is_bound_for_its_kind() -> None:
    text = spec("INPUT -> CONV(8, 3) -> RELU", "where: {bias: no}")
    (found,) = netspec.check(text)
    assert found.help == "write `CONV: {bias: no}` if it is meant for CONV"


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("-> [CONV(f) -> RELU]*stage", "-> [CONV(f) -> RELU]*st(ge"),
        ("-> [CONV(f) -> RELU]*stage", "-> [CONV(f) -> RELU]*stag@"),
        ("-> [CONV(f) -> RELU]*stage", "-> [CONV(f) -> RELU]* "),
        ("-> B(8)", "-> B@8"),
        ("LONG(f):", "LO)G(f):"),
        ("-> LONG(8)", "-> L(NG(8)"),
        ("n: base*2", "n: (ba(e*2"),
        ("f: 8, s: 1", "f: 8, g: 1"),
    ],
)
def test_one_wrong_character_makes_nothing_unused(right: str, wrong: str) -> None:
    text = spec(
        "INPUT -> B(8) -> LONG(8) -> [CONV(f) -> RELU]*stage -> [CONV(f, n, s) -> RELU]*row",
        "where:",
        "  base: 1",
        "  n: base*2",
        "  stage: [{f: 8}, {f: 8}]",
        "  row: [{f: 8, s: 1}]",
        "blocks:",
        "  B(f): CONV(f) -> RELU",
        "  LONG(f): CONV(f) -> RELU",
    )
    assert told(text) == []
    assert right in text
    assert unused(text.replace(right, wrong)) == []
