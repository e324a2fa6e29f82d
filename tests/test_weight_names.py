"""Names of PyTorch's, torchvision's and timm's modules -> ours: known nets, and what is refused."""

from __future__ import annotations

import random
import re
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from netspec.graph.graph import Graph
from netspec.machine.errors import UnusableError
from netspec.text.limits import MATCH_STEPS
from netspec.weights.assigned import Assigned, assign_names
from netspec.weights.names import matching
from netspec.weights.names.steps import Steps
from netspec.weights.values import choose_values
from tests.graphs import graph_of
from tests.state_dicts import (
    COUNTERPARTS,
    Shapes,
    counterpart,
    in_file,
    spec_text,
    state_dict,
    truth,
)

LIGHT = ("alexnet", "resnet18", "densenet_bc", "shufflenet_v2_x1_0", "googlenet")


def assigned(
    graph: Graph,
    shapes: Shapes,
    renames: dict[str, str] | None = None,
    *,
    allow_extra: bool = False,
) -> Assigned:
    """What a file with such tensors gives a net."""
    return assign_names(
        graph, Path("w.safetensors"), in_file(shapes), renames or {}, allow_extra=allow_extra
    )


def refusal(
    graph: Graph,
    shapes: Shapes,
    renames: dict[str, str] | None = None,
    *,
    allow_extra: bool = False,
) -> UnusableError:
    """Why a file with such tensors is refused."""
    with pytest.raises(UnusableError) as caught:
        assigned(graph, shapes, renames, allow_extra=allow_extra)
    return caught.value


def shuffled(shapes: Shapes, seed: int) -> Shapes:
    names = list(shapes)
    random.Random(seed).shuffle(names)
    return {name: shapes[name] for name in names}


def net(pattern: str, where: str = "") -> Graph:
    text = f"netspec: 1\nname: n\ninput: 3x8x8\nnet: '{pattern}'\nwhere: {{{where}}}\n"
    return graph_of(text)


def conv(name: str, filters: int, depth: int, side: int = 3) -> Shapes:
    return {f"{name}.weight": (filters, depth, side, side), f"{name}.bias": (filters,)}


def norm(name: str, channels: int) -> Shapes:
    tensors = ("weight", "bias", "running_mean", "running_var")
    return {f"{name}.{tensor}": (channels,) for tensor in tensors}


def linear(name: str, units: int, features: int) -> Shapes:
    return {f"{name}.weight": (units, features), f"{name}.bias": (units,)}


@pytest.mark.parametrize("name", COUNTERPARTS)
def test_known_nets_in_any_order_of_the_file(name: str) -> None:
    graph, shapes = counterpart(name), state_dict(name)
    lacking = COUNTERPARTS[name][1]
    expected = truth(graph, shapes, lacking)
    for order in (shapes, dict(sorted(shapes.items())), shuffled(shapes, 1), shuffled(shapes, 2)):
        found = assigned(graph, order, allow_extra=bool(lacking))
        assert found.theirs == expected
        assert list(found.theirs) == list(expected), "in the order of execution"


@pytest.mark.parametrize("prefix", ["module.", "_orig_mod.module.", "state_dict.model.", "a.0.1."])
@pytest.mark.parametrize("name", LIGHT)
def test_a_prefix_of_all_names_changes_nothing(name: str, prefix: str) -> None:
    graph, shapes = counterpart(name), state_dict(name)
    lacking = COUNTERPARTS[name][1]
    prefixed = {prefix + tensor: shape for tensor, shape in shapes.items()}
    found = assigned(graph, shuffled(prefixed, 3), allow_extra=bool(lacking))
    expected = truth(graph, shapes, lacking)
    assert found.theirs == {ours: prefix + theirs for ours, theirs in expected.items()}


@pytest.mark.parametrize("name", ["googlenet", "inception_v3"])
def test_auxiliary_heads_are_named(name: str) -> None:
    graph, shapes = counterpart(name), state_dict(name)
    heads = sorted(
        tensor
        for tensor in shapes
        if tensor.startswith(COUNTERPARTS[name][1]) and not tensor.endswith("_tracked")
    )
    error = refusal(graph, shapes)
    assert error.help == "--allow-extra leaves them out"
    named = re.findall(r"^  extra: (\S+)", error.message, re.M)
    assert named == heads
    assert assigned(graph, shapes, allow_extra=True).extra == tuple(heads)


