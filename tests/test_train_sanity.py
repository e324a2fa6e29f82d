"""The checks before training: a sound net passes them all, and each of them fails on what it is
there for.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from netspec.graph import Graph
from netspec.layers import TensorType, Value
from netspec.text.training import INITS, LOSSES, Choice, Training, chosen
from netspec.train.data.arrays import Numbers
from netspec.train.data.augmenting import Augmentation
from netspec.train.data.dataset import Samples
from netspec.train.losses import add_loss, default_loss
from netspec.train.sanity import Check, heart, sanity_checks
from netspec.train.sanity.chance import chance, least, to_learn
from netspec.train.sanity.few import Few
from netspec.train.sanity.probe import probe
from netspec.train.sanity.setting import Setting
from netspec.train.step import Objective
from netspec.train.trainer import Trainer
from netspec.weights.initial import FloatArray, Seeded
from netspec.weights.values import ArrayValues, Values
from tests.graphs import all_values, graph_of
from tests.train_programs import Array, Rig, emitter, floats

CROSS, SQUARED, SUM, BINARY = (
    chosen(LOSSES, name)
    for name in ("cross-entropy", "squared-error", "sum-squared-error", "binary-cross-entropy")
)
SMOOTH = chosen(LOSSES, "cross-entropy", smoothing=0.1)
MLP = "INPUT -> FC(16) -> RELU -> FC(3)"
NAMES = ["inputs", "targets", "loss at the start", "gradients", "one small batch"]
X = np.random.default_rng(0).standard_normal((48, 6)).astype(np.float32)
Y = np.arange(48) % 3


def net(pattern: str, size: str = "6") -> Graph:
    """The graph of a net."""
    return graph_of(f"netspec: 1\nname: net\ninput: {size}\nnet: {pattern}\n")


def samples(x: Array, y: Array, classes: tuple[str, ...] = ("ant", "bee", "cat")) -> Samples:
    """Samples in memory; of float targets without classes."""
    named = classes if y.dtype.kind == "i" else ()
    return Samples(Numbers(x), x.shape[1:], y, named, Augmentation({}))


def checks(
    graph: Graph,
    known: Samples,
    training: Training | None = None,
    *,
    loss: Choice | None = None,
    values: Values | None = None,
    frozen: tuple[str, ...] = (),
) -> dict[str, Check]:
    """What is found, by the checks' names."""
    training = training or Training()
    labels = bool(known.classes)
    objective = Objective(graph, loss or default_loss(graph, labels), labels)
    values = values or Seeded(graph, 0, training.init)
    found = list(sanity_checks(objective, training, values, known, "cpu", frozenset(frozen)))
    assert [check.name for check in found] == NAMES[: len(found)]
    return {check.name: check for check in found}


def wrong(found: dict[str, Check]) -> list[str]:
    """The names of the checks that say no."""
    return [name for name, check in found.items() if not check.ok]


def changed(graph: Graph, **arrays: FloatArray | float) -> ArrayValues:
    """Seeded weights, but for those that are named with `_` for the dot."""
    made = all_values(graph)
    for name, value in arrays.items():
        key = name.replace("_", ".")
        made[key] = np.full_like(made[key], value)
    return ArrayValues(graph, made)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """For what cannot be learned: it is not tried for long."""
    monkeypatch.setattr(heart, "_STEPS", 120)


def test_a_sound_net_passes() -> None:
    found = checks(net(MLP), samples(X, Y))
    assert list(found) == NAMES
    assert not wrong(found)
    assert found["inputs"].text.endswith("in 48 samples of 6")
    assert found["targets"].text == "3 classes, 16 samples each"
    assert ", of chance ln(3) = 1.099" in found["loss at the start"].text
    assert found["gradients"].text.startswith("reach all 2 layers, norms from ")
    assert found["one small batch"].text.startswith("8 samples learned by heart: loss ")
    assert str(found["targets"]) == "targets            3 classes, 16 samples each   ok"


