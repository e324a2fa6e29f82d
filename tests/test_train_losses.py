"""Losses and their gradients in ONNX Runtime against PyTorch's autograd, and counts of right
samples against NumPy.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from netspec.layers import TensorType, Value
from netspec.machine.errors import UnusableError
from netspec.text.training import LOSSES, Choice, chosen
from netspec.train.losses import add_loss, default_loss, scored_layer
from tests.graphs import graph_of
from tests.train_programs import Array, Rig, emitter, floats

torch: Any = pytest.importorskip("torch", reason="losses are compared with PyTorch (dev extra)")
F: Any = torch.nn.functional

CROSS, SQUARED, SUM, BINARY = (
    chosen(LOSSES, name)
    for name in ("cross-entropy", "squared-error", "sum-squared-error", "binary-cross-entropy")
)
SMOOTH = chosen(LOSSES, "cross-entropy", smoothing=0.1)
SHAPES = [(4, 10), (1, 3), (3, 5, 4, 6), (2, 4, 7)]


def ours(
    loss: Choice, scores: Array, target: Array, *, labels: bool
) -> tuple[float, Array, float | None]:
    """The loss, its gradient and how many are right."""
    emit = emitter()
    value = Value("scores", TensorType(scores.shape[1:]))
    made = add_loss(loss, value, "target", emit, labels=labels)
    feeds = {"scores": scores, "target": target}
    outputs: dict[str, tuple[int, ...]] = {made.loss: (), made.gradient: scores.shape}
    outputs |= {made.right: ()} if made.right else {}
    found = Rig([emit], feeds, outputs).run(feeds)
    right = float(found[made.right]) if made.right else None
    return float(found[made.loss]), found[made.gradient], right


def theirs(loss: Choice, scores: Array, target: Array) -> tuple[float, Array]:
    """The same from PyTorch, in float64."""
    x = torch.tensor(scores, dtype=torch.float64, requires_grad=True)
    y = torch.tensor(target)
    y = y if y.dtype == torch.int64 else y.double()
    match loss.name:
        case "cross-entropy":
            mean = F.cross_entropy(x, y, label_smoothing=loss["smoothing"])
        case "squared-error":
            mean = F.mse_loss(x, y)
        case "sum-squared-error":
            mean = F.mse_loss(x, y, reduction="sum") / len(x)
        case _:
            mean = F.binary_cross_entropy_with_logits(x, y)
    mean.backward()
    return mean.item(), x.grad.numpy()


def check(
    loss: Choice, scores: Array, target: Array, dense: Array | None = None, *, labels: bool = False
) -> float | None:
    """Compare with PyTorch, which gets `dense` where it does not take labels; answers how many are
    right.
    """
    mean, gradient, right = ours(loss, scores, target, labels=labels)
    expected, slope = theirs(loss, scores, target if dense is None else dense)
    assert mean == pytest.approx(expected, rel=1e-6, abs=1e-7)
    assert gradient.shape == scores.shape
    # an element's part of the mean is 1 / size: what is nothing beside that is no gradient
    largest = max(float(np.abs(slope).max()), 0.1 / scores.size)
    np.testing.assert_allclose(gradient / largest, slope / largest, rtol=0, atol=1e-6)
    return right


def random_scores(shape: tuple[int, ...], size: float = 3.0) -> Array:
    return floats(np.random.default_rng(len(shape)).standard_normal(shape) * size)


def random_labels(shape: tuple[int, ...]) -> Array:
    """Class numbers for scores of a shape."""
    return np.random.default_rng(2).integers(0, shape[1], (shape[0], *shape[2:]))


def random_chances(shape: tuple[int, ...], *, whole: bool = True) -> Array:
    """Positive numbers, which add to 1 over the classes if `whole`."""
    made = np.random.default_rng(4).random(shape)
    return floats(made / made.sum(axis=1, keepdims=True) if whole else made)


def one_hot(labels: Array, classes: int) -> Array:
    return floats(np.moveaxis(np.eye(classes)[labels], -1, 1))


def share_right(same: Array) -> float:
    """The right samples, maps counted by their share of right positions."""
    return float(same.reshape(len(same), -1).mean(axis=1).sum())


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("loss", [CROSS, SMOOTH], ids=["plain", "smoothed"])
def test_cross_entropy_of_labels(loss: Choice, shape: tuple[int, ...]) -> None:
    scores, labels = random_scores(shape), random_labels(shape)
    right = check(loss, scores, labels, labels=True)
    assert right == pytest.approx(share_right(scores.argmax(axis=1) == labels), rel=1e-6)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("loss", [CROSS, SMOOTH], ids=["plain", "smoothed"])
@pytest.mark.parametrize("whole", [True, False])
def test_cross_entropy_of_distributions(loss: Choice, shape: tuple[int, ...], whole: bool) -> None:
    """Also where they do not add to 1, as targets weighed by hand do not."""
    scores, target = random_scores(shape), random_chances(shape, whole=whole)
    right = check(loss, scores, target)
    same = scores.argmax(axis=1) == target.argmax(axis=1)
    assert right == pytest.approx(share_right(same), rel=1e-6)


@pytest.mark.parametrize("size", [1e4, 1e-4, 0.0])
@pytest.mark.parametrize("loss", [CROSS, SMOOTH], ids=["plain", "smoothed"])
def test_cross_entropy_of_extreme_scores(loss: Choice, size: float) -> None:
    scores = floats(np.sign(random_scores((6, 4))) * size)
    check(loss, scores, random_labels(scores.shape), labels=True)
    check(loss, scores, random_chances(scores.shape))
    check(loss, scores, one_hot(random_labels(scores.shape), 4))


@pytest.mark.parametrize("shape", [*SHAPES, (5, 1)], ids=str)
@pytest.mark.parametrize("loss", [SQUARED, SUM], ids=["mean", "sum"])
def test_squared_errors(loss: Choice, shape: tuple[int, ...]) -> None:
    scores = random_scores(shape)
    assert check(loss, scores, random_scores(shape, 5.0)[::-1].copy()) is None
    if shape[1] > 1:
        labels = random_labels(shape)
        right = check(loss, scores, labels, one_hot(labels, shape[1]), labels=True)
        assert right == pytest.approx(share_right(scores.argmax(axis=1) == labels), rel=1e-6)


def test_a_column_of_values_is_a_value_a_sample() -> None:
    """(N) against scores (N, 1) is no table of all against all; so are class numbers."""
    scores, values = random_scores((6, 1)), random_scores((6,))
    assert ours(SQUARED, scores, values, labels=False)[0] == pytest.approx(
        float(((scores[:, 0] - values) ** 2).mean()), rel=1e-6
    )
    numbers = np.arange(6)
    assert check(SQUARED, scores, numbers, floats(numbers)[:, None], labels=True) is None


@pytest.mark.parametrize("shape", [*SHAPES, (5, 1), (3, 1, 4, 4)], ids=str)
@pytest.mark.parametrize("size", [3.0, 1e4])
def test_binary_cross_entropy_of_chances(shape: tuple[int, ...], size: float) -> None:
    """A sample of several questions is right when the answers to all are."""
    scores, target = random_scores(shape, size), random_chances(shape, whole=False)
    scores[:, 0][target[:, 0] > 0.9] = size
    right = check(BINARY, scores, target)
    same = ((scores > 0) == (target > 0.5)).all(axis=1)
    assert right == pytest.approx(share_right(same), rel=1e-6)


@pytest.mark.parametrize("target", [0.0, 1.0])
@pytest.mark.parametrize("score", [-1e4, -20.0, 0.0, 20.0, 1e4])
def test_binary_cross_entropy_of_extreme_scores(score: float, target: float) -> None:
    right = check(BINARY, floats([[score]]), floats([[target]]))
    assert right == float((score > 0) == (target > 0.5))


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_binary_cross_entropy_of_labels_is_one_class_against_the_rest(
    shape: tuple[int, ...],
) -> None:
    scores, labels = random_scores(shape), random_labels(shape)
    right = check(BINARY, scores, labels, one_hot(labels, shape[1]), labels=True)
    assert right == pytest.approx(share_right(scores.argmax(axis=1) == labels), rel=1e-6)


def test_binary_cross_entropy_of_labels_with_one_output() -> None:
    scores, labels = random_scores((8, 1)), np.array([0, 1] * 4)
    right = check(BINARY, scores, labels, floats(labels)[:, None], labels=True)
    assert right == float(((scores[:, 0] > 0) == (labels == 1)).sum())


def test_cross_entropy_needs_two_outputs() -> None:
    with pytest.raises(UnusableError, match="has one output"):
        ours(CROSS, floats([[1.0]]), np.array([0]), labels=True)


@pytest.mark.parametrize("loss", [CROSS, SMOOTH, SQUARED, SUM, BINARY], ids=str)
@pytest.mark.parametrize("labels", [True, False])
def test_it_stays_on_the_device(loss: Choice, labels: bool) -> None:
    """No operator whose kernel for CUDA is of an older opset (ONNX Runtime issue 27729), nor a
    shape, which is the processor's affair.
    """
    emit = emitter()
    add_loss(loss, Value("scores", TensorType((3, 2, 2))), "target", emit, labels=labels)
    elsewhere = {"Equal", "Size", "ReduceMin", "ReduceMax", "Pad", "Identity", "Shape"}
    assert not elsewhere & {node.op_type for node in emit.made}


@pytest.mark.parametrize(
    ("net", "labelled", "valued"),
    [
        ("FC(3)", "cross-entropy", "squared-error"),
        ("FC(3) -> SOFTMAX", "cross-entropy", "cross-entropy"),
        ("FC(3) -> LOGSOFTMAX", "cross-entropy", "cross-entropy"),
        ("FC(3) -> SIGMOID", "binary-cross-entropy", "binary-cross-entropy"),
        ("FC(1)", "binary-cross-entropy", "squared-error"),
        ("FC(1) -> TANH", "binary-cross-entropy", "squared-error"),
    ],
)
def test_a_net_and_its_targets_say_which_loss(net: str, labelled: str, valued: str) -> None:
    graph = graph_of(f"netspec: 1\nname: a\ninput: 4\nnet: INPUT -> {net}\n")
    assert default_loss(graph, labels=True).name == labelled
    assert default_loss(graph, labels=False).name == valued


@pytest.mark.parametrize(
    ("net", "loss", "layer"),
    [
        ("FC(3) -> SOFTMAX", CROSS, "fc1"),
        ("FC(3) -> LOGSOFTMAX", SMOOTH, "fc1"),
        ("FC(3) -> SOFTMAX", SQUARED, "softmax1"),
        ("FC(3) -> SIGMOID", BINARY, "fc1"),
        ("FC(3) -> SIGMOID", CROSS, "sigmoid1"),
        ("FC(3)", CROSS, "fc1"),
        ("CONV(3, 1) -> SOFTMAX(axis=1)", CROSS, "softmax1"),
    ],
)
def test_the_scores_stand_before_what_the_loss_computes(net: str, loss: Choice, layer: str) -> None:
    graph = graph_of(f"netspec: 1\nname: a\ninput: 4x2x2\nnet: INPUT -> {net}\n")
    assert scored_layer(graph, loss) == layer