def test_densenets_own_old_names() -> None:
    """torchvision's DenseNet files still call `norm1` `norm.1`: lists that run in turns."""
    graph, shapes = counterpart("densenet_bc"), state_dict("densenet_bc")
    inside = re.compile(r"(denselayer\d+\.)(norm|conv)(\d)")
    old = {inside.sub(r"\1\2.\3", name): shape for name, shape in shapes.items()}
    assert any(".norm.1." in name for name in old)
    assert assigned(graph, shuffled(old, 1)).theirs == truth(graph, old)


def shortcut_first(shapes: Shapes) -> Shapes:
    """The names with each block's downsampling before its other parts."""
    order = {name: at for at, name in enumerate(shapes)}

    def place(name: str) -> tuple[int, int]:
        block = re.match(r"layer\d+\.\d+\.", name)
        first = min(order[n] for n in shapes if n.startswith(block[0])) if block else order[name]
        return first, ("downsample" not in name) * len(order) + order[name]

    return {name: shapes[name] for name in sorted(shapes, key=place)}


@pytest.mark.parametrize("name", ["resnet18", "resnet50", "resnext50_32x4d"])
def test_residual_nets_with_the_shortcut_written_first(name: str) -> None:
    text = spec_text(COUNTERPARTS[name][0])
    text, count = re.subn(r"(DOWN|PROJECT)(.*)ADD\{ (.*) \| (.*) \}", r"\1\2ADD{ \4 | \3 }", text)
    assert count == 1
    graph, names = graph_of(text), shortcut_first(state_dict(name))
    assert assigned(graph, shuffled(names, 1)).theirs == truth(graph, names)


PREACT = """\
netspec: 1
name: preact164
input: 3x32x32
net: INPUT -> CONV(16) -> [FIRST(f, s) -> REST(f)*17]*stage -> BN -> RELU -> GAP -> FC(10)
where:
  CONV: {pad: half, bias: no}
  stage: [{f: 16, s: 1}, {f: 32, s: 2}, {f: 64, s: 2}]
blocks:
  BODY(f, s): CONV(f, 1) -> BN -> RELU -> CONV(f, 3, s) -> BN -> RELU -> CONV(4*f, 1)
  REST(f): ADD{ BN -> RELU -> BODY(f, 1) | }
  FIRST(f, s): BN -> RELU -> ADD{ BRANCHES }
"""


def preact_names(shortcut_first: bool, last: str) -> Shapes:
    """PreAct-ResNet-164 as its implementations for CIFAR-10 have it (He et al. 2016)."""
    shapes: Shapes = {"conv1.weight": (16, 3, 3, 3)}
    depth = 16
    for stage, planes in enumerate((16, 32, 64), 1):
        for block in range(18):
            at, wide = f"layer{stage}.{block}", 4 * planes
            shortcut: Shapes = {f"{at}.shortcut.0.weight": (wide, depth, 1, 1)} if not block else {}
            shapes |= norm(f"{at}.bn1", depth) | (shortcut if shortcut_first else {})
            shapes |= {f"{at}.conv1.weight": (planes, depth, 1, 1), **norm(f"{at}.bn2", planes)}
            shapes |= {f"{at}.conv2.weight": (planes, planes, 3, 3), **norm(f"{at}.bn3", planes)}
            shapes |= {f"{at}.conv3.weight": (wide, planes, 1, 1), **shortcut}
            depth = wide
    return shapes | norm(last, depth) | linear("linear", 10, depth)


