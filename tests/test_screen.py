"""The quick yes of the envelope: never where jsonschema says no, and always for the zoo."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netspec.text import envelope
from netspec.text.document import read_document
from netspec.text.screen import accepts
from netspec.text.source import Source
from netspec.text.tree import Mapping
from tests.commands import python

_ROOT = Path(__file__).parent.parent
_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-2, 70_000)
    | st.floats(allow_nan=True, width=16)
    | st.sampled_from(("3x32x32", "0x3x3", "3x3", "a", "a b", "@x", "", "RGB", "vgg\n", "w.npz"))
)
_SIZES = st.lists(st.integers(0, 3) | st.booleans(), max_size=4)
_IMAGES = st.dictionaries(
    st.sampled_from(("resize", "crop", "channels", "scale", "mean", "std", "size")),
    _SCALARS | _SIZES,
    max_size=4,
)
_STAGES = st.dictionaries(st.sampled_from(("stem", "a b", "head")), _SCALARS, max_size=2)
_VALUES = {
    "netspec": _SCALARS,
    "name": _SCALARS,
    "doc": _SCALARS,
    "input": _SCALARS
    | st.fixed_dictionaries({"shape": _SCALARS}, optional={"image": _IMAGES | _SCALARS})
    | st.dictionaries(st.sampled_from(("left", "right", "a b")), _SCALARS, max_size=2),
    "net": _SCALARS | st.lists(_SCALARS | _STAGES, max_size=3),
    "where": _SCALARS | st.just({}),
    "blocks": _SCALARS | st.dictionaries(st.just("B"), _SCALARS),
    "weights": _SCALARS | st.fixed_dictionaries({}, optional={"file": _SCALARS, "map": _SCALARS}),
    "output": _SCALARS
    | st.dictionaries(st.sampled_from(("labels", "aux", "a b")), _SCALARS | st.lists(_SCALARS)),
    "other": _SCALARS,
}
_GOOD: dict[str, Any] = {"netspec": 1, "name": "n", "input": "3x8x8", "net": "INPUT"}


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """A document that is right but for a few of its values."""
    changed = draw(st.lists(st.sampled_from(sorted(_VALUES)), max_size=3))
    return _GOOD | {key: draw(_VALUES[key]) for key in changed}


@settings(max_examples=400, deadline=None, derandomize=True)
@given(documents())
def test_it_accepts_what_jsonschema_accepts_and_no_more(document: dict[str, Any]) -> None:
    assert accepts(envelope._schema(), document) == envelope._validator().is_valid(document)


def test_a_word_that_it_does_not_know_is_no_yes() -> None:
    assert accepts({"type": "string"}, "a")
    assert not accepts({"type": "string", "format": "uri"}, "a")


@pytest.mark.parametrize("path", sorted((_ROOT / "specs").rglob("*.yaml")), ids=lambda p: p.stem)
def test_it_accepts_the_zoo(path: Path) -> None:
    tree, _ = read_document(Source(path.name, path.read_text("utf-8")))
    assert isinstance(tree, Mapping)
    assert accepts(envelope._schema(), envelope._plain(tree))


def test_a_good_spec_needs_no_jsonschema() -> None:
    code = "import sys, netspec; netspec.load('vgg16'); print('jsonschema' in sys.modules)"
    assert python(code) == "False\n"
