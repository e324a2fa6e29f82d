"""Labels and merges (language.md, section 3)."""

from __future__ import annotations

import pytest

from tests.texts import checked, code, findings, layers, spec


def reads(net: str, rest: str = "", size: str = "3x8x8") -> dict[str, tuple[str, ...]]:
    """What each layer of an accepted net reads."""
    result = checked(spec(net, rest, size=size))
    assert result.ok, result.diagnostics
    return {node.name: node.inputs for node in result.nodes}


# merges


def test_a_merge_gives_its_input_to_every_branch() -> None:
    found = reads("INPUT -> RELU -> ADD{ TANH | SIGMOID -> ABS | }")
    assert found["tanh1"] == found["sigmoid1"] == ("relu1",)
    assert found["add1"] == ("tanh1", "abs1", "relu1")


def test_merges_in_merges() -> None:
    found = reads("INPUT -> ADD{ | MUL{ | ADD{TANH | ABS} } }")
    assert found["add1"] == ("tanh1", "abs1")
    assert found["mul1"] == ("input", "add1")
    assert found["add2"] == ("input", "mul1")


@pytest.mark.parametrize("left", ["", "GAP(keep=yes)", "GAP"])
def test_mul_broadcasts_in_any_order(left: str) -> None:
    assert layers(spec(f"INPUT -> MUL{{ {left} | RELU }}"))[-1].endswith("3x8x8")
    assert layers(spec(f"INPUT -> MUL{{ RELU | {left} }}"))[-1].endswith("3x8x8")


def test_concat_joins_channels() -> None:
    assert layers(spec("INPUT -> CONCAT{ | CONV(4, 1) | }"))[-1] == "concat1 10x8x8"
    assert layers(spec("INPUT -> GAP -> CONCAT{ | FC(4) }"))[-1] == "concat1 7"


@pytest.mark.parametrize(
    ("net", "expected"),
    [
        ("INPUT -> ^ADD{ | CONV(4, 1) }", "merge-shapes"),
        ("INPUT -> ^ADD{ | GAP(keep=yes) }", "merge-shapes"),
        ("INPUT -> ^CONCAT{ | POOL(2) }", "merge-shapes"),
        ("INPUT -> ^MUL{ | CONV(4, 1) -> GAP }", "merge-shapes"),
        ("INPUT -> ^ADD", "branches"),
        ("INPUT -> ^RELU{ | TANH }", "branches"),
        ("INPUT -> ADD(^2){ | TANH }", "too-many-arguments"),
        ("INPUT -> CONCAT(^axis=1){ | TANH }", "unknown-hyperparameter"),
    ],
)
def test_bad_merges(net: str, expected: str) -> None:
    assert code(spec(net)) == expected


@pytest.mark.parametrize("net", ["ADD{RELU}", "MUL{}", "CONCAT{RELU}"])
def test_a_merge_with_one_branch_is_a_warning(net: str) -> None:
    assert code(spec(f"INPUT -> ^{net}"), "warning") == "single-branch"


# labels


def test_a_label_names_the_tensor_after_its_item() -> None:
    found = reads("INPUT @in -> [RELU -> TANH] @x -> ABS -> ADD{ @x | @in | }")
    assert found["add1"] == ("tanh1", "input", "abs1")


def test_a_tap_starts_a_pattern_a_branch_a_group_or_a_stage() -> None:
    net = "\n  - INPUT -> RELU @x -> TANH\n  - '@x -> ABS'\n  - '[@x -> ELU]'"
    found = reads(net)
    assert (found["abs1"], found["elu1"]) == (("relu1",), ("relu1",))
    assert reads("INPUT @x -> RELU -> ADD{@x -> TANH | }")["tanh1"] == ("input",)


def test_a_stage_label_names_its_result_too() -> None:
    found = reads("\n  - stem: INPUT -> RELU\n  - TANH -> ADD{ | @stem}")
    assert found["add1"] == ("tanh1", "stem.relu1")


@pytest.mark.parametrize("label", ["a", "_", "A1_b", "half", "yes", "C", "CONV"])
def test_names_of_labels(label: str) -> None:
    assert layers(spec(f"INPUT @{label} -> ADD{{ | @{label} }}"))
    assert layers(spec(f"\n  - {label}: INPUT -> RELU\n  - ADD{{ | @{label} }}"))


def test_a_label_is_visible_to_the_end_of_the_net_in_branches_and_blocks() -> None:
    rest = "blocks: {B: 'ADD{ | @x }', D: B}"
    found = reads("INPUT -> ADD{ RELU @x | TANH } -> [MUL{ | @x }]*2 -> D", rest)
    assert found["mul2"] == ("mul1", "relu1")
    assert found["add2"] == ("mul2", "relu1")


def test_labels_set_inside_a_block_are_its_own_anew_in_each_call() -> None:
    rest = "blocks: {B: 'RELU @x -> TANH -> ADD{ | @x }'}"
    found = reads("INPUT -> B -> B", rest)
    assert (found["add1"], found["add2"]) == (("tanh1", "relu1"), ("tanh2", "relu2"))
    outer = reads("INPUT @x -> B -> ADD{ | @x}", rest)
    assert outer["add2"] == ("add1", "input")