@pytest.mark.parametrize("first", [False, True])
@pytest.mark.parametrize("last", ["bn", "bn1", "final.norm"])
def test_preact_resnet_164(first: bool, last: str) -> None:
    body, shortcut = "BODY(f, s)", "CONV(4*f, 1, s)"
    branches = f"{shortcut} | {body}" if first else f"{body} | {shortcut}"
    graph, shapes = graph_of(PREACT.replace("BRANCHES", branches)), preact_names(first, last)
    assert len({name.rpartition(".")[0] for name in shapes}) == 330
    for seed in range(3):
        assert assigned(graph, shuffled(shapes, seed)).theirs == truth(graph, shapes)


def cifar_names(depth: int, projected: bool) -> Shapes:
    """A CIFAR ResNet of the usual PyTorch implementations."""
    shapes: Shapes = {"conv1.weight": (16, 3, 3, 3), **norm("bn1", 16)}
    before = 16
    for stage, planes in enumerate((16, 32, 64), 1):
        for block in range((depth - 2) // 6):
            at = f"layer{stage}.{block}"
            shapes |= {f"{at}.conv1.weight": (planes, before, 3, 3), **norm(f"{at}.bn1", planes)}
            shapes |= {f"{at}.conv2.weight": (planes, planes, 3, 3), **norm(f"{at}.bn2", planes)}
            if before != planes and projected:
                shapes[f"{at}.shortcut.0.weight"] = (planes, before, 1, 1)
                shapes |= norm(f"{at}.shortcut.1", planes)
            before = planes
    return shapes | linear("linear", 10, 64)


@pytest.mark.parametrize(
    ("spec", "depth"), [("resnet20", 20), ("resnet56", 56), ("resnet110", 110), ("resnet56b", 56)]
)
def test_cifar_resnets(spec: str, depth: int) -> None:
    graph = graph_of(spec_text(f"specs/{spec}.yaml"))
    shapes = cifar_names(depth, spec.endswith("b"))
    assert assigned(graph, shuffled(shapes, 1)).theirs == truth(graph, shapes)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("layer1.0", "layer1.1"),
        ("layer1.0.conv1", "layer1.0.conv2"),
        ("layer3.1.bn1", "layer3.1.bn2"),
        ("layer2.0.bn2", "layer2.0.downsample.1"),
    ],
)
def test_tensors_that_change_names_change_places(one: str, other: str, tmp_path: Path) -> None:
    """Two of the same shape: the output would differ, and no shape would tell."""
    text = spec_text("specs/resnet18.yaml").replace("64", "4").replace("1000", "3")
    graph = graph_of(re.sub(r"(?m)^input:.*(\n  .*)*", "input: 3x32x32", text))
    names = truth(graph, state_dict("resnet18"))
    rng = np.random.default_rng(0)
    values = {
        names[ours]: rng.random(weight.shape, np.float32) for ours, weight in graph.all_weights()
    }
    there = {one: other, other: one}

    def renamed(name: str) -> str:
        head = next((part for part in there if name.startswith(f"{part}.")), None)
        return name if head is None else there[head] + name.removeprefix(head)

    save_file({renamed(name): array for name, array in values.items()}, tmp_path / "w.safetensors")
    found = choose_values(graph, tmp_path / "w.safetensors")
    moved = 0
    for ours, theirs in names.items():
        np.testing.assert_array_equal(found.read(ours), values[renamed(theirs)])
        moved += renamed(theirs) != theirs
    assert moved >= 2


def test_the_largest_nets_take_a_hundredth_of_the_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matching, "MATCH_STEPS", 4_000)
    for name in ("resnet152", "densenet121", "inception_v3", "googlenet"):
        assigned(counterpart(name), state_dict(name), allow_extra=True)


def test_numbers_count_as_people_count() -> None:
    graph = net("INPUT -> [CONV(3, pad=1) -> RELU]*12")
    shapes: Shapes = {}
    for at in range(12):
        shapes |= conv(f"features.{2 * at}", 3, 3)
    found = assigned(graph, shuffled(shapes, 1)).theirs
    assert found["conv2.weight"] == "features.2.weight"
    assert found["conv6.weight"] == "features.10.weight"
    assert found["conv12.bias"] == "features.22.bias"


