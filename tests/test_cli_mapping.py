"""`--map` and `--show-mapping`, as docs/weights.md shows them."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import numpy_helper
from safetensors.numpy import save_file

from tests.commands import Outcome, netspec
from tests.graphs import graph_of

PAGE = (Path(__file__).parent.parent / "docs" / "weights.md").read_text("utf-8")
YAML, TABLE, REFUSAL, MAP = re.findall(r"```(?:yaml|text)\n(.*?)```", PAGE, re.S)
SPEC = "netspec: 1\nname: small\ninput: 3x8x8\n" + YAML
UNMAPPED = SPEC[: SPEC.index("weights:")]

Run: TypeAlias = Callable[..., Outcome]


@pytest.fixture
def theirs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, NDArray[np.float32]]:
    """The tensors of the page's file, beside its spec."""
    monkeypatch.chdir(tmp_path)
    shapes = {name: weight.shape for name, weight in graph_of(UNMAPPED).all_weights()}
    rows = [line.split() for line in TABLE.splitlines()[1:]]
    rng = np.random.default_rng(0)
    tensors = {row[0]: np.abs(rng.standard_normal(shapes[row[2]], np.float32)) for row in rows}
    save_file(tensors, "small.safetensors")
    (tmp_path / "small.yaml").write_text(UNMAPPED)
    (tmp_path / "mapped.yaml").write_text(SPEC)
    return tensors


@pytest.fixture
def run(theirs: dict[str, NDArray[np.float32]], capsys: pytest.CaptureFixture[str]) -> Run:
    return lambda *arguments: netspec(capsys, *arguments)


def test_the_table_of_the_page(run: Run, theirs: dict[str, NDArray[np.float32]]) -> None:
    outcome = run("compile", "mapped.yaml", "--show-mapping", "--no-optimise", "-o", "m.onnx")
    assert outcome.code == 0 and outcome.out == ""
    assert outcome.err == TABLE
    found = {t.name: numpy_helper.to_array(t) for t in onnx.load("m.onnx").graph.initializer}
    for their_name, _, ours in (line.split() for line in TABLE.splitlines()[1:]):
        np.testing.assert_array_equal(found[ours], theirs[their_name])


def test_the_refusal_of_the_page(run: Run) -> None:
    outcome = run("compile", "small.yaml", "--weights", "small.safetensors")
    assert outcome.code == 2 and not Path("small.onnx").exists()
    assert REFUSAL in outcome.err
    assert "--map" in outcome.err


@pytest.mark.parametrize("spec", ["small.yaml", "mapped.yaml"])
def test_a_map_file_goes_before_the_specs_map(run: Run, spec: str) -> None:
    Path("names.yaml").write_text('"rig*": "conv*"\nright: conv3\n"*eft": conv4\n')
    outcome = run("compile", spec, "--weights", "small.safetensors", "--map", "names.yaml")
    assert outcome.code == 2
    assert "right.weight is mapped to convht.weight" in outcome.err
    Path("names.yaml").write_text("right: conv3\n")
    given = ("--weights", "small.safetensors") if spec == "small.yaml" else ()
    outcome = run("compile", spec, *given, "--map", "names.yaml", "--show-mapping")
    assert outcome.code == 0
    assert re.search(r"right.weight +8x8x3x3 +conv3.weight", outcome.err)


def test_the_map_of_the_page_is_one(run: Run) -> None:
    Path("names.yaml").write_text(MAP)
    outcome = run("compile", "small.yaml", "--weights", "small.safetensors", "--map", "names.yaml")
    assert outcome.code == 2
    for line in ("features.0", "head.w", "layer*.conv"):
        assert f"{line} stands in the map, and fits no name of the file" in outcome.err


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a: [1]\n", "names.yaml:1:4: wrong-type"),
        ("a: 3\nb: c\n", "names.yaml:1:4: wrong-type"),
        ("- a\n", "names.yaml:1:1: mapping-expected"),
        ("a: b\na: c\n", "names.yaml:2:1: duplicate-key"),
        ("a: 'b\n", "names.yaml:"),
        ("", "names.yaml:1:1: empty-file"),
        ("a: !!python/name:os.system b\n", "names.yaml:1:4: tag"),
    ],
)
def test_mistakes_in_a_map_file_have_places(run: Run, text: str, place: str) -> None:
    Path("names.yaml").write_text(text)
    outcome = run("compile", "small.yaml", "--weights", "small.safetensors", "--map", "names.yaml")
    assert outcome.code == 2 and place in outcome.err


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("small.yaml", "--map", "names.yaml"), "say which with --weights"),
        (("mapped.yaml", "--map", "none.yaml"), "none.yaml: no such file"),
    ],
)
def test_maps_that_cannot_be_used(run: Run, arguments: tuple[str, ...], reason: str) -> None:
    Path("names.yaml").write_text("left: conv3\n")
    outcome = run("compile", *arguments)
    assert outcome.code == 2 and reason in outcome.err


def test_run_takes_a_map_and_shows_the_mapping(run: Run) -> None:
    Path("names.yaml").write_text("left: conv3\n")
    np.save("x.npy", np.ones((1, 3, 8, 8), np.float32))
    weights = ("--weights", "small.safetensors", "--map", "names.yaml", "--show-mapping")
    outcome = run("run", "small.yaml", "x.npy", *weights, "--device", "cpu")
    assert outcome.code == 0 and "x.npy" in outcome.out
    assert outcome.err.startswith(TABLE)
    assert run("run", "m.onnx", "x.npy", "--show-mapping").code == 2


def test_tensors_that_are_left_out_are_shown(
    run: Run, theirs: dict[str, NDArray[np.float32]]
) -> None:
    save_file(theirs | {"aux.weight": np.zeros((2, 2), np.float32)}, "small.safetensors")
    arguments = ("compile", "mapped.yaml", "--show-mapping")
    assert "extra: aux.weight" in run(*arguments).err
    outcome = run(*arguments, "--allow-extra")
    assert outcome.code == 0
    assert re.search(r"^aux.weight +\(left out\)$", outcome.err, re.M)


def test_seeded_weights_have_no_mapping(run: Run) -> None:
    assert "no names to map" in run("compile", "small.yaml", "--show-mapping").err
