"""Memory of training against steps that were run and tracked in PyTorch.

MEASURED is from the facts that golden_facts/README.md describes: PyTorch 2.13 on the CPU, batch 1,
float32, SGD with momentum, cross entropy. `saved` and `peak` of other batches and layers are
measured here, as autograd hands over what it keeps.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import netspec
from netspec.analysis.keeping import Keeping
from netspec.analysis.optimizers import OPTIMIZERS
from netspec.analysis.report import graph_report
from netspec.analysis.training import Training, TrainingModel, training_memory
from netspec.graph import Graph
from netspec.layers.activation import PRelu
from tests.graphs import SMALL, graph_around, graph_of
from tests.layer_samples import SAMPLES, Sample

SPECS = Path(__file__).parent.parent / "specs"

#: Net: bytes saved for backward, int64 of them, peak of forward and backward, peak of the step
#: with weights, buffers and input.
MEASURED = {
    "lenet5": (36_484, 8, 302_656, 744_568),
    "keras_mnist_cnn": (386_204, 73_736, 5_253_168, 14_401_720),
    "alexnet_tv": (3_745_196, 706_568, 246_633_384, 733_812_192),
    "alexnet": (12_483_000, 979_720, 255_917_640, 732_201_036),
    "vgg16": (73_258_924, 12_242_952, 615_530_408, 1_660_892_640),
    "resnet18": (22_222_252, 1_605_640, 64_103_848, 140_914_816),
    "resnet50": (86_125_996, 1_605_640, 165_531_048, 307_499_400),
    "googlenet_bn": (48_233_132, 11_339_784, 59_939_112, 87_099_536),
    "googlenet": (48_416_364, 11_339_784, 62_076_328, 90_672_648),
    "densenet121": (130_699_948, 1_605_640, 140_090_024, 172_943_120),
    "plain34": (31_577_516, 1_605_640, 106_839_464, 260_149_480),
    "zfnet": (16_239_564, 2_743_048, 266_846_008, 748_893_408),
    "resnet20": (1_525_428, 8, 2_228_144, 3_324_976),
}

#: Its module pools with nn.AvgPool2d(7), which keeps its input of 1024x7x7; GAP keeps nothing.
AVERAGE_POOL_KEEPS = {"googlenet": 4 * 1024 * 7 * 7}

#: Nets without LRN, whose passing results are not counted, and without gradients that meet at the
#: peak, which PyTorch adds in place but not while it is tracked.
EXACT = ["lenet5", "keras_mnist_cnn", "alexnet_tv", "vgg16", "densenet121", "plain34"]

every_net = pytest.mark.parametrize("net", MEASURED)


@cache
def graph(net: str) -> Graph:
    """A net of the zoo."""
    return netspec.load(SPECS / f"{net}.yaml").elaborate()


@cache
def trained(net: str) -> Training:
    """Training it with momentum."""
    return training_memory(graph(net), optimizer="momentum")


@every_net
def test_what_is_kept_is_exact(net: str) -> None:
    saved, indices, _, _ = MEASURED[net]
    assert trained(net).saved_for_backward_bytes == saved - AVERAGE_POOL_KEEPS.get(net, 0)
    assert sum(t.nbytes for t in trained(net).kept if "int64" in t.why) == indices


@every_net
def test_peaks(net: str) -> None:
    _, _, forward_backward, total = MEASURED[net]
    assert trained(net).peak_forward_backward_bytes == pytest.approx(forward_backward, rel=0.011)
    assert trained(net).total_bytes == pytest.approx(total, rel=0.005)


@pytest.mark.parametrize("net", EXACT)
def test_nets_without_lrn_and_meeting_gradients_are_exact(net: str) -> None:
    _, _, forward_backward, total = MEASURED[net]
    norms = sum(node.kind == "BN" for node in graph(net).nodes)
    # The loss and its gradient are there until the optimizer runs; BN's count of batches and the
    # label, of eight bytes, to the end.
    loss = 8 * (trained(net).run_bytes - trained(net).state_bytes == trained(net).total_bytes)
    assert trained(net).peak_forward_backward_bytes == forward_backward - 8
    assert trained(net).total_bytes == total - loss - 8 * norms + 8


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_what_stays(optimizer: str) -> None:
    training = training_memory(graph("resnet18"), 2, "float32", optimizer)
    weights = 4 * 11_689_512
    states = OPTIMIZERS[optimizer].state
    assert training.weight_bytes == training.gradient_bytes == weights
    assert training.state_bytes == states * weights
    assert training.buffer_bytes == 4 * 2 * 4_800
    assert training.input_bytes == 2 * (4 * 3 * 224 * 224 + 8)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_an_optimizer_remembers_and_makes_what_pytorch_does(optimizer: str) -> None:
    """In a second step, when it has its state; counts of steps are beside the point."""
    state, passing = optimizer_holds(optimizer, numel=1 << 14)
    assert (state, passing) == (OPTIMIZERS[optimizer].state, OPTIMIZERS[optimizer].passing)


def optimizer_holds(optimizer: str, numel: int) -> tuple[int, int]:
    """Tensors of a weight's size that PyTorch's keeps, and makes at most while it updates one."""
    from torch.profiler import ProfilerActivity, profile

    from tests.torch_reference import torch

    kinds = {"adagrad": "Adagrad", "adadelta": "Adadelta", "rmsprop": "RMSprop", "adam": "Adam"}
    kinds |= {"adamw": "AdamW", "rprop": "Rprop"}
    more: dict[str, Any] = {"momentum": 0.9} if optimizer in ("momentum", "nesterov") else {}
    if optimizer == "nesterov":
        more["nesterov"] = True
    weight = torch.nn.Parameter(torch.randn(numel))
    make = getattr(torch.optim, kinds.get(optimizer, "SGD"))
    update = make([weight], lr=0.01, foreach=False, **more)
    for _ in range(2):
        weight.grad = torch.randn(numel)
        with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiled:
            update.step()
    alive = peak = 0
    for event in profiled.profiler.kineto_results.events():
        if event.name() == "[memory]":
            alive += event.nbytes()
            peak = max(peak, alive)
    kept = sum(x.numel() for x in update.state[weight].values() if isinstance(x, torch.Tensor))
    return round(kept / numel), round(peak / 4 / numel)


def test_later_steps_begin_with_the_state() -> None:
    sgd, momentum = (
        training_memory(graph("googlenet"), 4, optimizer=name) for name in ("sgd", "momentum")
    )
    assert sgd.run_bytes == sgd.total_bytes == momentum.total_bytes
    assert momentum.run_bytes == momentum.total_bytes + momentum.state_bytes


def test_adam_makes_two_of_the_largest_weight() -> None:
    """3.0 of all weights and 2.0 of the largest were measured in PyTorch with `foreach=False`."""
    training = training_memory(graph("keras_mnist_cnn"), optimizer="adam")
    standing = training.weight_bytes + training.buffer_bytes + training.input_bytes
    largest = 4 * 9216 * 128
    assert training.run_bytes - standing == 3 * training.weight_bytes + 2 * largest


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_the_bytes_but_for_indices_labels_and_statistics(dtype: str) -> None:
    whole, half = (training_memory(graph("resnet18"), 3, name) for name in ("float32", dtype))
    full = {t.name: t.nbytes for t in whole.kept}
    assert half.weight_bytes * 2 == whole.weight_bytes
    for tensor in half.kept:
        fixed = tensor.name.endswith((".indices", ".labels", ".statistics"))
        assert tensor.nbytes * (1 if fixed else 2) == full[tensor.name], tensor


def test_the_model_is_the_sum_of_its_lines() -> None:
    model = TrainingModel(graph("resnet50"), "float32", "adam")
    for batch in (1, 2, 7, 100, 10_000):
        training = training_memory(graph("resnet50"), batch, optimizer="adam")
        assert training.total_bytes == model.total_bytes(batch)
        assert training.run_bytes == model.run_bytes(batch)


def test_each_kept_tensor_says_why() -> None:
    kept = {t.name: t.why for t in training_memory(graph_of(SMALL)).kept}
    assert kept["input"] == "for conv1"
    assert kept["relu1"] == "for relu1, pool1"
    assert kept["pool1.indices"] == "int64, made by pool1"
    assert kept["bn1.statistics"] == "float32, made by bn1"
    assert kept["tanh1"] == "for tanh1, fc2"
    assert "bn1" not in kept  # its reader keeps its own output


def test_nothing_is_kept_for_layers_before_the_first_weights() -> None:
    text = "netspec: 1\nname: n\ninput: 3x8x8\nnet: INPUT -> POOL -> RELU -> CONV(2, 1) -> GAP\n"
    kept = {t.name for t in training_memory(graph_of(text)).kept}
    assert kept == {"relu1", "gap1.log_probabilities", "gap1.loss_weight", "gap1.labels"}


def test_a_net_without_weights() -> None:
    text = "netspec: 1\nname: n\ninput: 3x8x8\nnet: INPUT -> POOL -> GAP\n"
    training = training_memory(graph_of(text), 5, optimizer="adam")
    assert (training.weight_bytes, training.state_bytes) == (0, 0)
    assert training.total_bytes > training.input_bytes


@pytest.mark.parametrize(
    "wrong", [{"batch": 0}, {"dtype": "float8"}, {"optimizer": "lion"}, {"batch": -1}]
)
def test_wrong_questions(wrong: Mapping[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"batch must be|one of"):
        training_memory(graph_of(SMALL), **wrong)


def test_the_report() -> None:
    small = graph_of(SMALL)
    report = graph_report(small, 4, "float32", "momentum")
    training = training_memory(small, 4, "float32", "momentum")
    assert report.totals.training_bytes == training.total_bytes
    assert graph_report(small).totals.training_bytes == 0
    assert "training with momentum: peak" in str(report)
    assert "training" not in str(graph_report(small))
    found: Any = report.to_json()["training"]
    assert found["later_steps_bytes"] == training.run_bytes
    assert sum(t["bytes"] for t in found["kept"]) == found["saved_for_backward_bytes"]
    assert graph_report(small).to_json()["training"] is None


def test_a_long_chain_is_linear() -> None:
    layers = " -> ".join(["CONV(1, 1) -> RELU"] * 5_000)
    long = graph_of(f"netspec: 1\nname: n\ninput: 1x1x1\nnet: INPUT -> {layers}\n")
    training = training_memory(long)
    assert sum(t.why.startswith("for relu") for t in training.kept) == 5_000


def has_one_operator(sample: Sample) -> bool:
    """Whether PyTorch has one operator for a layer; else what it keeps depends on the composition.

    Uneven pads, those that its pools refuse and dilated averages are composed; the reference writes
    GROUPNORM out.
    """
    layer: Any = sample.layer
    if layer.keyword in ("GROUPNORM", "INPUT"):
        return False
    if layer.keyword not in ("CONV", "POOL", "AVGPOOL"):
        return True
    top, left, bottom, right = layer.window(sample.inputs).pads
    halves = all(2 * pad <= side for pad, side in zip((top, left), layer.kernel, strict=True))
    dilated = layer.keyword == "AVGPOOL" and layer.dilation != (1, 1)
    composed = (top, left) != (bottom, right) or dilated or (layer.keyword != "CONV" and not halves)
    return not composed


@pytest.mark.parametrize("sample", [s for s in SAMPLES if has_one_operator(s)], ids=str)
def test_each_kind_keeps_what_autograd_keeps(sample: Sample) -> None:
    keeping = Keeping(behind_weights(sample), "float32")
    node = keeping.graph.by_name["y"]
    kept = {*keeping.kept_by(node), *(made.name for made in keeping.made["y"])}
    ours = sum(t.fixed + 2 * t.each for t in keeping.saved if t.name in kept)
    assert ours == autograd_keeps(sample, 2)


def behind_weights(sample: Sample) -> Graph:
    """A graph of one layer, `y`, with a layer that has weights between it and each input."""
    graph = graph_around(sample)
    *inputs, last = graph.nodes
    learned = [
        replace(x, name=f"{x.name}.learned", layer=PRelu(), inputs=(x.name,)) for x in inputs
    ]
    last = replace(last, inputs=tuple(node.name for node in learned))
    return replace(graph, nodes=(*inputs, *learned, last))


def autograd_keeps(sample: Sample, batch: int) -> int:
    """Bytes of the memories that autograd holds after the layer ran, weights not counted."""
    from tests.torch_reference import RULES, F, torch

    training: Mapping[str, Any] = {
        "BN": lambda layer, x, w: F.batch_norm(x[0], None, None, w["weight"], w["bias"], True),
        "DROPOUT": lambda layer, x, w: F.dropout(x[0], layer.rate, training=True),
        "INSTANCENORM": lambda layer, x, w: F.instance_norm(x[0], None, None, *w.values()),
    }
    inputs = [torch.rand(batch, *shape).requires_grad_() for shape in sample.shapes]
    weights = {
        name: torch.rand(weight.shape).requires_grad_(weight.learned)
        for name, weight in sample.layer.weights(sample.inputs).items()
    }
    own = {tensor.untyped_storage().data_ptr() for tensor in weights.values()}
    held: dict[int, int] = {}

    def hold(tensor: Any) -> Any:
        memory = tensor.untyped_storage()
        if memory.data_ptr() not in own:
            held[memory.data_ptr()] = memory.nbytes()
        return tensor

    rule = training.get(sample.layer.keyword, RULES[sample.layer.keyword])
    with torch.autograd.graph.saved_tensors_hooks(hold, lambda tensor: tensor):
        output = rule(sample.layer, inputs, weights)
    assert output.requires_grad
    return sum(held.values())