@pytest.mark.parametrize(
    ("names", "in_order"),
    [
        (("conv1_1", "conv1_2", "conv2_1"), True),
        (("block1_conv", "block2_conv", "block10_conv"), True),
        (("layer01", "layer02", "layer10"), True),
        (("mix3a", "mix3b", "mix4a"), True),
        (("branch3x3_1", "branch3x3_2a", "branch3x3_2b"), True),
        (("first", "second", "third"), False),
        (("a", "b", "c"), False),
        (("conv3x3", "conv5x5", "conv7x7"), False),  # sizes
        (("up1", "up2", "up3"), False),  # of a way up, from either end
        (("decoder3", "decoder2", "decoder1"), False),
        (("weights_1x", "weights_2x", "weights_3x"), True),
    ],
)
def test_what_counts_and_what_does_not(names: tuple[str, ...], in_order: bool) -> None:
    graph = net("INPUT -> [CONV(3, pad=1) -> RELU]*3")
    shapes: Shapes = {}
    for name in names:
        shapes |= conv(name, 3, 3)
    if in_order:
        found = assigned(graph, shuffled(shapes, 1)).theirs
        assert list(found.values())[::2] == [f"{name}.weight" for name in names]
        return
    error = refusal(graph, shapes)
    doubts = re.findall(r"doubtful: conv\d could be (\S+) or (\S+) ", error.message)
    assert doubts and all(one != other and {one, other} <= {*names} for one, other in doubts)
    assert error.help is not None and "--map" in error.help


def test_one_map_of_a_doubtful_name_settles_the_rest() -> None:
    graph = net("INPUT -> CONV(3, pad=1) -> ADD{ CONV(3, pad=1) | CONV(3, pad=1) } -> FC(2)")
    shapes = conv("stem", 3, 3) | conv("left", 3, 3) | conv("right", 3, 3) | linear("fc", 2, 192)
    assert "doubtful: conv2 could be" in refusal(graph, shapes).message
    renames = {"stem": "conv1", "right": "conv2"}
    found = assigned(graph, shuffled(shapes, 1), renames).theirs
    assert found["conv2.weight"] == "right.weight" and found["conv3.bias"] == "left.bias"
    assert found["fc1.weight"] == "fc.weight"


def test_a_map_to_what_the_net_has_not_is_refused() -> None:
    graph = net("INPUT -> CONV(3) -> FC(2)")
    shapes = conv("a", 3, 3) | linear("b", 2, 108)
    error = refusal(graph, shapes, {"a": "conv2", "b": "fc1"})
    assert "a.weight is mapped to conv2.weight (is it conv1.weight?)" in error.message
    assert "missing" not in error.message


def test_a_line_of_a_map_that_fits_no_name_is_refused() -> None:
    graph = net("INPUT -> CONV(3) -> FC(2)")
    shapes = conv("a.b", 3, 3) | linear("b", 2, 108)
    used = {"a.b.weight": "conv1.weight", "a.*": "conv1", "b": "fc1"}
    assert assigned(graph, shapes, used).theirs["fc1.bias"] == "b.bias"
    error = refusal(graph, shapes, used | {"a": "conv1", "b*b": "fc1", "b.wieght": "fc1.weight"})
    fits = re.findall(r"(\S+) stands in the map, and fits no name", error.message)
    assert fits == ["a", "b*b", "b.wieght"]


def test_a_missing_bias_does_not_turn_a_weight() -> None:
    graph = net("INPUT -> CONV(3) -> FC(2)")
    shapes = conv("a", 3, 3) | {"b.weight": (2, 108)}
    error = refusal(graph, shapes)
    assert "missing: fc1.bias" in error.message and "transposed" not in error.message
    turned = refusal(graph, conv("a", 3, 3) | {"b.weight": (108, 2), "b.bias": (2,)})
    assert "extra: b.weight (108x2); it looks transposed" in turned.message


def test_part_of_a_layer_is_no_layer() -> None:
    graph = net("INPUT -> CONV(3) -> FC(2)")
    shapes = conv("a", 3, 3) | linear("b", 2, 108)
    error = refusal(graph, shapes, {"a.weight": "conv1.weight"})
    assert "missing: conv1.bias" in error.message