def test_a_label_set_inside_a_block_is_not_seen_outside() -> None:
    text = spec(
        "INPUT -> B -> ADD{ | @^x }",
        "blocks: {B: RELU @x -> ADD{ | @x}}".replace("B: ", "B: '").replace("@x}}", "@x}'}"),
    )
    assert code(text) == "unknown-label"


@pytest.mark.parametrize(
    ("index", "name"),
    [
        ("", "relu3"),
        ("[0]", "relu1"),
        ("[1]", "relu2"),
        ("[-1]", "relu3"),
        ("[-2]", "relu2"),
        ("[-3]", "relu1"),
        ("[n-1]", "relu1"),
        ("[ 2 ]", "relu3"),
    ],
)
def test_in_a_repeat_each_iteration_sets_the_label_again(index: str, name: str) -> None:
    found = reads(f"INPUT -> [RELU @x]*3 -> ADD{{ | @x{index} }}", "where: {n: 1}")
    assert found["add1"] == ("relu3", name)


def test_an_index_counts_what_was_set_before() -> None:
    found = reads("INPUT @x -> [ADD{ | @x[-1] } -> RELU]*2")
    assert found["add2"] == ("relu1", "input")
    net = "INPUT -> [RELU @x -> ADD{ | @x[0] }]*2"
    assert reads(net)["add2"] == ("relu2", "relu1")


@pytest.mark.parametrize(
    ("net", "expected"),
    [
        ("INPUT -> ADD{ | @^x } -> RELU @x", "unknown-label"),
        ("INPUT -> ADD{ | @^x }", "unknown-label"),
        ("INPUT @x -> ADD{ | @x[^1] }", "label-index"),
        ("INPUT @x -> ADD{ | @x[^-2] }", "label-index"),
        ("INPUT @x -> ADD{ | @x[^half] }", "label-index"),
        ("INPUT @x -> ADD{ | @x[^yes] }", "label-index"),
        ("INPUT @x -> ADD{ | @x[^[0]] }", "label-index"),
        ("INPUT @x -> RELU @^x -> ADD{ | @x }", "duplicate-label"),
        ("INPUT -> [RELU @x]*2 -> TANH @^x -> ADD{ | @x }", "duplicate-label"),
    ],
)
def test_bad_labels(net: str, expected: str) -> None:
    assert code(spec(net)) == expected


def test_two_places_that_set_one_label() -> None:
    found = findings(spec("\n  - a: INPUT -> RELU\n  - b: TANH\n  - a: ABS\n"))
    assert [(d.code, d.span.line) for d in found] == [("duplicate-label", 7)]
    found = findings(spec("\n  - INPUT @a -> RELU\n  - a: TANH\n"))
    assert [d.code for d in found] == ["duplicate-label"]


@pytest.mark.parametrize(
    "net", ["INPUT -> RELU @^x", "INPUT -> [CONV(3, 1) -> RELU @^x]*2", "INPUT @^x"]
)
def test_a_label_that_nothing_reads_is_a_warning(net: str) -> None:
    assert code(spec(net), "warning") == "unused-label"


@pytest.mark.parametrize(
    ("net", "rest"),
    [
        ("INPUT @x -> ADD{ | @x }", ""),
        ("INPUT -> RELU @x", 'output: {aux: "@x"}'),
        ("INPUT @x -> [ADD{ | @x }]?go", "where: {go: no}"),
        ("\n  - a: INPUT -> RELU", ""),
    ],
)
def test_a_label_that_something_reads_is_no_warning(net: str, rest: str) -> None:
    assert not findings(spec(net, rest), "warning")


def test_further_outputs_are_labelled_tensors() -> None:
    text = spec("INPUT -> [RELU @x]*2 -> GAP", 'output: {a: "@x", b: "@x[0]"}')
    graph = checked(text).graph
    assert graph is not None
    assert dict(graph.outputs) == {"output": "gap1", "a": "relu2", "b": "relu1"}


@pytest.mark.parametrize(("name", "good"), [("relu1", True), ("gap1", False), ("output", False)])
def test_a_further_output_takes_no_other_tensors_name(name: str, good: bool) -> None:
    result = checked(spec("INPUT -> RELU @x -> GAP", f'output: {{{name}: "@x"}}'))
    assert result.ok is good


def test_the_u_net_of_the_page() -> None:
    net = """
  - INPUT -> [DOUBLE(f) @skip -> POOL]*down -> DOUBLE(1024)
  - "[DECONV(f, 2, 2) -> CONCAT{ | @skip[i] } -> DOUBLE(f)]*up -> CONV(2, 1)"
"""
    rest = """\
where:
  down: [{f: 64}, {f: 128}, {f: 256}, {f: 512}]
  up: [{f: 512, i: -1}, {f: 256, i: -2}, {f: 128, i: -3}, {f: 64, i: -4}]
  CONV: {kernel: 3, pad: half}
blocks:
  DOUBLE(f): "[CONV(f) -> RELU]*2"
"""
    graph = checked(spec(net, rest, size="1x256x256")).graph
    assert graph is not None
    assert sum(w.numel for _, w in graph.all_weights()) == 31_030_658
    assert [graph.by_name[f"concat{at}"].inputs[1] for at in range(1, 5)] == [
        *("relu8", "relu6", "relu4", "relu2")
    ]