@pytest.mark.parametrize(
    ("loss", "target"),
    [
        (CROSS, Y),
        (SMOOTH, Y),
        (SMOOTH, floats(np.eye(3)[Y] * 0.7 + 0.1)),
        (BINARY, floats(np.eye(3)[Y] * 0.5 + 0.2)),
        (SQUARED, Y),
        (SQUARED, X[:, :3]),
        (SUM, X[:, :3]),
    ],
)
def test_chance_is_the_loss_of_no_answer_and_least_that_of_the_right_one(
    loss: Choice, target: Array
) -> None:
    objective = Objective(net(MLP), loss, target.dtype.kind == "i")
    nothing = np.zeros((48, 3), np.float32)
    assert chance(objective, target).loss == pytest.approx(loss_at(objective, nothing, target))
    if objective.labels:
        assert least(objective, target) == 0
    elif loss.name == "cross-entropy":
        plain = Objective(objective.graph, CROSS, labels=False)
        right = np.log(np.maximum(target, 1e-20))
        assert least(objective, target) == pytest.approx(loss_at(plain, right, target), abs=1e-6)
    elif loss is BINARY:
        right = np.log(target / (1 - target))
        assert least(objective, target) == pytest.approx(loss_at(objective, right, target))
    else:
        assert least(objective, target) == loss_at(objective, target, target) == 0


def test_what_there_is_to_learn_of_values_is_how_they_differ() -> None:
    target = X[:, :3] + 100
    one, all_ = (
        to_learn(Objective(net(MLP), loss, labels=False), target) for loss in (SQUARED, SUM)
    )
    assert one == pytest.approx(target.var(axis=0).mean(), rel=1e-5)
    assert all_ == pytest.approx(3 * one)


def loss_at(objective: Objective, scores: Array, target: Array) -> float:
    """The loss of scores."""
    emit = emitter()
    value = Value("scores", TensorType(scores.shape[1:]))
    made = add_loss(objective.loss, value, "target", emit, labels=objective.labels)
    feeds = {"scores": floats(scores), "target": target}
    return float(Rig([emit], feeds, {made.loss: ()}).run(feeds)[made.loss])


@pytest.mark.parametrize(
    ("loss", "target", "words"),
    [
        (SMOOTH, Y, "chance ln(3) = 1.099"),
        (CROSS, floats(np.eye(3)[Y]), "chance ln(3) = 1.099"),
        (BINARY, floats(np.eye(3)[Y]), "chance ln(2) = 0.6931"),
        (SQUARED, Y, "answering 0 to all = 0.3333"),
        (SUM, floats(np.eye(3)[Y]), "answering 0 to all = 1"),
        (SQUARED, X[:, :3], f"answering 0 to all = {np.square(X[:32, :3]).mean():.4g}"),
    ],
)
def test_a_sound_net_passes_whatever_the_loss(loss: Choice, target: Array, words: str) -> None:
    if target.dtype == np.float32 and loss is SQUARED:  # of the samples that are looked at
        target = np.concatenate([target[:32], target[:16]])
        words = f"answering 0 to all = {np.square(target[np.arange(32) * 48 // 32]).mean():.4g}"
    found = checks(net(MLP), samples(X, target), loss=loss)
    assert not wrong(found)
    assert found["loss at the start"].text.endswith(words)


def test_norms_are_those_of_autograd() -> None:
    torch: Any = pytest.importorskip("torch", reason="gradients are compared with PyTorch")
    graph = net(MLP)
    values = {name: torch.tensor(v, requires_grad=True) for name, v in all_values(graph).items()}
    linear = torch.nn.functional.linear
    hidden = linear(torch.tensor(X[:32]), values["fc1.weight"], values["fc1.bias"]).relu()
    scores = linear(hidden, values["fc2.weight"], values["fc2.bias"])
    loss = torch.nn.functional.cross_entropy(scores, torch.tensor(Y[:32]))
    loss.backward()
    found = probe(setting(graph), Few.of(samples(X[:32], Y[:32]), 32))
    assert found.loss == pytest.approx(loss.item(), rel=1e-5)
    assert set(found.norms) == set(values)
    for name, norm in found.norms.items():
        assert norm == pytest.approx(values[name].grad.norm().item(), rel=1e-4)
    assert found.sizes["relu1"] == pytest.approx(hidden.mean().item(), rel=1e-5)


def setting(graph: Graph, batch: int = 32) -> Setting:
    """A setting of classes."""
    objective, known = Objective(graph, CROSS, labels=True), samples(X, Y)
    return Setting(objective, Training(batch=batch), Seeded(graph), known, "cpu", frozenset())