def test_two_copies_are_doubtful() -> None:
    graph, shapes = counterpart("resnet18"), state_dict("resnet18")
    both = {f"{copy}.{name}": s for copy in ("model", "model_ema") for name, s in shapes.items()}
    error = refusal(graph, shuffled(both, 1), allow_extra=True)
    assert "could be what is left without model, or without model_ema" in error.message
    assert error.help is not None and "a file of its own" in error.help


def test_a_part_of_a_larger_net() -> None:
    """A backbone with a head that the spec has not."""
    graph = graph_of(spec_text("specs/resnet18.yaml").replace(" -> FC(1000)", ""))
    shapes = state_dict("resnet18")
    assert "extra: fc.weight" in refusal(graph, shapes).message
    found = assigned(graph, shapes, allow_extra=True)
    assert found.extra == ("fc.bias", "fc.weight")
    assert len(found.theirs) == 100


def test_tensors_of_no_layer_are_extra() -> None:
    graph, shapes = counterpart("resnet18"), state_dict("resnet18")
    more = shapes | {"epoch": (), "conv1.total_ops": (1,), "normalise.mean": (3,)}
    message = refusal(graph, more).message
    assert re.findall(r"extra: (\S+)", message) == ["conv1.total_ops", "epoch", "normalise.mean"]
    assert assigned(graph, more, allow_extra=True).theirs == truth(graph, shapes)


def test_all_that_is_missing_and_left_over_is_named() -> None:
    graph, shapes = counterpart("resnet18"), state_dict("resnet18")
    del shapes["fc.bias"], shapes["layer4.0.conv1.weight"], shapes["layer3.1.conv1.weight"]
    message = refusal(graph, shapes).message
    for part in (
        "missing: fc1.weight (1000x512)",
        "missing: fc1.bias (1000)",
        "missing: conv16.weight (512x256x3x3)",
        "missing: 1 of conv12, conv14, conv15 (weight 256x256x3x3)",
        "extra: fc.weight (1000x512)",
    ):
        assert part in message, part


def test_names_that_fit_no_order_are_refused() -> None:
    graph = net("INPUT -> CONV(3, pad=1) -> CONV(5, pad=1) -> CONV(3, pad=1) -> CONV(7)")
    right = conv("0", 3, 3) | conv("1", 5, 3) | conv("2", 3, 5) | conv("3", 7, 3)
    assert assigned(graph, shuffled(right, 1)).theirs == truth(graph, right)
    wrong = conv("0", 3, 3) | conv("2", 5, 3) | conv("1", 3, 5) | conv("3", 7, 3)
    message = refusal(graph, wrong).message
    assert "after conv1 nothing of it may stand at conv2 (weight 5x3x3x3, bias 5)" in message


def test_two_orders_of_a_residual_net_without_its_later_stages() -> None:
    """A stage of one width: the shortcut's convolution could be the block's last one."""
    block = "ADD{ CONV(4, 1) -> RELU -> CONV(8, 1) | CONV(8, 1) }"
    graph = net(f"INPUT -> CONV(4, 3) -> {block}")
    shapes = conv("stem", 4, 3) | conv("block.conv1", 4, 4, 1) | conv("block.conv2", 8, 4, 1)
    error = refusal(graph, shapes | conv("block.downsample", 8, 4, 1))
    doubts = re.findall(r"doubtful: (conv\d) could be block.(\w+) or block.(\w+) ", error.message)
    assert {layer for layer, _, _ in doubts} == {"conv3", "conv4"}
    assert all({one, other} == {"conv2", "downsample"} for _, one, other in doubts)


def test_the_ends_of_a_net_say_nothing() -> None:
    """A convolution before a block, or after it, whose parts then run the other way round."""
    graph = net("INPUT -> CONV(3, pad=1) -> BN -> CONV(3, pad=1)")
    shapes = conv("block.c", 3, 3) | norm("block.n", 3) | conv("stem", 3, 3)
    message = refusal(graph, shapes).message
    assert "doubtful: conv1 could be" in message and "doubtful: bn1" not in message


