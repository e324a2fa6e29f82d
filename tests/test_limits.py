"""docs/limits.md lists every bound with its value; docs/threats.md names tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

from netspec.text import limits

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