def test_several_batches_count_as_one() -> None:
    graph = net(MLP)
    whole = probe(setting(graph, batch=4), Few.of(samples(X, Y), 24))
    parts = [
        probe(setting(graph), Few(samples(X, Y), at, X[at], Y[at]))
        for at in np.split(Few.of(samples(X, Y), 24).indices, 6)
    ]
    assert whole.loss == pytest.approx(np.mean([part.loss for part in parts]))
    for name, norm in whole.norms.items():
        assert norm == max(part.norms[name] for part in parts)


def test_noise_is_off() -> None:
    noisy = net("INPUT -> FC(16) -> RELU -> DROPOUT(0.9) -> FC(3)")
    few = Few.of(samples(X, Y), 32)
    assert probe(setting(noisy), few).loss == probe(setting(net(MLP)), few).loss
    assert not wrong(checks(noisy, samples(X, Y)))


def test_weights_stay_as_they_are() -> None:
    graph = net("INPUT -> FC(16) -> BN -> RELU -> FC(3)")
    arrays = all_values(graph)
    before = {name: array.copy() for name, array in arrays.items()}
    found = checks(graph, samples(X, Y), values=ArrayValues(graph, arrays))
    assert all(np.array_equal(arrays[name], before[name]) for name in before)
    assert found["loss at the start"].text.endswith(", of weights that were learned before")


def test_large_initial_weights_make_a_large_loss() -> None:
    init = chosen(INITS, "normal", std=10)
    found = checks(net(MLP), samples(X, Y), Training(init=init))["loss at the start"]
    assert not found.ok
    assert ", of chance ln(3) = 1.099: scores are too large, " in found.text
    assert "`init: normal(10)` is the same however many inputs" in found.text


def test_inputs_that_are_not_scaled_make_a_large_loss() -> None:
    found = checks(net(MLP), samples(X * 70 + 128, Y))
    assert not found["inputs"].ok
    assert found["inputs"].text.endswith(
        "; bring them to a mean near 0 and a deviation near 1: begin with BN: `INPUT -> BN -> ...`"
    )
    assert not found["loss at the start"].ok
    assert "inputs have mean 12" in found["loss at the start"].text


def test_inputs_that_the_net_scales_itself_are_sound() -> None:
    assert not wrong(checks(net(f"INPUT -> BN -> {MLP[9:]}"), samples(X * 70 + 128, Y)))


def test_pictures_are_scaled_by_their_section() -> None:
    graph = net("INPUT -> FC(3)", "{shape: 1x2x3, image: {resize: [2, 3]}}")
    found = checks(graph, samples(X.reshape(48, 1, 2, 3) * 70 + 128, Y))["inputs"]
    assert found.text.endswith("write `mean` and `std` of the pixels into the spec's `image:`")


def test_inputs_of_weights_that_were_learned_are_theirs() -> None:
    graph = net(MLP)
    found = checks(graph, samples(X * 70 + 128, Y), values=changed(graph))
    assert found["inputs"].ok


@pytest.mark.usefixtures("impatient")
def test_large_weights_are_told_of() -> None:
    graph = net("INPUT -> FC(8) -> SIGMOID -> FC(1) -> FC(3)")
    y = np.arange(48)[::-1] % 3
    found = checks(graph, samples(X, y), values=changed(graph, fc1_weight=1e3))
    text = found["one small batch"].text
    assert "; results of fc1 are " in text and text.endswith(": are its weights too large?")


@pytest.mark.usefixtures("impatient")
def test_layers_of_zeros_are_dead() -> None:
    found = checks(net(MLP), samples(X, Y), Training(init=chosen(INITS, "zero")))
    assert wrong(found) == ["gradients", "one small batch"]
    text = found["gradients"].text
    assert text.startswith("0 in fc1 and fc2, which do not learn: the weights of fc1 and fc2 are")
    assert "`init: zero` makes all units of a layer alike" in found["one small batch"].text


@pytest.mark.usefixtures("impatient")
def test_a_rectifier_that_never_opens_is_named() -> None:
    graph = net("INPUT -> FC(8) -> RELU -> FC(8) -> RELU -> FC(3)")
    found = checks(graph, samples(X, Y), values=changed(graph, fc2_bias=-100.0))
    assert wrong(found) == ["gradients", "one small batch"]
    assert found["gradients"].text == (
        "0 in fc1, fc2 and fc3, which do not learn: "
        "the result of relu2 is 0 for every sample, which stops gradients"
    )
    assert "; gradients do not reach all layers" in found["one small batch"].text


