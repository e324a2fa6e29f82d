"""`netspec diff`: what it finds is what was changed, at no more edits, with what it costs."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import netspec
from netspec.analysis.diff import Change, GraphDiff, Pair, diff_graphs
from netspec.analysis.diff.anchors import anchors
from netspec.analysis.diff.costs import CostedDiff
from netspec.analysis.diff.diagonals import align_by_diagonals, align_by_pieces
from netspec.analysis.diff.fold import periods
from netspec.analysis.diff.gaps import Matches, align_exactly
from netspec.analysis.diff.marks import Mark
from netspec.analysis.diff.sequence import align
from netspec.analysis.diff.text import diff_text
from netspec.graph import Graph
from netspec.text.shipped import zoo
from tests.commands import netspec as run
from tests.graphs import graph_of

ROOT = Path(__file__).parent.parent

#: Pairs of zoo nets whose differences are kept as golden text.
PAIRS = [
    ("vgg16", "vgg19"),
    ("resnet18", "resnet34"),
    ("resnet50", "resnet50_v1"),
    ("plain18", "resnet18"),
    ("googlenet", "googlenet_bn"),
    ("googlenet_aux", "googlenet"),
    ("resnet1202", "resnet110"),
]

SKIP = """\
netspec: 1
name: skip
input: 8x16x16
net: INPUT -> CONV(8, 3, pad=1) @a -> RELU @b -> CONV(8, 3, pad=1) -> ADD{ | @a }
  -> POOL(2) -> FC(10)
