"""Training step by step against PyTorch: the same net, weights, batches and optimizer.

The nets have no corners: where two computations in float32 are on different sides of one, they go
their own ways, as PyTorch's float32 and float64 do (tests/benchmarks/train.py).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from netspec.graph import Graph
from netspec.text.training import LOSSES, OPTIMIZERS, Training, chosen
from netspec.train.schedules import default_rate
from netspec.train.step import Objective
from netspec.train.trainer import Trainer
from netspec.weights.initial import Seeded
from tests.graphs import all_values, graph_of
from tests.torch_training import TorchNet, torch_losses
from tests.training_batches import random_batches

STEPS = 15
#: A ResNet of He et al. 2015, section 4.2, with 8 layers, half the filters and TANH for RELU.
NET = """\
netspec: 1
name: resnet8
input: 3x16x16
net: INPUT -> CBR(8) -> RES -> [DOWN]*2 -> GAP -> FC(10)
blocks:
  CBR(f, s=1): CONV(f, 3, s) -> BN -> TANH
  RES: ADD{ CBR(C) -> CONV(C) -> BN | } -> TANH
  DOWN: ADD{ CBR(2*C, 2) -> CONV(C) -> BN | SUBSAMPLE(2) -> PADC(2*C) } -> TANH
where:
  CONV: {pad: half, bias: no}
"""
PLAIN = """\
netspec: 1
name: plain
input: 1x12x12
net: INPUT -> CONV(6, 5) -> TANH -> AVGPOOL(2) -> FC(16) -> GELU -> FC(10) -> SOFTMAX
"""


def compare(graph: Graph, training: Training, torch_net: TorchNet, rate: float) -> None:
    """Losses of each step, and what is learned after all of them."""
    batches = random_batches(graph, 8, STEPS)
    assert training.loss is not None
    trainer = Trainer(Objective(graph, training.loss, True), training, Seeded(graph), "cpu")
    found = [trainer.step(x, y, rate).loss for x, y in batches]
    expected = torch_losses(torch_net, batches, rate)
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    assert max(found) > 1.01 * min(found)
    state = trainer.state()
    for name, array in torch_net.state().items():
        apart = np.abs(state[name] - array).max() / np.abs(array).max()
        assert apart < 1e-3, f"{name}: {apart:.1e}"


def started(graph: Graph, training: Training, **options: Any) -> TorchNet:
    """The net in PyTorch, from the same weights."""
    return TorchNet(graph, all_values(graph), training.optimizer, **options)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_each_optimizer_follows_pytorch_step_by_step(name: str) -> None:
    graph, optimizer = graph_of(NET), chosen(OPTIMIZERS, name)
    training = Training(optimizer=optimizer, loss=chosen(LOSSES, "cross-entropy"))
    compare(graph, training, started(graph, training), default_rate(optimizer))


def test_decay_and_smoothing_follow_pytorch() -> None:
    """Only what multiplies shrinks, not biases, scales and shifts."""
    graph = graph_of(NET)
    loss = chosen(LOSSES, "cross-entropy", smoothing=0.1)
    for optimizer, decay, l2 in (("adamw", 0.1, 0.0), ("momentum", 0.0, 0.01)):
        training = Training(
            optimizer=chosen(OPTIMIZERS, optimizer), loss=loss, weight_decay=decay, l2=l2
        )
        theirs = started(graph, training, decay=decay, l2=l2, smoothing=0.1)
        compare(graph, training, theirs, 0.01)


def test_a_closing_softmax_is_part_of_the_loss() -> None:
    graph = graph_of(PLAIN)
    training = Training(loss=chosen(LOSSES, "cross-entropy"))
    compare(graph, training, started(graph, training), 0.01)
