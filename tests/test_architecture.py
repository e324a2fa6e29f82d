"""The walls between the rooms, and what a command may import when it starts."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import netspec
from netspec.layers import REGISTRY

PACKAGE = Path(netspec.__file__).parent

#: A room imports only from itself and from those before it.
ROOMS = (
    "text",
    "machine",
    "layers",
    "graph",
    "analysis",
    "pages",
    "diagram",
    "weights",
    "onnxgen",
    "autodiff",
    "runtime",
    "plots",
    "train",
    "explain",
    "bench",
    "cli",
)

#: A third-party library and the only places that import it.
WALLS = {
    "yaml": "text/document.py",
    "jsonschema": "text/envelope.py",
    "onnx": "onnxgen",
    "onnxruntime": "runtime",
    "matplotlib": "plots train/pictures explain/pictures",
    "torch": "bench",
    "click": "cli",
}

FILES = sorted(PACKAGE.rglob("*.py"))


@cache
def imports(file: Path) -> list[tuple[str, bool]]:
    """The modules that a file imports, and whether a type checker alone does."""
    return list(_imports(file))


def _imports(file: Path) -> Iterator[tuple[str, bool]]:
    tree = ast.parse(file.read_text("utf-8"))
    for_types = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node in for_types
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: relative import"
            yield str(node.module), node in for_types
            for alias in node.names:
                if (PACKAGE.parent / str(node.module).replace(".", "/") / alias.name).is_dir():
                    yield f"{node.module}.{alias.name}", node in for_types


def room(module: str) -> str | None:
    """The room of a module of ours; None for one that stands in none."""
    parts = module.split(".")
    return parts[1] if parts[0] == "netspec" and len(parts) > 1 and parts[1] in ROOMS else None


def test_every_file_stands_in_a_room() -> None:
    outside = {str(file.relative_to(PACKAGE)) for file in FILES if file.parent == PACKAGE}
    assert outside == {"__init__.py", "library.py"} | (outside & {"__main__.py"})
    assert {file.relative_to(PACKAGE).parts[0] for file in FILES if file.parent != PACKAGE} == {
        *ROOMS
    }


@pytest.mark.parametrize("name", ROOMS)
def test_a_room_imports_only_from_rooms_above_it(name: str) -> None:
    allowed = {None, *ROOMS[: ROOMS.index(name) + 1]}
    for file in sorted((PACKAGE / name).rglob("*.py")):
        for module, _ in imports(file):
            assert room(module) in allowed, f"{file.relative_to(PACKAGE)} imports {module}"
            if module.split(".")[0] == "netspec" and room(module) is None:
                assert module in ("netspec",), f"{file.relative_to(PACKAGE)} imports {module}"


def test_nothing_imports_cli() -> None:
    for file in FILES:
        if (PACKAGE / "cli") not in file.parents:
            assert "cli" not in {room(module) for module, _ in imports(file)}, file


@pytest.mark.parametrize("library", WALLS)
def test_one_place_imports_a_library(library: str) -> None:
    homes = {PACKAGE / home for home in WALLS[library].split()}
    for file in FILES:
        if homes & {file, *file.parents}:
            continue
        for module, for_types in imports(file):
            assert for_types or module.split(".")[0] != library, f"{file} imports {module}"


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_no_test_of_a_layers_class_outside_layers(file: Path) -> None:
    if (PACKAGE / "layers") in file.parents:
        return
    classes = {kind.__name__ for kind in REGISTRY.values()}
    modules = {kind.__module__ for kind in REGISTRY.values()}
    tree = ast.parse(file.read_text("utf-8"))
    theirs = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module in modules
        for alias in node.names
        if alias.name in classes
    }
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id="isinstance" | "issubclass"), args=[_, kind]):
                named = {n.id for n in ast.walk(kind) if isinstance(n, ast.Name)}
                assert not named & theirs, f"{file}:{node.lineno}"
            case ast.MatchClass(cls=ast.Name(id=name)):
                assert name not in theirs, f"{file}:{node.lineno}"
            case ast.Compare():
                words = {n.value for n in ast.walk(node) if isinstance(n, ast.Constant)}
                assert not words & set(REGISTRY), f"{file}:{node.lineno} tests a kind by name"
            case ast.Attribute(attr="__name__", value=ast.Attribute(attr="__class__")):
                raise AssertionError(f"{file}:{node.lineno} reads a class's name")


def test_files_are_not_long() -> None:
    for file in FILES:
        assert file.read_text("utf-8").count("\n") <= 260, file
        assert not re.search(r"\b(TODO|FIXME|XXX)\b", file.read_text("utf-8")), file
        assert file.name not in ("utils.py", "helpers.py", "misc.py")


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "lenet5"),
        ("check", "--format", "json", "lenet5"),
        ("check", "--strict", "missing.yaml"),
        ("draw", "lenet5", "-o", "-", "--format", "dot"),
        ("draw", "lenet5", "-o", "-", "--format", "html"),
        ("layers",),
        ("layers", "conv"),
        ("rule",),
        ("rule", "unknown-kind"),
        ("schema",),
        ("weights", "lenet5"),
        ("weights", "lenet5", "--format", "json"),
        ("--version",),
        ("--help",),
    ],
    ids=" ".join,
)
def test_a_command_starts_without_the_heavy_libraries(
    arguments: tuple[str, ...], tmp_path: Path
) -> None:
    code = (
        "import sys\n"
        "from netspec.cli import main\n"
        "sys.argv = ['netspec', *sys.argv[1:]]\n"
        "try:\n    main.main()\n"
        "except SystemExit as end:\n    code = end.code\n"
        "heavy = {'onnx', 'onnxruntime', 'numpy', 'PIL', 'torch'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
        "sys.exit(code)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(PACKAGE.parent)}
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        check=False,
        capture_output=True,
        cwd=tmp_path,
        env=environment,
    )
    assert done.returncode == (2 if "missing.yaml" in arguments else 0), done.stderr.decode()