"""


def of_zoo(name: str) -> Graph:
    return netspec.load(name).elaborate()


def diff_of(before: str, after: str) -> GraphDiff:
    return diff_graphs(graph_of(before), graph_of(after))


def chain(layers: list[str]) -> str:
    items = " -> ".join(["INPUT", *layers, "FC(2)"])
    return f"netspec: 1\nname: chain\ninput: 4x8x8\nnet: {items}\n"


def changed(diff: GraphDiff) -> dict[str, tuple[Change, ...]]:
    return {p.left.name: p.changes for p in diff.pairs if p.changes and p.left}


# --- Nets of the literature ---------------------------------------------------------------------


@pytest.mark.parametrize(("left", "right"), PAIRS)
def test_the_text_of_a_difference(
    left: str, right: str, golden: Callable[[str, str], None]
) -> None:
    text = diff_text(CostedDiff(diff_graphs(of_zoo(left), of_zoo(right))))
    golden(f"diff/{left}-{right}.txt", f"{text}\n")


def test_the_page_shows_what_is_printed() -> None:
    text = diff_text(CostedDiff(diff_graphs(of_zoo("vgg16"), of_zoo("vgg19"))))
    assert text in (ROOT / "docs" / "diff.md").read_text("utf-8")


@pytest.mark.parametrize("name", sorted(zoo()))
def test_a_net_is_the_same_as_itself(name: str) -> None:
    diff = diff_graphs(of_zoo(name), of_zoo(name))
    assert diff.same and diff.fewest and not diff.renamed
    assert {pair.what for pair in diff.pairs} == {"same"}


def test_a_deeper_resnet_has_whole_blocks_more() -> None:
    diff = diff_graphs(of_zoo("resnet101"), of_zoo("resnet152"))
    added = [pair.right for pair in diff.pairs if pair.what == "added"]
    assert len(added) == diff.edits == 515 - 345
    kinds = [node.kind for node in added if node]
    block = ["CONV", "BN", "RELU", "CONV", "BN", "RELU", "CONV", "BN", "ADD", "RELU"]
    assert kinds == block * 17


# --- What is a change, and what is none ---------------------------------------------------------


def test_other_names_are_the_same_net() -> None:
    staged = SKIP.replace("net: ", "net:\n- stem: ").replace("\n  -> POOL", "\n- head: POOL")
    diff = diff_of(SKIP, staged)
    assert diff.same
    assert [(p.left.name, p.right.name) for p in diff.renamed if p.left and p.right][:2] == [
        ("conv1", "stem.conv1"),
        ("relu1", "stem.relu1"),
    ]
    text = diff_text(CostedDiff(diff))
    assert text.startswith("skip and skip are the same: 8 layers, 6,298 parameters")
    assert "conv1 -> stem.conv1" in text and "weight files go by names" in text


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("pad=1", "pad=half"),
        ("pad=1", "pad=[1, 1]"),
        ("POOL(2)", "POOL(2, 2)"),
        ("POOL(2)", "POOL(pad=valid)"),
        ("CONV(8, 3", "CONV(8, stride=1"),
    ],
)
def test_another_spelling_is_the_same_net(before: str, after: str) -> None:
    diff = diff_of(SKIP, SKIP.replace(before, after))
    assert diff.same, changed(diff)


def test_a_moved_connection_is_one_change() -> None:
    diff = diff_of(SKIP, SKIP.replace("| @a", "| @b"))
    assert changed(diff) == {"add1": (Change("reads", ("conv1",), ("relu1",)),)}
    assert diff.edits == 1
    assert "~ add1: reads conv1 -> relu1" in diff_text(CostedDiff(diff))


def test_a_third_branch_is_another_tensor_that_is_read() -> None:
    diff = diff_of(SKIP, SKIP.replace("| @a", "| @a | @b"))
    assert changed(diff) == {"add1": (Change("reads", (), ("relu1",)),)}
    assert "~ add1: also reads relu1" in diff_text(CostedDiff(diff))


def test_branches_in_another_order() -> None:
    crossed = SKIP.replace("ADD{ | @a }", "CONCAT{ | @a }")
    diff = diff_of(crossed, crossed.replace("{ | @a }", "{ @a | }"))
    assert changed(diff) == {"concat1": (Change("reads", ("conv2", "conv1"), ("conv1", "conv2")),)}


def test_hyperparameters_are_named_and_shapes_follow() -> None:
    diff = diff_of(SKIP, SKIP.replace("CONV(8, 3, pad=1)", "CONV(6, 5, pad=half)"))
    change = (
        Change("filters", 8, 6),
        Change("kernel", (3, 3), (5, 5)),
        Change("pad", (1,) * 4, "half"),
    )
    assert changed(diff) == {"conv1": change, "conv2": change}
    assert diff.counts["follows"] == 5
    text = diff_text(CostedDiff(diff))
    assert "~ conv1, conv2 (x2): filters 8 -> 6, kernel 3 -> 5, pad 1 -> half" in text
    assert "~ 5 layers follow in shape or cost: relu1, add1, pool1, ..., fc1" in text


def test_another_kind_of_the_family_is_a_change_and_of_another_family_is_not() -> None:
    diff = diff_of(SKIP, SKIP.replace("RELU", "GELU"))
    assert changed(diff) == {"relu1": (Change("kind", "RELU", "GELU"),)}
    diff = diff_of(SKIP, SKIP.replace("RELU", "BN"))
    assert [pair.what for pair in diff.pairs][2:4] == ["removed", "added"]


def test_an_input_its_picture_the_outputs_and_the_labels() -> None:
    before = SKIP + "output: {labels: [a, b, c, d, e, f, g, h, i, j]}\n"
    after = before.replace("8x16x16", "8x32x32").replace("e, f", "e, z")
    after = after.replace("labels:", 'aux: "@b", labels:')
    diff = diff_of(before, after)
    assert changed(diff) == {"input": (Change("shape", (8, 16, 16), (8, 32, 32)),)}
    assert [change.what for change in diff.changes] == ["output aux", "labels"]
    text = diff_text(CostedDiff(diff))
    assert "~ input: shape 8x16x16 -> 8x32x32\n" in text
    assert "~ output aux added: relu1\n" in text and "~ labels: f -> z\n" in text
    picture = "{shape: 3x8x8, image: {resize: 8, crop: 8, mean: [0.5, 0.5, 0.5]}}"
    image = f"netspec: 1\nname: p\ninput: {picture}\nnet: INPUT -> FC(2)\n"
    diff = diff_of(image, image.replace("resize: 8", "resize: 9").replace("0.5]", "0.25]"))
    said = Change("image.resize", 8, 9), Change("image.mean", (0.5,) * 3, (0.5, 0.5, 0.25))
    assert changed(diff) == {"input": said}


def test_an_added_block_begins_where_a_block_does() -> None:
    body = "ADD{ CONV(8, 3, pad=1) -> RELU -> CONV(8, 3, pad=1) | } -> RELU"
    text = "netspec: 1\nname: n\ninput: 8x8x8\nnet: INPUT -> CONV(8) -> RELU -> [{}]*{} -> FC(2)\n"
    diff = diff_of(
        text.replace("{}", body, 1).replace("{}", "3"),
        text.replace("{}", body, 1).replace("{}", "5"),
    )
    run_of = [pair.right.kind for pair in diff.pairs if pair.what == "added" and pair.right]
    assert run_of == ["CONV", "RELU", "CONV", "ADD", "RELU"] * 2
    assert diff.edits == 10


def test_a_removed_stage_is_the_one_with_the_label() -> None:
    stage = "  - {}: CONV(8, 3, pad=1) -> RELU\n"
    head = "netspec: 1\nname: n\ninput: 8x8x8\nnet:\n  - INPUT -> FLATTEN -> RESHAPE([8, 8, 8])\n"
    stages = [stage.format(label) for label in ("one", "two", "three")]
    diff = diff_of(head + "".join(stages), head + stages[0] + stages[2])
    removed = [pair.left.name for pair in diff.pairs if pair.what == "removed" and pair.left]
    assert removed == ["two.conv1", "two.relu1"]


# --- Laws ---------------------------------------------------------------------------------------

LAYERS = st.one_of(
    st.builds("CONV({}, {}, pad=half)".format, st.integers(1, 4), st.sampled_from([1, 3, 5])),
    st.sampled_from(["RELU", "GELU", "TANH", "BN", "DROPOUT(0.3)", "POOL(3, 1, pad=1)"]),
)
EDITS = st.lists(st.tuples(st.sampled_from("+-~"), st.integers(0, 99), LAYERS), max_size=6)


def edited(layers: list[str], edits: list[tuple[str, int, str]]) -> tuple[list[str], int]:
    """The layers after the edits, and how many edits of single layers these were."""
    layers, count = list(layers), 0
    for what, place, layer in edits:
        at = place % (len(layers) + 1)
        if what == "+":
            layers.insert(at, layer)
            count += 1
        elif at < len(layers) and what == "-":
            del layers[at]
            count += 1
        elif at < len(layers):
            old, layers[at] = layers[at], layer
            count += 1 if old.partition("(")[0] == layer.partition("(")[0] else 2
    return layers, count


@given(st.lists(LAYERS, max_size=14), EDITS)
def test_no_more_edits_are_found_than_were_made(
    layers: list[str], edits: list[tuple[str, int, str]]
) -> None:
    after, count = edited(layers, edits)
    diff = diff_of(chain(layers), chain(after))
    assert diff.fewest and diff.edits <= count


@given(st.lists(LAYERS, max_size=10), st.lists(LAYERS, max_size=10))
def test_the_other_way_round_it_is_mirrored(before: list[str], after: list[str]) -> None:
    check_mirrored(graph_of(chain(before)), graph_of(chain(after)))


@pytest.mark.parametrize(("left", "right"), [*PAIRS[:-1], ("unet", "vgg11"), ("alexnet", "zfnet")])
def test_nets_of_the_zoo_are_mirrored(left: str, right: str) -> None:
    check_mirrored(of_zoo(left), of_zoo(right))


def check_mirrored(left: Graph, right: Graph) -> None:
    there, back = diff_graphs(left, right), diff_graphs(right, left)
    swapped = [mirrored(pair) for pair in back.pairs]
    assert sorted(map(said, there.pairs)) == sorted(map(said, swapped))
    assert [said_of(c) for c in there.changes] == [
        said_of(Change(c.what, c.after, c.before)) for c in back.changes
    ]
    for name, delta in CostedDiff(there).totals().items():
        assert delta.difference == -CostedDiff(back).totals()[name].difference


def mirrored(pair: Pair) -> Pair:
    changes = tuple(Change(c.what, c.after, c.before) for c in pair.changes)
    return Pair(pair.right, pair.left, changes, pair.follows)


def said(pair: Pair) -> str:
    names = [node.name if node else "" for node in (pair.left, pair.right)]
    return f"{names} {pair.what} {sorted(map(said_of, pair.changes))}"


def said_of(change: Change) -> str:
    return f"{change.what} {change.before} {change.after}"


@pytest.mark.parametrize(("left", "right"), [*PAIRS, ("unet", "densenet121")])
def test_each_layer_is_in_one_pair_and_the_costs_add_up(left: str, right: str) -> None:
    diff = diff_graphs(of_zoo(left), of_zoo(right))
    assert tuple(pair.left for pair in diff.pairs if pair.left) == diff.left.nodes
    assert tuple(pair.right for pair in diff.pairs if pair.right) == diff.right.nodes
    costed = CostedDiff(diff)
    totals, costs = costed.totals(), costed.sum(diff.pairs)
    assert all(costs[name] == totals[name] for name in costs)


# --- The alignment ------------------------------------------------------------------------------

SYMBOLS = [
    Mark("fg"[at % 2], f"kind{at % 4}", (("value", at),), ((1,), (1,)), "name") for at in range(8)
]
SEQUENCES = st.lists(st.sampled_from(SYMBOLS), max_size=12)


def edits_of(matches: Matches, left: list[Mark], right: list[Mark]) -> int:
    assert all(a < c and b < d for (a, b), (c, d) in pairwise(matches))
    assert all(left[i].family == right[j].family for i, j in matches)
    others = sum(not left[i].same_layer(right[j]) for i, j in matches)
    return len(left) + len(right) - 2 * len(matches) + others


def fewest_edits(left: list[Mark], right: list[Mark]) -> int:
    """By Wagner & Fischer 1974, in the plainest way."""
    above = list(range(len(right) + 1))
    for at, mark in enumerate(left):
        line = [at + 1]
        for j, other in enumerate(right):
            change = 0 if mark.same_layer(other) else 1 if mark.family == other.family else 2
            line.append(min(above[j] + change, above[j + 1] + 1, line[-1] + 1))
        above = line
    return above[-1]


@given(SEQUENCES, SEQUENCES)
def test_every_way_of_alignment_finds_the_fewest_edits(left: list[Mark], right: list[Mark]) -> None:
    fewest = fewest_edits(left, right)
    assert edits_of(align_exactly(left, right), left, right) == fewest
    by_diagonals = align_by_diagonals(left, right, 1_000_000)
    assert by_diagonals is not None and edits_of(by_diagonals, left, right) == fewest
    matches, shortest = align(left, right)
    assert shortest and edits_of(matches, left, right) == fewest
    assert edits_of(align_by_pieces(left, right, 10), left, right) >= fewest


@given(st.lists(st.sampled_from(SYMBOLS), min_size=30, max_size=60), EDITS)
@settings(max_examples=50)
def test_long_sequences_have_the_fewest_edits_too(
    left: list[Mark], edits: list[tuple[str, int, str]]
) -> None:
    right = list(left)
    for what, place, layer in edits:
        right[place % 30 : place % 30 + (what != "+")] = [SYMBOLS[len(layer) % 8]] * (what != "-")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("netspec.analysis.diff.sequence.CELLS", 40)
        matches, shortest = align(left, right)
        assert shortest and edits_of(matches, left, right) == fewest_edits(left, right)
        patch.setattr("netspec.analysis.diff.sequence.STEPS", 0)
        assert edits_of(align(left, right)[0], left, right) >= fewest_edits(left, right)


def test_anchors_are_the_longest_chain_in_order() -> None:
    a, b, c, d, e = SYMBOLS[:5]
    assert anchors([a, b, c, d, e, e], [c, a, b, d, e]) == [(0, 1), (1, 2), (3, 3)]
    assert anchors([], [a]) == []


def test_nets_that_have_nothing_in_common_are_compared_in_bounded_time() -> None:
    one, other = SYMBOLS[0:2] * 10_000, [SYMBOLS[3], SYMBOLS[4], SYMBOLS[4]] * 7_000
    started = time.perf_counter()
    matches, shortest = align(one, other)
    assert time.perf_counter() - started < 30
    assert not shortest and edits_of(matches, one, other) <= len(one) + len(other)


@given(st.lists(st.sampled_from("ab"), max_size=40))
def test_periods_are_the_sequence(keys: list[str]) -> None:
    unfolded: list[str] = []
    for at, length, times in periods(keys):
        assert at == len(unfolded)
        unfolded += keys[at : at + length] * times
    assert unfolded == keys


# --- The command --------------------------------------------------------------------------------


@pytest.fixture
def specs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.yaml").write_text(SKIP)
    (tmp_path / "b.yaml").write_text(SKIP.replace("FC(10)", "FC(12)"))
    (tmp_path / "bad.yaml").write_text(SKIP.replace("RELU", "RELLU"))
    return tmp_path


@pytest.mark.parametrize(
    ("left", "right", "code"),
    [
        ("a.yaml", "a.yaml", 0),
        ("a.yaml", "b.yaml", 1),
        ("a.yaml", "bad.yaml", 1),
        ("bad.yaml", "a.yaml", 1),
        ("a.yaml", "none.yaml", 2),
        ("none.yaml", "bad.yaml", 2),
        ("a.yaml", ".", 2),
        ("-", "-", 2),
        ("vgg16", "vgg16", 0),
    ],
)
@pytest.mark.parametrize("form", ["text", "json"])
def test_exit_codes(
    specs: Path, capsys: pytest.CaptureFixture[str], left: str, right: str, code: int, form: str
) -> None:
    outcome = run(capsys, "diff", left, right, "--format", form)
    assert outcome.code == code
    assert "bug" not in outcome.err
    if "bad.yaml" in (left, right):
        assert "bad.yaml:4:" in outcome.err and "did you mean `RELU`?" in outcome.err
    if "none.yaml" in (left, right):
        assert "none.yaml" in outcome.err


def test_batch_and_dtype(specs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    outcome = run(capsys, "diff", "a.yaml", "b.yaml", "--batch", "4", "--dtype", "float16")
    assert "(batch 4, float16)" in outcome.out
    assert "params 5,130 -> 6,156 (+1,026), MACs 20.48 k -> 24.58 k (+4.10 k)" in outcome.out


def test_colour(specs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    outcome = run(capsys, "--color", "always", "diff", "a.yaml", "b.yaml")
    assert "\x1b[33m\x1b[1m~\x1b[0m fc1: units 10 -> 12" in outcome.out
    assert "\x1b" not in run(capsys, "diff", "a.yaml", "b.yaml").out


def document(capsys: pytest.CaptureFixture[str], *specs: str) -> Any:
    return json.loads(run(capsys, "diff", *specs, "--format", "json").out)


def test_the_json_object(specs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = document(capsys, "a.yaml", "b.yaml")
    assert list(found) == ["netspec", "diff", "specs", "errors"]
    assert [(spec["file"], spec["ok"]) for spec in found["specs"]] == [
        ("a.yaml", True),
        ("b.yaml", True),
    ]
    diff = found["diff"]
    assert list(diff) == [
        *("same", "fewest", "batch", "dtype", "left", "right"),
        *("counts", "layers", "changes", "renamed", "totals"),
    ]
    assert (diff["same"], diff["fewest"], diff["batch"], diff["dtype"]) == (
        *(False, True),
        *(1, "float32"),
    )
    assert diff["left"] == {
        "name": "skip",
        "layers": 8,
        "inputs": {"input": [8, 16, 16]},
        "outputs": {"output": [10]},
    }
    none = dict.fromkeys(("added", "removed", "follows", "renamed"), 0)
    assert diff["counts"] == {**none, "changed": 1, "same": 7}
    fc = {"name": "fc1", "kind": "FC", "inputs": ["flatten1"], "line": 5}
    (layer,) = diff["layers"]
    assert layer["left"] == {**fc, "shape": [10], "column": layer["left"]["column"]}
    assert layer["right"] == {**fc, "shape": [12], "column": layer["left"]["column"]}
    assert layer["what"] == "changed"
    assert layer["changes"] == [{"what": "units", "before": 10, "after": 12}]
    assert layer["cost"]["params"] == {"before": 5130, "after": 6156, "difference": 1026}
    assert list(layer["cost"]) == ["params", "macs", "activation_bytes"]
    assert list(diff["totals"]) == [
        *("params", "weight_bytes", "macs", "flops", "activations"),
        *("activation_bytes", "inference_peak_bytes"),
    ]


def test_the_json_object_without_a_net(specs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = document(capsys, "bad.yaml", "none.yaml")
    assert found["diff"] is None
    (spec,) = found["specs"]
    assert (spec["file"], spec["ok"]) == ("bad.yaml", False)
    assert "did you mean `RELU`?" in [d["help"] for d in spec["diagnostics"]]
    assert found["errors"] == [{"file": "none.yaml", "message": "no such file"}]


def test_the_json_object_of_the_same_net(specs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    diff = document(capsys, "a.yaml", "a.yaml")["diff"]
    assert diff["same"] and diff["layers"] == diff["changes"] == diff["renamed"] == []