def test_frozen_layers_are_not_dead() -> None:
    found = checks(net(MLP), samples(X, Y), frozen=("fc1",))
    assert not wrong(found)
    assert found["gradients"].text.startswith("norm ")
    assert found["gradients"].text.endswith(" in fc2")


@pytest.mark.usefixtures("impatient")
def test_frozen_layers_learn_nothing_by_heart() -> None:
    graph = net(MLP)
    alike = changed(graph, fc1_weight=0.1)
    assert wrong(checks(graph, samples(X, Y), values=alike, frozen=("fc1",))) == [NAMES[-1]]


def test_each_rate_is_tried_from_the_same_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heart, "_STEPS", 3)
    objective, few = Objective(net(MLP), CROSS, labels=True), Few.of(samples(X, Y), 8)
    trainer = Trainer(objective, Training(), Seeded(objective.graph), "cpu")
    tried = list(heart._tries(trainer, Seeded(objective.graph), few))
    assert [at for _, at, _ in tried] == [0, 1, 2] * 3
    assert len({outcome.loss for outcome, at, _ in tried if at == 0}) == 1
    assert len({outcome.loss for outcome, at, _ in tried if at == 2}) == 3


def test_no_more_samples_are_learned_by_heart_than_a_batch_has() -> None:
    found = checks(net(MLP), samples(X, Y), Training(batch=4))["one small batch"]
    assert found.text.startswith("4 samples learned by heart")


def test_where_all_is_frozen_nothing_is_trained() -> None:
    found = checks(net(MLP), samples(X, Y), frozen=("fc1", "fc2"))
    assert wrong(found) == ["gradients"]
    assert found["gradients"].text.startswith("none: all layers with weights are frozen")
    assert "one small batch" not in found


def test_a_result_that_is_not_finite_is_named() -> None:
    graph = net(MLP)
    found = checks(graph, samples(X, Y), values=changed(graph, fc1_bias=float("nan")))
    assert wrong(found) == ["loss at the start", "gradients"]
    assert found["gradients"].text.startswith("the result of fc1 is not finite, and so nothing")
    assert "one small batch" not in found


def test_a_gradient_that_is_not_finite_is_named() -> None:
    graph = net("INPUT -> FC(4) -> FC(1)")
    values = changed(graph, fc1_weight=0.0, fc1_bias=1e-37, fc2_weight=1e37)
    found = checks(graph, samples(X, X[:, :1] * 1e4), values=values)
    assert found["loss at the start"].ok
    assert found["gradients"].text.startswith("that of fc1 is not finite, and so none before it is")


def test_a_branch_that_nothing_reads_is_named() -> None:
    pattern = '\n  - INPUT -> FC(8) @a\n  - spare: FC(5)\n  - "@a -> RELU -> FC(3)"'
    found = checks(net(pattern), samples(X, Y))
    assert wrong(found) == ["gradients"]
    assert found["gradients"].text == "spare.fc1 is not read by anything that is learned"
    other = checks(net(f'{pattern}\noutput: {{spare: "@spare"}}'), samples(X, Y))
    assert not wrong(other)
    assert other["gradients"].text.endswith(
        "; spare.fc1 leads to another output, and is not trained"
    )


@pytest.mark.usefixtures("impatient")
def test_gradients_that_vanish_are_told_of() -> None:
    found = checks(net("INPUT -> " + "FC(16) -> SIGMOID -> " * 12 + "FC(3)"), samples(X, Y))
    assert wrong(found) == ["one small batch"]
    assert "the gradient hardly reaches fc1" in found["one small batch"].text


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    ("end", "named"), [("RELU", "relu1"), ("SOFTMAX -> SOFTMAX", "softmax1"), ("TANH", "tanh1")]
)
def test_scores_that_cannot_be_any_number_are_named(end: str, named: str) -> None:
    found = checks(net(f"INPUT -> FC(3) -> {end}"), samples(X, Y))
    text = found["one small batch"].text
    assert wrong(found) == ["one small batch"]
    assert f"cross-entropy reads the result of {named}, and " in text


@pytest.mark.usefixtures("impatient")
def test_a_net_that_is_too_small_is_told_of() -> None:
    found = checks(net("INPUT -> FC(1) -> FC(3)"), samples(X, np.arange(48)[::-1] % 3))
    assert wrong(found) == ["one small batch"]
    assert found["one small batch"].text.endswith(
        "is the net too small, or does a layer keep too little of its input?"
    )


