"""The pages of diagnostics: one for each code that the sources emit, and each example does what its
page says.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import netspec
from netspec.analysis.check import check_bytes
from netspec.text.diagnostics import Diagnostic
from netspec.text.render import render
from netspec.text.rules import CODES, Rule
from tests.commands import netspec as run

_PACKAGE = Path(netspec.__file__).parent

_Function = ast.FunctionDef | ast.AsyncFunctionDef


class _Emitted:
    """Codes that sources emit, followed from the code of every finding back to its constants.

    A call that hands its code on from a parameter makes its function an emitter too; a code whose
    origin cannot be followed is an AssertionError, so that none is missed.
    """

    def __init__(self) -> None:
        self.codes: set[str] = set()
        #: Name of a function or class, its module where it is private -> position and name of code.
        self._emitters: dict[tuple[str, str], tuple[int, str]] = {
            (name, ""): (0, "code") for name in ("Diagnostic", "Refusal", "LayerError")
        }
        self._modules = {
            str(path.relative_to(_PACKAGE)): ast.parse(path.read_text("utf-8"))
            for path in sorted(_PACKAGE.rglob("*.py"))
        }

    def scan(self) -> set[str]:
        """All codes; scanned until no further function turns out to emit."""
        known = 0
        while known < len(self._emitters):
            known = len(self._emitters)
            for name, module in self._modules.items():
                self._scan(name, module, module, [])
        return self.codes

    def _scan(self, name: str, module: ast.Module, node: ast.AST, around: list[ast.AST]) -> None:
        if isinstance(node, ast.Call) and (code := self._code(name, node)) is not None:
            self.codes |= set(self._origins(code, name, module, around))
        inside = [*around, node] if isinstance(node, ast.ClassDef | _Function) else around
        for child in ast.iter_child_nodes(node):
            self._scan(name, module, child, inside)

    def _code(self, module: str, call: ast.Call) -> ast.expr | None:
        """The expression of the code in a call of an emitter."""
        match call.func:
            case ast.Name(id=name) | ast.Attribute(attr=name):
                emitter = self._emitters.get((name, module)) or self._emitters.get((name, ""))
                if emitter is not None:
                    position, keyword = emitter
                    named = [word.value for word in call.keywords if word.arg == keyword]
                    return next(iter([*call.args[position : position + 1], *named]), None)
        return None

    def _origins(
        self, code: ast.expr, name: str, module: ast.Module, around: list[ast.AST]
    ) -> Iterator[str]:
        match code:
            case ast.Constant(value=str(text)):
                yield text
            case ast.Attribute(attr="code"):  # of a finding that was made elsewhere
                pass
            case _:
                for value in self._behind(code, name, module, around):
                    yield from self._origins(value, name, module, around)

    def _behind(
        self, code: ast.expr, name: str, module: ast.Module, around: list[ast.AST]
    ) -> list[ast.expr]:
        """The expressions that a code may come from."""
        function = next((f for f in reversed(around) if isinstance(f, _Function)), None)
        match code:
            case ast.Name(id=variable) | ast.Starred(value=ast.Name(id=variable)) if function:
                if self._handed_on(variable, name, function, around):
                    return []
                return _assigned(variable, function)
            case ast.IfExp(body=first, orelse=second):
                return [first, second]
            case ast.Call(func=ast.Name(id="next"), args=[ast.GeneratorExp(elt=item), default]):
                return [item, default]
            case ast.Call(func=ast.Name(id=called)):
                return _returned(module, called)
            case ast.Subscript(value=ast.Name(id=table)):
                return _dictionary(module, table)
        raise AssertionError(f"{name}:{code.lineno}: where does {ast.unparse(code)} come from?")

    def _handed_on(
        self, variable: str, name: str, function: _Function, around: list[ast.AST]
    ) -> bool:
        """Whether a variable is a parameter; then its function emits."""
        parameters = [a.arg for a in function.args.args if a.arg not in ("self", "cls")]
        if variable not in parameters:
            return False
        owner = next(f.name for f in reversed(around) if isinstance(f, ast.ClassDef | _Function))
        if owner == "__init__":
            owner = next(c.name for c in reversed(around) if isinstance(c, ast.ClassDef))
        key = (owner, name if owner.startswith("_") else "")
        self._emitters.setdefault(key, (parameters.index(variable), variable))
        return True


def _assigned(variable: str, function: _Function) -> list[ast.expr]:
    """The expressions that a local variable is set to."""
    found: list[ast.expr] = []
    for node in ast.walk(function):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if name == variable:
                found.append(value)
            case ast.Assign(targets=[ast.Tuple(elts=names)], value=ast.Tuple(elts=values)):
                pairs = zip(names, values, strict=True)
                found += [v for n, v in pairs if isinstance(n, ast.Name) and n.id == variable]
    assert found, f"nothing sets {variable} in {function.name}"
    return found


def _returned(module: ast.Module, function: str) -> list[ast.expr]:
    """The first items of the tuples that a function of the module returns."""
    bodies = [f for f in ast.walk(module) if isinstance(f, _Function) and f.name == function]
    returns = [n.value for body in bodies for n in ast.walk(body) if isinstance(n, ast.Return)]
    found = [value.elts[0] for value in returns if isinstance(value, ast.Tuple)]
    assert found, f"{function} returns no tuple"
    return found


def _dictionary(module: ast.Module, name: str) -> list[ast.expr]:
    """The values of a dictionary of the module."""
    for node in module.body:
        match node:
            case ast.Assign(targets=[ast.Name(id=found)], value=ast.Dict(values=values)):
                if found == name:
                    return values
    raise AssertionError(f"there is no dictionary {name}")


def check(file: bytes, folder: Path) -> list[Diagnostic]:
    return list(check_bytes(file, "example.yaml", folder).diagnostics)


def test_each_code_that_the_sources_emit_has_a_page_and_no_other() -> None:
    emitted = _Emitted().scan()
    assert emitted - CODES.keys() == set(), "codes without a page"
    assert CODES.keys() - emitted == set(), "pages of codes that nothing emits"


def test_a_code_has_one_page() -> None:
    from netspec.text import rules

    assert len(CODES) == sum(map(len, rules._FAMILIES))


every_rule = pytest.mark.parametrize("rule", CODES.values(), ids=CODES)


@every_rule
def test_a_failing_example_has_the_finding_and_no_other_error(rule: Rule, tmp_path: Path) -> None:
    found = check(rule.failing, tmp_path)
    told = [(d.code, d.severity) for d in found if d.severity == "error" or d.code == rule.code]
    assert told == [(rule.code, rule.severity)], "one cause, one finding"


@every_rule
def test_a_fixed_example_has_neither_the_finding_nor_an_error(rule: Rule, tmp_path: Path) -> None:
    assert rule.fixed != rule.failing
    found = check(rule.fixed, tmp_path)
    assert [d for d in found if d.severity == "error" or d.code == rule.code] == []


def test_the_missing_file_of_the_example_is_what_fails(tmp_path: Path) -> None:
    (tmp_path / "classes.txt").write_text("cat\ndog\n", "utf-8")
    assert check(CODES["missing-file"].failing, tmp_path) == []


@every_rule
def test_a_page_reads_well(rule: Rule) -> None:
    assert len(rule.summary) <= 80, "the line of the list is short"
    assert 2 <= len(rule.meaning.split(". ")) <= 5, "a few sentences"
    assert rule.meaning.endswith(".")
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", rule.code)


def test_the_list_has_a_line_for_each_code(capsys: pytest.CaptureFixture[str]) -> None:
    done = run(capsys, "rule")
    assert (done.code, done.err) == (0, "")
    errors, warnings, notes, _ = done.out.split("\n\n")
    for part, heading, severity in (
        (errors, "Errors:", "error"),
        (warnings, "Warnings:", "warning"),
        (notes, "Notes:", "note"),
    ):
        first, *lines = part.splitlines()
        assert first == heading
        codes = [rule.code for rule in CODES.values() if rule.severity == severity]
        assert [line.split()[0] for line in lines] == codes


@every_rule
def test_a_page_shows_what_check_says(
    rule: Rule, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    done = run(capsys, "rule", rule.code)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(f"{rule.severity}[{rule.code}]\n")
    for finding in check(rule.failing, tmp_path):
        assert render(finding) in done.out
    assert done.out.count("    netspec: 1\n") >= 1
    assert "This one has not:" in done.out
    assert all(len(line) <= 130 for line in done.out.splitlines())
    assert all(line.isprintable() for line in done.out.splitlines())


def test_a_page_wraps_its_meaning_and_loses_none_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    out = run(capsys, "rule", "window-too-large").out
    meaning = out.split("\n\n")[1]
    assert " ".join(meaning.split()) == CODES["window-too-large"].meaning


def test_an_unknown_code_is_a_usage_error_with_the_nearest(
    capsys: pytest.CaptureFixture[str],
) -> None:
    done = run(capsys, "rule", "shape-rank")
    assert (done.code, done.out) == (2, "")
    assert "there is no diagnostic shape-rank" in done.err
    assert "`netspec rule` lists them all" in done.err
    done = run(capsys, "rule", "merge-shape")
    assert done.code == 2
    assert "there is no diagnostic merge-shape\n  = help: did you mean `merge-shapes`?" in done.err


def test_a_hostile_code_is_printed_safely(capsys: pytest.CaptureFixture[str]) -> None:
    done = run(capsys, "rule", "\x1b[31m" + "x" * 1000)
    assert done.code == 2
    assert "\x1b" not in done.err
    assert len(done.err) < 300
