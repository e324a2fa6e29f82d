"""The catalogue of bad inputs (bad_inputs/README.md): what `check` finds, in this process.

The whole of it, against the installed command, is run by `.ci/run`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from netspec.analysis.check import Checked, check_bytes
from netspec.analysis.jsonreport import diagnostic_objects, report_object
from netspec.analysis.report import graph_report, partial_report
from netspec.text.render import render_all

_FILE = Path(__file__).parent / "bad_inputs" / "cases.json"
_CATEGORIES = ("yaml", "document", "pattern", "names", "shapes")

CATALOGUE: dict[str, Any] = json.loads(_FILE.read_text("utf-8"))
CASES = [
    case
    for case in CATALOGUE["cases"]
    if case["category"] in _CATEGORIES
    and case["cmd"] in (["netspec", "check", "SPEC"], ["netspec", "check", "--strict", "SPEC"])
]


def data(case: dict[str, Any]) -> bytes:
    """The bytes of a case's spec."""
    made = case["files"]["spec.yaml"]
    if isinstance(made, str):
        return made.encode()
    if "hex" in made:
        return bytes.fromhex(made["hex"])
    if "text" in made:
        return str(made["text"]).encode()
    text = eval(made["generate"], {"base": CATALOGUE["base"]})  # the catalogue is ours
    return text if isinstance(text, bytes) else str(text).encode()


def report(result: Checked) -> dict[str, Any]:
    """A case's entry in `specs` of the JSON document."""
    if result.graph is not None:
        found = graph_report(result.graph)
    else:
        found = partial_report(result.spec.name if result.spec else "", result.nodes)
    return report_object(found) | {"diagnostics": diagnostic_objects(result.diagnostics)}


def exit_code(result: Checked, strict: bool) -> int:
    """The exit code of `check`."""
    warned = any(d.severity == "warning" for d in result.diagnostics)
    return 0 if result.ok and not (strict and warned) else 1


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_what_check_finds(case: dict[str, Any], tmp_path: Path) -> None:
    result = check_bytes(data(case), "spec.yaml", tmp_path)
    code = exit_code(result, "--strict" in case["cmd"])
    allowed = case["exit"] if isinstance(case["exit"], list) else [case["exit"]]
    assert code in allowed
    entry = report(result)
    _assert_place(case, code, entry["diagnostics"])
    said = (render_all(result.diagnostics) + json.dumps(entry, ensure_ascii=False)).lower()
    for words in case.get("says", []) + case.get("says_on", {}).get(str(code), []):
        assert any(word.lower() in said for word in words.split("|")), f"does not say {words}"
    for words in case.get("lacks", []):
        assert words not in render_all(result.diagnostics)
    if "json_true" in case:
        kinds = {
            f"{severity}s": [d for d in entry["diagnostics"] if d["severity"] == severity]
            for severity in ("error", "warning")
        }
        assert eval(case["json_true"], {"s": entry, "d": {"specs": [entry]}, **kinds})


def _assert_place(case: dict[str, Any], code: int, found: list[dict[str, Any]]) -> None:
    if code == 1 and "--strict" not in case["cmd"]:
        assert any(d["severity"] == "error" for d in found)
    severity = case.get("severity", "error")
    if not case["at"] or (code == 0 and (severity == "error" or (severity == "any" and not found))):
        return  # nothing to be found, or a case that may also be accepted
    places = [case["at"], *case.get("at_also", [])]
    told = [([d["line"], d["column"]], d["severity"], d["code"]) for d in found]
    assert any(place in places and severity in (kind, "any") for place, kind, _ in told), told


def test_the_catalogue_is_not_empty() -> None:
    assert len(CASES) > 200