@pytest.mark.usefixtures("impatient")
def test_targets_far_from_0_are_told_of() -> None:
    found = checks(net("INPUT -> FC(16) -> RELU -> FC(1)"), samples(X, X[:, :1] * 1e3 + 1e6))
    assert wrong(found) == ["one small batch"]
    assert "targets have mean 1e+06 and deviation " in found["one small batch"].text


def test_samples_that_cannot_be_told_apart_are_named() -> None:
    same = X[np.arange(48) // 2]
    found = checks(net(MLP), samples(same, Y % 2, ("ant", "bee")))["one small batch"]
    assert found.ok
    assert "samples 0 (class ant) and 1 (class bee) (one of 2 such pairs) hold" in found.text
    found = checks(net(MLP), samples(same[:2], Y[:2], ("a\x1b", "bee", "cat")))["one small batch"]
    assert not found.ok
    assert found.text == (
        "samples 0 (class a\\x1b) and 1 (class bee) hold the same numbers and have other targets: "
        "no net can tell them apart"
    )


def test_time_that_is_over_is_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heart, "_SECONDS", 0.0)
    found = checks(net(MLP), samples(X, Y))["one small batch"]
    assert found.ok
    assert "8 samples not learned yet: " in found.text
    assert "too few to tell" in found.text


@pytest.mark.usefixtures("impatient")
def test_batch_norm_of_one_sample_is_told_of() -> None:
    graph = net("INPUT -> FC(8) -> BN -> FC(3)")
    found = checks(graph, samples(X, Y), Training(batch=1))["gradients"]
    assert not found.ok
    assert "bn1 takes the mean of one sample away" in found.text


@pytest.mark.parametrize(
    ("x", "y", "loss", "name", "text"),
    [
        (X * 0 + 5, Y, CROSS, "inputs", "all of them are the same"),
        (X[[3] * 48], Y, CROSS, "inputs", "all of them are the same"),
        (X, Y * 0 + 1, CROSS, "targets", "none of the samples is of classes ant and cat, of 3"),
        (X, X[:, :3] * 0 + 1, SQUARED, "targets", "all are the same: there is nothing to learn"),
        (X, X[:, :3], BINARY, "targets", "binary cross-entropy takes chances, from 0 to 1"),
        (X, X[:, :3], CROSS, "targets", "cross-entropy takes chances of classes"),
        (X, floats(np.eye(3)[Y] * 2), CROSS, "targets", "positive and sum to 1"),
    ],
)
@pytest.mark.usefixtures("impatient")
def test_data_that_teach_nothing(x: Array, y: Array, loss: Choice, name: str, text: str) -> None:
    found = checks(net(MLP), samples(x, y), loss=loss)[name]
    assert not found.ok
    assert text in found.text


@pytest.mark.parametrize("where", ["inputs", "targets"])
def test_numbers_that_are_not_finite_end_the_checks(where: str) -> None:
    x, y = X.copy(), X[:, :3].copy()
    (x if where == "inputs" else y)[5, 1] = np.nan
    found = checks(net(MLP), samples(x, y), loss=SQUARED)
    assert wrong(found) == [where]
    assert list(found) == NAMES[:2]


def test_a_few_samples_are_of_the_classes_in_turn() -> None:
    labels = np.array([0, 0, 0, 0, 2, 2, 1, 2])
    assert Few.of(samples(X[:8], labels), 5).indices.tolist() == [0, 6, 4, 1, 5]
    assert sorted(Few.of(samples(X[:8], labels), 99).indices) == list(range(8))
    assert Few.of(samples(X[:8], X[:8, :3]), 4).indices.tolist() == [0, 2, 4, 6]


def test_one_sample_is_enough() -> None:
    found = checks(net(MLP), samples(X[:1], X[:1, :3]), loss=SQUARED)
    assert not wrong(found)
    assert found["one small batch"].text.startswith("1 sample learned by heart")


def test_maps_of_classes() -> None:
    x = np.random.default_rng(1).standard_normal((4, 2, 6, 6)).astype(np.float32)
    graph = net("INPUT -> CONV(8, 3, pad=1) -> BN -> RELU -> CONV(2, 1)", "2x6x6")
    found = checks(graph, samples(x, (x[:, 0] > 0).astype(np.int64), ("out", "in")))
    assert not wrong(found)
    assert found["targets"].text.endswith(" places each")