def test_shapes_are_taken_as_they_are_where_they_fit() -> None:
    graph = net("INPUT -> CONV(3, 1) -> GAP -> FC(3)")
    shapes = conv("b", 3, 3, 1) | linear("a", 3, 3)
    assert assigned(graph, shapes).theirs == truth(graph, shapes)


@pytest.mark.parametrize(("name", "settled"), [("right", True), ("other", False)])
def test_names_do_what_they_do_in_two_modules_beside(name: str, settled: bool) -> None:
    graph = net("INPUT -> [CONV(f, 3, pad=1) -> CONV(3, 3, pad=1)]*f -> BN", where="f: [5, 6, 3]")
    shapes: Shapes = {}
    for module, width in (("p", 5), ("q", 6)):
        shapes |= conv(f"{module}.left", width, 3) | conv(f"{module}.right", 3, width)
    shapes |= conv("r.left", 3, 3) | conv(f"r.{name}", 3, 3) | norm("r.norm", 3)
    if settled:
        assert assigned(graph, shuffled(shapes, 1)).theirs == truth(graph, shapes)
    else:
        assert "doubtful: conv5 could be" in refusal(graph, shapes).message


def test_branches_by_number_are_in_the_order_of_the_spec() -> None:
    graph = net("INPUT -> CONCAT{ CONV(4, 3) | CONV(4, 3) | CONV(4, 3) }")
    shapes = conv("branch3", 4, 3) | conv("branch1", 4, 3) | conv("branch2", 4, 3)
    found = assigned(graph, shapes).theirs
    assert [found[f"conv{at}.bias"] for at in (1, 2, 3)] == [f"branch{at}.bias" for at in (1, 2, 3)]


def test_lists_that_run_in_turns() -> None:
    graph = net("INPUT -> [CONV(3, pad=1) -> BN -> RELU]*3")
    shapes: Shapes = {}
    for at in range(3):
        shapes |= conv(f"convs.{at}", 3, 3) | norm(f"bns.{at}", 3)
    assert assigned(graph, shuffled(shapes, 1)).theirs == truth(graph, shapes)


@pytest.mark.parametrize(
    ("theirs", "shape"),
    [
        ("conv2d/kernel:0", (3, 3, 3, 4)),
        ("conv2d.kernel", (3, 3, 3, 4)),
        ("conv1.weight", (3, 3, 3, 4)),
        ("features.0.weight_v", (4, 3, 3, 3)),
    ],
)
def test_other_conventions_are_refused(theirs: str, shape: tuple[int, ...]) -> None:
    graph = net("INPUT -> CONV(4, 3, bias=no) -> FC(2, bias=no)")
    message = refusal(graph, {theirs: shape, "dense.weight": (2, 144)}).message
    assert "conv1.weight" in message and theirs in message


def test_a_transposed_weight_is_told() -> None:
    graph = net("INPUT -> CONV(4, 3) -> FC(2)")
    shapes = {"c.weight": (3, 3, 3, 4), "c.bias": (4,), **linear("d", 2, 144)}
    assert "extra: c.weight (3x3x3x4); it looks transposed" in refusal(graph, shapes).message


def test_gamma_and_beta_are_scale_and_shift() -> None:
    graph = net("INPUT -> CONV(4, 3, bias=no) -> BN")
    shapes: Shapes = {"c.weight": (4, 3, 3, 3), "b.gamma": (4,), "b.beta": (4,)}
    shapes |= {"b.moving_mean": (4,), "b.moving_var": (4,)}
    found = assigned(graph, shapes).theirs
    assert found["bn1.weight"] == "b.gamma" and found["bn1.running_var"] == "b.moving_var"


def test_a_linear_layer_may_be_a_convolution_over_everything() -> None:
    """As timm's VGG has its first, and a squeeze-and-excitation block either."""
    graph = net("INPUT -> CONV(4, 3) -> FC(5) -> FC(2)")
    shapes = conv("c", 4, 3) | conv("head.fc1", 5, 4, 6) | conv("head.fc2", 2, 5, 1)
    found = assigned(graph, shapes)
    assert found.theirs == truth(graph, shapes)
    assert found.shapes["fc1.weight"] == (5, 4, 6, 6)
    transposed = {**shapes, "head.fc1.weight": (5, 6, 6, 4)}
    assert "missing: fc1.weight (5x144)" in refusal(graph, transposed).message


