"""docs/limits.md lists every bound with its value; docs/threats.md names tests that exist; numbers
have bounds too.
"""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest

from netspec.analysis.receptive import receptive_fields
from netspec.text import limits
from netspec.text.nearest import nearest
from tests.graphs import graph_of

_ROOT = Path(__file__).parent.parent
_ROW = re.compile(r"^\| `([A-Z_]+)` \| ([\d,]+) \|", re.M)


def test_the_page_of_limits_is_what_the_constants_say() -> None:
    page = (_ROOT / "docs" / "limits.md").read_text("utf-8")
    listed = {name: int(value.replace(",", "")) for name, value in _ROW.findall(page)}
    assert listed == {name: value for name, value in vars(limits).items() if name.isupper()}


def test_the_page_of_threats_names_tests_that_exist() -> None:
    page = (_ROOT / "docs" / "threats.md").read_text("utf-8")
    named = re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", page)
    assert len(named) > 10
    for file, test in named:
        text = (_ROOT / file).read_text("utf-8")
        assert not test or f"def {test}(" in text, (file, test)


def test_the_page_of_threats_names_cases_that_exist() -> None:
    page = (_ROOT / "docs" / "threats.md").read_text("utf-8")
    cases = (_ROOT / "tests" / "bad_inputs" / "cases.json").read_text("utf-8")
    named = re.findall(r"case `([a-z0-9-]+)`", page)
    assert len(named) > 10
    assert [case for case in named if f'"{case}"' not in cases] == []


@pytest.mark.parametrize(
    "form", ["conv{:06}.weight", "stage.conv{:09}.weight", "zzzzz{:06}.zzzzzz"]
)
def test_a_mistyped_name_is_not_held_against_a_million(form: str) -> None:
    """Nor are those passed over that are much longer, or of other letters."""
    passed = itertools.count()
    names = (form.format(next(passed)) for _ in range(1_000_000))
    nearest("conb1234567.weight", names)
    assert next(passed) <= limits.MAX_COMPARED + 1


@pytest.mark.parametrize(
    "body",
    ["SUBSAMPLE(2)", "CONV(1, 3, 2, pad=1)", "UPSAMPLE(2) -> SUBSAMPLE(3)", "POOL(2) -> UPSAMPLE"],
)
def test_receptive_fields_outgrow_no_number(body: str) -> None:
    """Strides multiply: after a thousand layers they would have hundreds of digits, after a million
    they would fill the memory.
    """
    graph = graph_of(f"netspec: 1\nname: n\ninput: 1x2x2\nnet: 'INPUT -> [{body}]*1000'\n")
    fields = [field for field in receptive_fields(graph.nodes).values() if field is not None]
    assert len(fields) > 1000
    numbers = [number for field in fields for number in (*field.size, *(field.stride or ()))]
    assert max(number.numerator for number in numbers) < 2**100
    assert max(number.denominator for number in numbers) < 2**100
