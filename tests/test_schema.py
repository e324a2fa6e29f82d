"""The JSON Schema: fresh, valid, accepting the zoo, refusing nothing that `check` takes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from netspec.analysis.check import check_bytes
from netspec.layers import REGISTRY, hyperparameters
from netspec.layers.schema import spec_schema
from netspec.text.diagnostics import SpecError
from netspec.text.document import read_document
from netspec.text.source import Source
from netspec.text.tree import Mapping, Scalar, Sequence, Tree
from tests import test_bad_inputs as catalogue
from tests.commands import netspec
from tests.texts import checked, findings, spec

_ROOT = Path(__file__).parent.parent
_FILE = _ROOT / "schemas" / "netspec-1.schema.json"
SCHEMA: dict[str, Any] = json.loads(_FILE.read_text("utf-8"))
VALIDATOR = Draft7Validator(SCHEMA)


def plain(tree: Tree) -> Any:
    """A document as editors read it."""
    match tree:
        case Scalar():
            return tree.value
        case Sequence():
            return [plain(item) for item in tree.items]
    return {key.text: plain(value) for key, value in tree.entries}


def document(text: str) -> Any:
    """The document that a text holds; None where it holds none, or one with bad keys."""
    try:
        tree, found = read_document(Source("t", text.removeprefix("\ufeff")))
    except SpecError:
        return None
    return plain(tree) if isinstance(tree, Mapping) and not found else None


def test_the_file_is_what_the_registry_gives(capsys: pytest.CaptureFixture[str]) -> None:
    """Write it anew with `netspec schema > schemas/netspec-1.schema.json`."""
    assert json.dumps(spec_schema(), indent=2) + "\n" == _FILE.read_text("utf-8")
    assert netspec(capsys, "schema").out == _FILE.read_text("utf-8")


def test_it_is_draft_07() -> None:
    assert SCHEMA["$schema"] == "http://json-schema.org/draft-07/schema#"
    Draft7Validator.check_schema(SCHEMA)


def test_every_kind_and_hyperparameter_is_in_it() -> None:
    for keyword, kind in REGISTRY.items():
        fields = SCHEMA["definitions"][keyword]["properties"]
        assert list(fields) == list(hyperparameters(kind))
        for field in fields.values():
            assert field["description"]


@pytest.mark.parametrize(
    "file", sorted((_ROOT / "specs").rglob("*.yaml")), ids=lambda file: file.stem
)
def test_the_zoo_is_valid(file: Path) -> None:
    found = [error.message for error in VALIDATOR.iter_errors(document(file.read_text("utf-8")))]
    assert not found


ACCEPTED = [
    spec("INPUT -> CONV", "where: {n: 1, CONV: {filters: 2*n, kernel: [1, 3], pad: half}}"),
    spec("INPUT -> CONV(4)", "where: {CONV: {kernel: 'C', stride: 1, pad: [0, 1, 0, 1]}}"),
    spec("INPUT -> [CONV]*t", "where: {t: [{CONV: {filters: 2}}, {CONV: {filters: 'C'}}]}"),
    spec("INPUT -> RELU*n", "where: {n: 0}"),
    spec("INPUT -> [RELU]*u", "where: {u: [[1, 3], [3, 1]]}"),
    spec("INPUT -> DROPOUT", "where: {DROPOUT: {rate: 0.1}}"),
    spec("INPUT -> DROPOUT", "where: {DROPOUT: {rate: 0}}"),
    spec("INPUT -> UPSAMPLE", "where: {UPSAMPLE: {mode: bilinear}}"),
    spec("INPUT -> RESHAPE", "where: {RESHAPE: {shape: [192]}}"),
    spec("INPUT -> FC(2)", "output: {labels: [1, yes]}"),
    spec("\n  - INPUT\n  - a: RELU\n", 'doc: ""\nblocks: {}\nwhere: {}\noutput: {x: "@a"}\n'),
]


@pytest.mark.parametrize("text", ACCEPTED)
def test_it_refuses_nothing_that_check_takes(text: str) -> None:
    assert checked(text).ok, checked(text).diagnostics
    assert not [error.message for error in VALIDATOR.iter_errors(document(text))]


@pytest.mark.parametrize("case", catalogue.CASES, ids=lambda case: case["id"])
def test_check_refuses_all_that_it_refuses(case: dict[str, Any]) -> None:
    data = catalogue.data(case)
    try:
        read = document(data.decode()) if len(data) < 1_000_000 else None
    except UnicodeDecodeError:
        return
    if read is None:
        return
    valid = VALIDATOR.is_valid(read)
    result = check_bytes(data, "t")
    assert valid or not result.ok
    assert valid or case["exit"] != 0


@pytest.mark.parametrize(
    "text",
    [
        spec("INPUT -> RELU", "foo: 1"),
        spec("3"),
        spec("INPUT -> RELU", size="3x8"),
        spec("INPUT -> RELU", size="yes"),
        spec("INPUT -> CONV(1)", "where: {CONV: {kernle: 3}}"),
        spec("INPUT -> CONV(1)", "where: {CONV: {kernel: 0}}"),
        spec("INPUT -> CONV(1)", "where: {CONV: {kernel: yes}}"),
        spec("INPUT -> CONV(1)", "where: {CONV: 3}"),
        spec("INPUT -> CONV", "where: {CONV: {filters: '8'}}"),
        spec("INPUT -> BN", "where: {BN: {eps: yes}}"),
        spec("INPUT -> RELU", "weights: 3"),
        spec("INPUT -> RELU", "output: {aux: x}"),
        spec("INPUT -> RELU", "blocks: {B: 3}"),
        spec("INPUT -> RELU").replace("netspec: 1", "netspec: yes"),
        spec("INPUT -> RELU").replace("netspec: 1", "netspec: 2"),
    ],
)
def test_editors_and_check_refuse_the_same(text: str) -> None:
    assert findings(text)
    assert not VALIDATOR.is_valid(document(text))