def test_files_with_our_own_names_and_a_mistake_are_ours() -> None:
    """No other tensor takes the place of one that is missing."""
    graph = net("INPUT -> [CONV(3, pad=1) -> BN -> RELU]*3 -> FC(2)")
    shapes = {name: weight.shape for name, weight in graph.all_weights()}
    shapes["conv2.weight"] = (3, 3, 5, 5)
    for more in ({}, {"other.weight": (3, 3, 3, 3), "other.bias": (3,)}):
        message = refusal(graph, shapes | more, allow_extra=True).message
        assert "conv2.weight is 3x3x5x5, the net needs 3x3x3x3" in message


def test_a_name_of_ours_is_not_left_out_for_another() -> None:
    graph = net("INPUT -> CONV(3) -> FC(2)")
    shapes = conv("conv1", 3, 3, 5) | conv("other", 3, 3) | linear("out", 2, 108)
    message = refusal(graph, shapes, allow_extra=True).message
    assert "doubtful: conv1.bias is left over, and is a name of ours" in message


@pytest.mark.parametrize(
    "names",
    [
        [f"{chr(97 + at % 26)}{'x' * (at // 26)}" for at in range(300)],
        [f"a{'.a' * 100}{at}" for at in range(50)],
        ["0" * at + "1" for at in range(1, 200)],
        [f"conv{at}_{chr(97 + at % 7)}" for at in range(400)],
        [f"{at:b}.{at}" for at in range(300)],
        ["", ".", "..", "a..b", "a.", ".a", "9" * 5000, "٣", "²"],
    ],
    ids=["words", "deep", "zeros", "mixed", "bits", "odd"],
)
def test_hostile_names_take_bounded_steps(
    names: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = 0

    class Counted(Steps):
        def take(self, count: int = 1) -> None:
            nonlocal taken
            taken += count
            super().take(count)

    monkeypatch.setattr(matching, "Steps", Counted)
    graph = net(f"INPUT -> [CONV(3, pad=1)]*{len(names)}")
    shapes: Shapes = {}
    for name in names:
        shapes |= conv(name, 3, 3)
    with suppress(UnusableError):
        assigned(graph, shapes)
    assert taken < 2 * MATCH_STEPS


def test_a_search_without_end_is_given_up() -> None:
    """Equal shapes in every order, and one more layer that no order can reach."""
    graph = net(
        "INPUT -> [CONV(3, pad=1)]*40 -> [CONV(3, pad=1) -> CONV(5, pad=1) -> CONV(3, 1)]*4"
    )
    shapes: Shapes = {}
    for at in range(44):
        shapes |= conv(f"{chr(97 + at % 26)}{chr(97 + at // 26)}", 3, 3)
    for at in range(4):
        shapes |= conv(f"m{at}.0", 5, 3) | conv(f"m{at}.1", 3, 5, 1)
    message = refusal(graph, shapes).message
    assert "doubtful" in message or "too many ways" in message


def test_arrays_from_memory_may_have_pytorchs_names() -> None:
    graph = net("INPUT -> CONV(3) -> BN -> FC(2)")
    shapes = conv("a.0", 3, 3) | norm("a.1", 3) | linear("fc", 2, 108)
    arrays = {
        name: np.full(shape, at, np.float32) for at, (name, shape) in enumerate(shapes.items())
    }
    counts = {"a.1.num_batches_tracked": np.ones((), np.float32)}
    found = choose_values(graph, arrays | counts)
    for ours, theirs in truth(graph, shapes).items():
        np.testing.assert_array_equal(found.read(ours), arrays[theirs])
    with pytest.raises(UnusableError, match=r"the weights do not fit(.|\n)*extra: more"):
        choose_values(graph, arrays | {"more": np.ones(1, np.float32)})
