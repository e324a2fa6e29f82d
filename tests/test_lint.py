"""Warnings that know CNNs: each fires on a small net, and not on its near misses."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from types import FrameType

import pytest

import netspec
from netspec.analysis.lint import _LOCAL, _WHOLE, lint
from netspec.analysis.lint.windows import uneven_input
from netspec.graph import Graph
from netspec.text.diagnostics import Diagnostic
from tests.graphs import graph_of

ROOT = Path(__file__).parent.parent
ZOO = sorted([*(ROOT / "specs").glob("*.yaml"), *(ROOT / "specs").glob("*/*.yaml")])
FOREIGN = sorted((ROOT / "tests" / "foreign").glob("*.yaml"))

#: Line of `net` in `spec`.
NET = 4
START = len("net: ")


def spec(net: str, *more: str, input: str = "3x32x32") -> str:
    """A whole spec around a `net`, which stands on line 4 after `net: `."""
    head = ("netspec: 1", "name: small", f"input: {input}", f"net: {net}")
    return "\n".join((*head, *more, ""))


def found(text: str) -> list[Diagnostic]:
    return [d for d in netspec.check(text) if not d.code.startswith("unused-")]


def codes(text: str) -> list[str]:
    return [d.code for d in found(text)]


def only(text: str, code: str, severity: str = "warning") -> Diagnostic:
    """The one finding about a text, held to what all of them promise."""
    (diagnostic,) = found(text)
    assert (diagnostic.code, diagnostic.severity) == (code, severity)
    assert "\n" not in diagnostic.message
    assert diagnostic.notes
    assert "`" in (diagnostic.help or "")
    return diagnostic


def at(diagnostic: Diagnostic) -> str:
    """The text at the place of a diagnostic."""
    span = diagnostic.span
    return span.source.text[span.start : span.end]


# windows


def test_a_window_that_leaves_rows_unread() -> None:
    d = only(spec("INPUT -> CONV(8, 5, 2) -> RELU"), "window-remainder")
    assert (d.span.line, d.span.column, at(d)) == (4, 15, "CONV")
    assert "the last 1 of 32 rows and the last 1 of 32 columns" in d.message
    assert "(32-5)/2+1 = 14.5" in d.message
    assert "write `CONV(8, 5, 2, pad=same)`" in str(d.help)


@pytest.mark.parametrize(
    "net",
    [
        "INPUT -> CONV(8, 5, 2, pad=same) -> RELU",
        "INPUT -> CONV(8, 4, 2) -> RELU",
        "INPUT -> POOL(3, 2, ceil=yes)",
        "INPUT -> CONV(8, 7, 2, pad=half) -> RELU",  # what is left over is padding
        "INPUT -> CONV(8, 1, 2) -> RELU",  # the stride itself steps over rows
    ],
)
def test_windows_that_leave_nothing_unread(net: str) -> None:
    assert codes(spec(net)) == []


def test_a_window_in_a_repeat_is_named_once() -> None:
    text = spec("INPUT -> [CONV(8, pad=half) -> RELU -> POOL(3, 2)]*3")
    d = only(text, "window-remainder")
    assert d.notes[0].message.startswith("at pool1, repeat 1 of 3: 8x32x32 -> ")


def test_an_input_that_pools_cannot_halve() -> None:
    text = spec("INPUT -> [CONV(8, pad=half) -> RELU -> POOL]*5", input="3x225x225")
    d = only(text, "uneven-input")
    assert (d.span.line, at(d)) == (3, "3x225x225")
    assert d.help == "write `3x224x224` or `3x256x256`"
    assert [note.message for note in d.notes] == [
        "pool1 never reads the last 1 of 225 rows and the last 1 of 225 columns"
    ]
    assert codes(text.replace("225", "224")) == []


def test_an_input_of_which_only_the_rows_are_uneven() -> None:
    text = spec("INPUT -> POOL -> CONV(8, 3, pad=half) -> RELU -> POOL", input="3x30x32")
    assert only(text, "uneven-input").help == "write `3x28x32` or `3x32x32`"


def test_a_picture_is_cropped_to_the_new_size() -> None:
    text = spec("INPUT -> POOL -> POOL", input="{shape: 3x30x30, image: {resize: 30, crop: 30}}")
    assert (
        only(text, "uneven-input").help == "write `3x28x28` or `3x32x32`, with the `crop` to match"
    )


def test_sizes_that_the_rest_of_the_net_refuses_are_not_named() -> None:
    text = spec("INPUT -> POOL -> POOL -> RESHAPE([147])", input="3x30x30")
    assert only(text, "uneven-input").help == "write `3x28x28`"  # 3x32x32 makes 192 elements


def test_one_pool_alone_is_warned_of_where_it_stands() -> None:
    assert codes(spec("INPUT -> CONV(8) -> RELU -> POOL", input="3x31x31")) == ["window-remainder"]


def test_a_pool_of_one_pixel() -> None:
    d = only(spec("INPUT -> CONV(8, 32) -> RELU -> GAP -> FC(10)"), "pool-1x1")
    assert (at(d), d.help) == ("GAP", "write `FLATTEN` for `GAP`, or pool less before it")
    d = only(spec("INPUT -> CONV(8, 32) -> RELU -> POOL(3, 1, pad=1) -> FC(10)"), "pool-1x1")
    assert (at(d), d.help) == ("POOL", "remove `-> POOL`, or pool less before it")
    assert codes(spec("INPUT -> CONV(8, 31) -> RELU -> GAP -> FC(10)")) == []
    assert codes(spec("INPUT -> CONV(8, [32, 31]) -> RELU -> GAP -> FC(10)")) == []


# activations


@pytest.mark.parametrize(
    "between",
    ["", "BN -> ", "DROPOUT -> ", "IDENTITY -> ", "AVGPOOL(2) -> ", "DROPOUT -> AVGPOOL(3) -> "],
)
def test_two_convolutions_without_an_activation(between: str) -> None:
    text = spec(f"INPUT -> CONV(8, bias=no) -> {between}CONV(16, 3)")
    d = only(text, "missing-activation")
    assert (d.span.line, d.span.column) == (NET, text.splitlines()[NET - 1].index("CONV(16") + 1)
    assert d.help == "write `RELU -> CONV(16, 3)`"
    assert d.notes[0].message == "conv1 is here"


@pytest.mark.parametrize(
    ("net", "count"),
    [
        ("INPUT -> FC(64) -> FC(10)", 1),
        ("INPUT -> FC(64) -> RELU -> FC(32) -> DROPOUT -> FC(10)", 1),
        ("INPUT -> CONV(8) -> FC(10)", 1),
        ("INPUT -> CONV(8) -> GAP -> FC(10)", 1),
        ("INPUT -> [FC(64)]*3 -> FC(10)", 1),
        ("INPUT -> FC(64) -> FC(64) -> FC(10)", 2),
        ("INPUT -> FC(64) -> FC(16) -> FC(10)", 2),
        ("INPUT -> DECONV(8, 2, 2) -> DECONV(8, 2, 2) -> RELU", 1),
        ("INPUT -> CONV(8) -> CONV(8, 1) -> RELU", 1),
        ("INPUT -> CONV(8, 1) -> CONV(8, 3) -> RELU", 1),  # 3 channels widened to 8
    ],
)
def test_linear_layers_in_a_row(net: str, count: int) -> None:
    assert codes(spec(net)) == ["missing-activation"] * count


@pytest.mark.parametrize(
    "net",
    [
        "INPUT -> CONV(8) -> RELU -> CONV(8) -> RELU",
        "INPUT -> CONV(8) -> POOL -> CONV(8) -> RELU",  # the largest is not linear (Caffe's LeNet)
        "INPUT -> CONV(8) -> GROUPNORM(groups=1) -> CONV(8) -> RELU",
        "INPUT -> CONV(8) -> MAXOUT(2) -> CONV(8) -> RELU",
        # separable, in both orders, and with the layer scale of ConvNeXt
        "INPUT -> CONV(3, 3, groups=3) -> CONV(16, 1) -> RELU",
        "INPUT -> CONV(16, 1) -> CONV(16, 3, groups=16) -> RELU",
        "INPUT -> CONV(8, [1, 7]) -> CONV(8, [7, 1]) -> RELU",
        "INPUT -> CONV(8, 1) -> CONV(8, 1, groups=8, bias=no) -> RELU",
        # bottlenecks: MobileNetV2 and -V3, the lateral 1x1 of a pyramid, a thin factor of one 3x3
        "INPUT -> CONV(32, 1) -> RELU -> CONV(8, 1) -> CONV(48, 1) -> RELU",
        "INPUT -> CONV(16, 1) -> RELU -> CONV(16, 1) -> CONV(72, 1) -> RELU",
        "INPUT -> CONV(64, 1) -> RELU -> CONV(16, 1) -> CONV(16, 3) -> RELU",
        "INPUT -> CONV(64, 1) -> RELU -> CONV(8, 3) -> CONV(64, 1) -> RELU",
        # the code of an autoencoder (Hinton & Salakhutdinov 2006)
        "INPUT -> FC(400) -> RELU -> FC(32) -> FC(400) -> RELU -> FC(3072) -> SIGMOID",
        # what is read elsewhere too cannot be multiplied out
        "INPUT -> CONV(3, pad=half) -> ADD{ CONV(3, pad=half) | } -> RELU",
        "INPUT -> CONV(8) @a -> CONV(8, pad=half) -> ADD{ | @a } -> RELU",
        # projections into merges
        "INPUT -> CONCAT{ CONV(8, 1) | CONV(8, 3, pad=half) -> RELU } -> CONV(8) -> RELU",
        "INPUT -> FC(10)",
    ],
)
def test_linear_layers_in_a_row_that_are_meant(net: str) -> None:
    assert "missing-activation" not in codes(spec(net))


def test_a_block_called_twice_is_warned_of_once() -> None:
    text = spec("INPUT -> [C(8) -> C(16)]*2", "blocks:", "  C(f): CONV(f)")
    d = only(text, "missing-activation")
    assert (d.span.line, at(d)) == (6, "CONV")
    assert d.help == "write `CONV(f) -> RELU`"
    assert "in the block C, called here" in [note.message for note in d.notes]


def test_an_activation_of_an_activation() -> None:
    d = only(spec("INPUT -> CONV(8) -> RELU -> DROPOUT -> TANH"), "repeated-activation")
    assert (at(d), d.span.column, d.help) == ("TANH", 45, "remove `-> TANH`")


@pytest.mark.parametrize(
    "net",
    [
        "INPUT -> CONV(8, bias=no) -> RELU -> BN -> RELU",
        "INPUT -> CONV(8) -> TANH -> ABS",  # Jarrett et al. 2009
        "INPUT -> CONV(8) -> MUL{ | SOFTPLUS -> TANH }",  # Misra 2019
        "INPUT -> CONV(8) -> RELU -> IDENTITY -> CONV(8) -> RELU",
        "INPUT -> CONV(8) -> RELU -> CONCAT{ | SIGMOID }",
    ],
)
def test_activations_that_are_not_repeated(net: str) -> None:
    assert codes(spec(net)) == []


@pytest.mark.parametrize("softmax", ["SOFTMAX", "LOGSOFTMAX", "FLATTEN -> SOFTMAX"])
def test_an_activation_before_softmax(softmax: str) -> None:
    text = spec(f"INPUT -> CONV(8, 32) -> RELU -> {softmax}")
    d = only(text, "activation-before-softmax")
    assert at(d) == "RELU"
    assert "remove `RELU ->`" in str(d.help)


@pytest.mark.parametrize(
    "net",
    [
        "INPUT -> FC(10) -> SOFTMAX",
        "INPUT -> CONV(8) -> RELU -> GAP -> SOFTMAX",  # SqueezeNet, Network in Network
        "INPUT -> CONV(8) -> RELU -> SOFTMAX(axis=1)",  # over rows: no classes
    ],
)
def test_softmax_of_scores(net: str) -> None:
    assert codes(spec(net)) == []


def test_softmax_before_the_end() -> None:
    d = only(spec("INPUT -> FC(64) -> SOFTMAX -> DROPOUT -> FC(10)"), "early-softmax")
    assert (at(d), d.help) == (
        "SOFTMAX",
        "write `RELU` for `SOFTMAX`, and `-> SOFTMAX` once, at the end",
    )
    d = only(spec("INPUT -> FC(64) -> SOFTMAX -> LOGSOFTMAX"), "early-softmax")
    assert d.help == "remove `SOFTMAX ->`"


@pytest.mark.parametrize(
    "net",
    [
        "INPUT -> CONV(8) -> RELU -> CONV(8) -> SOFTMAX -> UPSAMPLE(2)",
        "INPUT -> CONV(8) -> SOFTMAX -> GAP",  # chances averaged over places
        "INPUT -> CONV(8) -> MUL{ | SOFTMAX } -> CONV(8) -> RELU",  # attention
        "INPUT -> FC(10) -> SOFTMAX -> RESHAPE([10, 1, 1])",
    ],
)
def test_softmax_at_the_end(net: str) -> None:
    assert codes(spec(net)) == []


# normalisation


@pytest.mark.parametrize(
    ("net", "token", "fix"),
    [
        ("INPUT -> CONV(8, 3) -> BN -> RELU", "CONV", "CONV(8, 3, bias=no)"),
        ("INPUT -> FC(8) -> BN -> RELU", "FC", "FC(8, bias=no)"),
        ("INPUT -> CONV(2*(C+1)) -> INSTANCENORM -> RELU", "CONV", "CONV(2*(C+1), bias=no)"),
    ],
)
def test_a_bias_before_bn(net: str, token: str, fix: str) -> None:
    d = only(spec(net), "bias-before-bn")
    assert (at(d), d.span.column) == (token, 15)
    assert str(d.help).startswith(f"write `{fix}`, or `{token}: {{bias: no}}` under `where`")


@pytest.mark.parametrize(
    "text",
    [
        spec("INPUT -> CONV(8, 3, bias=yes) -> BN -> RELU"),
        spec("INPUT -> CONV(8, 3) -> BN -> RELU", "where:", "  CONV: {bias: yes}"),
    ],
)
def test_a_bias_that_the_text_asks_for_is_a_note(text: str) -> None:
    only(text, "bias-before-bn", "note")


@pytest.mark.parametrize(
    "net",
    [
        "INPUT -> CONV(8, bias=no) -> BN -> RELU",
        "INPUT -> CONV(8) -> RELU -> BN",
        "INPUT -> CONV(8) -> GROUPNORM(groups=1) -> RELU",
        "INPUT -> CONV(3, pad=half) @a -> BN -> ADD{ | @a }",  # the bias is in the sum
    ],
)
def test_a_bias_that_is_of_use(net: str) -> None:
    assert codes(spec(net)) == []


def test_dropout_before_bn() -> None:
    text = spec("INPUT -> CONV(8, bias=no) -> DROPOUT(0.2) -> BN -> RELU")
    d = only(text, "dropout-before-bn")
    assert at(d) == "DROPOUT"
    assert str(d.help).startswith("write `BN -> RELU -> DROPOUT(0.2)`")


@pytest.mark.parametrize(
    "net",
    [
        "INPUT -> CONV(8, bias=no) -> BN -> RELU -> DROPOUT",
        "INPUT -> [FC(8, bias=no) -> BN -> RELU -> DROPOUT]*2",
        "INPUT -> CONV(8, bias=no) -> DROPOUT -> INSTANCENORM -> RELU",  # has no running statistics
    ],
)
def test_dropout_elsewhere(net: str) -> None:
    assert codes(spec(net)) == []


# the whole net


def test_a_first_fc_that_holds_most_parameters() -> None:
    text = spec("INPUT -> CONV(64, pad=half) -> RELU -> [FC(256) -> RELU]*2 -> FC(10)")
    d = only(text, "large-fc", "note")
    weights = 64 * 32 * 32 * 256
    assert f"fc1 holds {weights + 256:,} of the " in d.message
    assert d.help == f"`GAP -> FC(256)` would have {weights - 64 * 256:,} parameters fewer"


@pytest.mark.parametrize(
    "net",
    [
        "INPUT -> FC(1000)",  # of pixels
        "INPUT -> CONV(64, pad=half) -> RELU -> GAP -> FC(256) -> RELU -> FC(10)",
        "INPUT -> CONV(8, pad=half) -> RELU -> FC(10)",  # small
        "INPUT -> CONV(64, 9) -> RELU -> CONV(512, 9) -> RELU -> CONV(64, 9) -> RELU -> FC(64)",
    ],
)
def test_an_fc_that_is_no_burden(net: str) -> None:
    assert codes(spec(net)) == []


def test_layers_that_lead_nowhere() -> None:
    text = spec(
        "",
        "  - INPUT -> CONV(8) -> RELU @a",
        "  - aux: GAP -> FC(10)",
        '  - "@a -> FC(10)"',
    )
    d = only(text, "dead-layers")
    assert (d.span.line, at(d)) == (6, "FC")
    assert d.help == 'write `output: {aux: "@aux"}`, or remove the stage'
    assert "2 layers lead only there" in [note.message for note in d.notes]
    assert codes(text + 'output: {aux: "@aux"}\n') == []


def test_layers_that_lead_to_an_unread_label_are_one_finding() -> None:
    text = spec("", "  - INPUT -> CONV(8) -> RELU @a -> FC(8) @b", '  - "@a -> FC(10)"')
    assert [d.code for d in netspec.check(text)] == ["unused-label"]


# beside errors, and over all nets


def test_what_was_shaped_is_judged_beside_an_error() -> None:
    text = spec("INPUT -> CONV(8, 5, 2) -> CONV(8, 3) -> RELU -> POOL(99) -> FC(10)")
    assert codes(text) == ["window-remainder", "missing-activation", "window-too-large"]


def test_an_error_and_a_warning_do_not_share_a_place() -> None:
    text = spec("INPUT -> [CONV(8, 3, pad=1) -> RELU -> POOL(2)]*8 -> FC(10)")
    assert codes(text) == ["window-too-large"]


@pytest.mark.parametrize(
    "text",
    [
        spec("INPUT -> CONV(8, 7, 2) pad=half) -> RELU"),  # the rest of the call
        spec("INPUT -> CONV(8, 7, 2) -> RELU", "where:", "  CONVV: {pad: half}"),  # its defaults
        spec("INPUT -> CONV(8, 7, 2) -> BN", "where:", "  CO(V: {pad: half, bias: no}"),
        spec(
            "INPUT -> [CONV -> RELU]*t", "where:", "  t: [{CONV: {filters: 8, stride: 3, padd: 1}}]"
        ),
    ],
)
def test_layers_that_may_not_be_as_meant_are_not_judged(text: str) -> None:
    assert {d.severity for d in found(text)} == {"error"}


@pytest.mark.parametrize("path", ZOO, ids=lambda path: path.stem)
def test_no_net_of_the_zoo_has_a_warning(path: Path) -> None:
    graph = graph_of(path.read_text("utf-8"), path.parent)
    assert [(d.severity, d.code) for d in lint(graph)] in ([], [("note", "large-fc")])


#: What is true of these nets.
TRUE_OF = {
    "densenet_bc": ["uneven-input"],
    "siamese": ["bias-before-bn", "window-remainder"],
    "squeezenet1_1": ["window-remainder"],  # 224 rows, of which CONV(64, 3, 2) reads 223
    "unet_odd": ["bias-before-bn", "window-remainder"],
}


@pytest.mark.parametrize("path", FOREIGN, ids=lambda path: path.stem)
def test_nets_of_the_literature_have_no_false_alarm(path: Path) -> None:
    found = lint(graph_of(path.read_text("utf-8"), path.parent))
    assert sorted(d.code for d in found) == TRUE_OF.get(path.stem, [])


@pytest.mark.parametrize(
    "body",
    [
        "CONV(3, pad=1)",
        "CONV(3, pad=1) -> BN -> RELU",
        "DROPOUT",
        "RELU",
        "SOFTMAX",
        "POOL(3, 1, pad=1)",
        "ADD{ CONV(3, pad=1) | }",
    ],
)
def test_the_work_is_linear_in_the_layers(body: str) -> None:
    """Each function makes at most 11 times the calls for 10 times the layers."""
    graphs = [
        graph_of(spec(f"INPUT -> POOL -> [{body}]*{count} -> POOL -> FC(10)", input="3x34x34"))
        for count in (200, 2000)
    ]
    for each in (*_LOCAL, *_WHOLE, uneven_input):
        short, long = (_calls(each, graph) for graph in graphs)
        assert long < 11 * short + 100, each.__name__


def _calls(each: Callable[[Graph], Iterable[object]], graph: Graph) -> int:
    """Steps into functions, generators and built-ins, which a loaded machine does not change."""
    calls = 0

    def count(frame: FrameType, event: str, of: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        list(each(graph))
    finally:
        sys.setprofile(before)
    return calls
