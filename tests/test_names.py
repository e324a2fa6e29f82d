"""Names of layers, their weights and their places (language.md, section 5)."""

from __future__ import annotations

import pytest

from tests.texts import checked, code, findings, layers, spec


def names(net: str, rest: str = "", size: str = "3x8x8") -> list[str]:
    """The names of the layers."""
    return [line.split(" ")[0] for line in layers(spec(net, rest, size=size))]


def test_a_kind_and_a_number_that_counts_it_in_execution_order() -> None:
    net = "INPUT -> CONV(3, 1) -> ADD{ CONV(3, 1) -> BN | CONV(3, 1) } -> [BN -> CONV(3, 1)]*2"
    assert names(net) == [
        *("input", "conv1", "conv2", "bn1", "conv3", "add1"),
        *("bn2", "conv4", "bn3", "conv5"),
    ]


def test_input_and_the_flatten_that_fc_brings_are_layers_with_names() -> None:
    assert names("INPUT -> FC(3) -> FLATTEN -> FC(2)") == [
        *("input", "flatten1", "fc1", "flatten2", "fc2")
    ]
    assert names("INPUT -> FC(3)", size="7") == ["input", "fc1"]


def test_in_a_labelled_stage_the_label_is_a_prefix_and_the_count_starts_anew() -> None:
    net = "\n  - INPUT -> RELU\n  - a: RELU -> B -> RELU\n  - RELU\n  - b: '[RELU]*2'\n"
    assert names(net, "blocks: {B: RELU}") == [
        *("input", "relu1", "a.relu1", "a.relu2", "a.relu3", "relu2", "b.relu1", "b.relu2")
    ]
    assert names("\n  - stem: INPUT -> FC(1)") == ["input", "stem.flatten1", "stem.fc1"]


@pytest.mark.parametrize("name", ["x", "_", "conv", "C", "yes", "half", "CONV", "x_1", "conv9"])
def test_a_name_by_hand_is_taken_literally(name: str) -> None:
    rest = "where: {x: 3}"
    assert names(f"INPUT -> CONV(3, name={name}) -> CONV(3)", rest) == ["input", name, "conv1"]


def test_a_name_by_hand_in_every_kind_of_call() -> None:
    net = "\n  - INPUT -> ADD(name=sum){ | } -> FC(2, name=head)\n  - s: RELU(name=r)"
    assert names(net) == ["input", "sum", "flatten1", "head", "s.r"]


def test_a_name_by_hand_that_occurs_again_is_numbered() -> None:
    assert names("INPUT -> [RELU(name=x)]*3 -> RELU*2") == [
        *("input", "x", "x_1", "x_2", "relu1", "relu2")
    ]
    assert names("INPUT -> [CONV(3, 1, name=conv)]*3 -> CONV(3)")[-1] == "conv1"
    rest = "blocks: {B: 'RELU(name=x)'}"
    assert names("INPUT -> B -> B", rest) == ["input", "x", "x_1"]
    assert names("\n  - a: INPUT -> B -> B\n  - B", rest) == ["input", "a.x", "a.x_1", "x"]


def test_numbers_step_over_names_that_are_taken() -> None:
    assert names("INPUT -> RELU(name=x_1) -> RELU(name=x)*3") == [
        *("input", "x_1", "x", "x_2", "x_3")
    ]


@pytest.mark.parametrize(
    "net",
    [
        "INPUT -> RELU(name=x) -> TANH(name=^x)",
        "INPUT -> RELU -> TANH(name=^relu1)",
        "INPUT -> RELU(name=^relu1) -> RELU",
        "INPUT -> RELU(name=^input)",
    ],
)
def test_two_places_cannot_give_one_name(net: str) -> None:
    assert code(spec(net)) == "duplicate-layer-name"


def test_an_input_cannot_take_the_name_of_a_layer() -> None:
    text = spec("ADD{INPUT(conv1) -> CONV(3, 1) | INPUT(b)}", size="{conv1: 3x8x8, b: 3x8x8}")
    assert [d.code for d in findings(text)] == ["duplicate-layer-name"]
    late = spec("ADD{INPUT(a) -> RELU | INPUT(relu1)}", size="{a: 3x8x8, relu1: 3x8x8}")
    assert [d.code for d in findings(late)] == ["duplicate-layer-name"]
    fine = spec("ADD{INPUT(conv2) -> CONV(3, 1) | INPUT(b)}", size="{conv2: 3x8x8, b: 3x8x8}")
    assert checked(fine).ok


def test_names_are_unique_whatever_the_net() -> None:
    net = "\n  - a: INPUT -> [RELU -> RELU(name=r)]*3\n  - RELU(name=r)*2 -> RELU*2\n  - b: RELU"
    found = names(net)
    assert len(set(found)) == len(found)


def test_a_layers_place_is_its_kinds_token() -> None:
    text = spec("\n  - INPUT -> CONV(3)*2\n  - B -> FC(2)\n", "blocks:\n  B: RELU -> TANH\n")
    places = [
        (n.name, n.span.line, n.span.column, n.span.end_position) for n in checked(text).nodes
    ]
    assert places == [
        ("input", 5, 5, (5, 10)),
        ("conv1", 5, 14, (5, 18)),
        ("conv2", 5, 14, (5, 18)),
        ("relu1", 9, 6, (9, 10)),
        ("tanh1", 9, 14, (9, 18)),
        ("flatten1", 6, 10, (6, 12)),
        ("fc1", 6, 10, (6, 12)),
    ]


@pytest.mark.parametrize(
    "net",
    [
        "INPUT -> CONV(^0)",
        "INPUT -> CONV(3, kernel=^0)",
        "INPUT -> CONV(4, groups=^2)",
        "INPUT -> SPLIT(^3, 3)",
        "INPUT -> RESHAPE(^[5])",
        "INPUT -> ^CONV(4, 9)",
        "INPUT -> POOL -> POOL -> POOL -> ^POOL",
    ],
)
def test_a_wrong_arguments_place_is_the_argument_else_the_call(net: str) -> None:
    code(spec(net))


def test_weights_are_named_after_their_layer_in_the_order_of_execution() -> None:
    net = "\n  - stem: INPUT -> CONV(4, 1, bias=no) -> BN\n  - ADD{ | PRELU | CONV(4, 1) } -> FC(2)"
    graph = checked(spec(net)).graph
    assert graph is not None
    assert [(name, weight.shape) for name, weight in graph.all_weights()] == [
        ("stem.conv1.weight", (4, 3, 1, 1)),
        ("stem.bn1.weight", (4,)),
        ("stem.bn1.bias", (4,)),
        ("stem.bn1.running_mean", (4,)),
        ("stem.bn1.running_var", (4,)),
        ("prelu1.weight", (4,)),
        ("conv1.weight", (4, 4, 1, 1)),
        ("conv1.bias", (4,)),
        ("fc1.weight", (2, 256)),
        ("fc1.bias", (2,)),
    ]
