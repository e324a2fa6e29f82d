"""Optimizers: fifty steps of random gradients in ONNX Runtime against torch.optim, in float32."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from netspec.text.training import OPTIMIZERS, Choice, chosen
from netspec.train.clipping import clipped
from netspec.train.optimizers import decayed, pace, slots, update, with_l2
from tests.train_programs import Array, Rig, emitter, floats

torch: Any = pytest.importorskip("torch", reason="optimizers are compared with PyTorch (dev extra)")

SHAPES = {"fc.weight": (7, 5), "fc.bias": (7,), "conv.weight": (3, 2, 3, 3)}
STEPS = 50


def rates(base: float) -> list[float]:
    """A rate for each step: it changes on the way."""
    return [base * (1.0 if step < 20 else 0.3 + 0.01 * step) for step in range(STEPS)]


def gradients() -> list[dict[str, Array]]:
    """Gradients of each step, of sizes from 0.001 to 10, with zeros, and at times nothing else."""
    random = np.random.default_rng(5)
    made = []
    for step in range(STEPS):
        scale = 0.0 if step % 7 == 6 else 10.0 ** random.uniform(-3, 1)
        drawn = {name: random.standard_normal(shape) for name, shape in SHAPES.items()}
        made.append({name: floats(scale * at * (at < 1.2)) for name, at in drawn.items()})
    return made


def weights() -> dict[str, Array]:
    """What training starts from; the bias is 0, so that its first value is its first step."""
    random = np.random.default_rng(1)
    made = {name: floats(random.standard_normal(shape)) for name, shape in SHAPES.items()}
    return made | {"fc.bias": floats(np.zeros(SHAPES["fc.bias"]))}


@dataclass(frozen=True)
class Given:
    """What is done to gradients and weights before the optimizer sees them."""

    decay: float = 0.0
    l2: float = 0.0
    clip: float | None = None


PLAIN = Given()


def program(optimizer: Choice, given: Given) -> tuple[Rig, dict[str, str], dict[str, Array]]:
    """A step, what makes the next value of each state tensor, and the state at the start."""
    shared, kinds = emitter("optimizer"), slots(optimizer)
    emitters, after = [shared], dict[str, str]()
    common = pace(optimizer, shared, rate="rate", step="step")
    reaching: Sequence[str] = [f"{name}.grad" for name in SHAPES]
    feeds = {f"{name}.grad": floats(np.zeros(shape)) for name, shape in SHAPES.items()}
    if given.clip is not None:
        reaching = clipped(shared, reaching, given.clip)
    state = weights()
    for (name, shape), gradient in zip(SHAPES.items(), reaching, strict=True):
        emit = emitter(name)
        emitters.append(emit)
        own = {slot: f"{name}/{slot}" for slot in kinds}
        slope = with_l2(emit, gradient, name, given.l2) if given.l2 else gradient
        start = decayed(emit, name, "rate", given.decay) if given.decay else name
        made = update(common, emit, start, slope, own)
        after |= {name: made.weight} | {own[slot]: key for slot, key in made.slots.items()}
        state |= {own[slot]: floats(np.full(shape, fill)) for slot, fill in kinds.items()}
    outputs = {after[name]: array.shape for name, array in state.items()}
    inputs = {**state, **feeds, "rate": floats(0), "step": floats(0)}
    return Rig(emitters, inputs, outputs), after, state


def ours(optimizer: Choice, base: float, given: Given = PLAIN) -> list[dict[str, Array]]:
    """The weights after each step."""
    rig, after, state = program(optimizer, given)
    told = []
    for step, (rate, slopes) in enumerate(zip(rates(base), gradients(), strict=True), 1):
        fed = {f"{name}.grad": slope for name, slope in slopes.items()}
        out = rig.run({**state, **fed, "rate": floats(rate), "step": floats(step)})
        state = {name: out[made] for name, made in after.items()}
        told.append({name: state[name] for name in SHAPES})
    return told


def theirs(
    make: Callable[[Any], Any], base: float, clip: float | None = None
) -> list[dict[str, Array]]:
    """The same from PyTorch, in float32."""
    leaves = {name: torch.tensor(array, requires_grad=True) for name, array in weights().items()}
    optimizer = make(list(leaves.values()))
    told = []
    for rate, slopes in zip(rates(base), gradients(), strict=True):
        for name, leaf in leaves.items():
            leaf.grad = torch.tensor(slopes[name])
        if clip is not None:
            torch.nn.utils.clip_grad_norm_(list(leaves.values()), clip)
        for group in optimizer.param_groups:
            group["lr"] = rate
        optimizer.step()
        told.append({name: leaf.detach().numpy().copy() for name, leaf in leaves.items()})
    return told


def check(found: list[dict[str, Array]], expected: list[dict[str, Array]]) -> None:
    for step, (one, other) in enumerate(zip(found, expected, strict=True), 1):
        for name, array in other.items():
            largest = float(np.abs(array).max())
            worst = float(np.abs(one[name] - array).max()) / largest
            assert worst < 1e-6, f"{name} after step {step}: {worst}"


TORCH = torch.optim

#: What is chosen, the first rate, and what makes the same in PyTorch.
CASES: dict[str, tuple[Choice, float, Any, dict[str, Any]]] = {
    "sgd": (chosen(OPTIMIZERS, "sgd"), 0.01, TORCH.SGD, {}),
    "momentum": (chosen(OPTIMIZERS, "momentum"), 0.01, TORCH.SGD, {"momentum": 0.9}),
    "momentum half": (
        chosen(OPTIMIZERS, "momentum", momentum=0.5),
        0.1,
        TORCH.SGD,
        {"momentum": 0.5},
    ),
    "nesterov": (
        chosen(OPTIMIZERS, "nesterov", momentum=0.8),
        0.01,
        TORCH.SGD,
        {"momentum": 0.8, "nesterov": True},
    ),
    "adagrad": (chosen(OPTIMIZERS, "adagrad"), 0.01, TORCH.Adagrad, {}),
    "adagrad eps": (chosen(OPTIMIZERS, "adagrad", eps=0.1), 0.1, TORCH.Adagrad, {"eps": 0.1}),
    "adadelta": (chosen(OPTIMIZERS, "adadelta"), 1.0, TORCH.Adadelta, {}),
    "adadelta options": (
        chosen(OPTIMIZERS, "adadelta", rho=0.5, eps=1e-2),
        1.0,
        TORCH.Adadelta,
        {"rho": 0.5, "eps": 1e-2},
    ),
    "rmsprop": (chosen(OPTIMIZERS, "rmsprop"), 0.001, TORCH.RMSprop, {}),
    "rmsprop options": (
        chosen(OPTIMIZERS, "rmsprop", alpha=0.9, eps=1e-3),
        0.01,
        TORCH.RMSprop,
        {"alpha": 0.9, "eps": 1e-3},
    ),
    "adam": (chosen(OPTIMIZERS, "adam"), 0.001, TORCH.Adam, {}),
    "adam options": (
        chosen(OPTIMIZERS, "adam", beta1=0.5, beta2=0.99, eps=1e-2),
        0.01,
        TORCH.Adam,
        {"betas": (0.5, 0.99), "eps": 1e-2},
    ),
    "adam without memory": (
        chosen(OPTIMIZERS, "adam", beta1=0.0, beta2=0.0),
        0.01,
        TORCH.Adam,
        {"betas": (0.0, 0.0)},
    ),
    "adamw": (chosen(OPTIMIZERS, "adamw"), 0.001, TORCH.AdamW, {"weight_decay": 0.0}),
    "rprop": (chosen(OPTIMIZERS, "rprop"), 0.01, TORCH.Rprop, {}),
    "rprop options": (
        chosen(OPTIMIZERS, "rprop", less=0.25, more=1.5, least=1e-3, most=0.1),
        0.01,
        TORCH.Rprop,
        {"etas": (0.25, 1.5), "step_sizes": (1e-3, 0.1)},
    ),
}


def test_each_optimizer_is_compared() -> None:
    assert {case[0].name for case in CASES.values()} == OPTIMIZERS.keys()


@pytest.mark.parametrize("case", CASES)
def test_it_follows_torch(case: str) -> None:
    optimizer, base, kind, options = CASES[case]
    check(ours(optimizer, base), theirs(lambda leaves: kind(leaves, lr=base, **options), base))


def test_decay_is_apart_from_the_gradient() -> None:
    """The same for any optimizer, of which PyTorch has it for Adam."""
    optimizer, base, kind, _ = CASES["adamw"]
    expected = theirs(lambda leaves: kind(leaves, lr=base, weight_decay=0.3), base)
    check(ours(optimizer, base, Given(decay=0.3)), expected)


def test_decay_does_not_enter_the_momentum() -> None:
    """With gradients of 0 after the first, weights shrink and the velocity fades."""
    optimizer, base, *_ = CASES["momentum"]
    found, rate = ours(optimizer, base, Given(decay=0.3)), rates(base)
    velocity: dict[str, Array] = {name: np.zeros(shape) for name, shape in SHAPES.items()}
    expected = weights()
    for step, gradient in enumerate(gradients()):
        for name in SHAPES:
            velocity[name] = 0.9 * velocity[name] + gradient[name]
            smaller = expected[name] * (1 - rate[step] * 0.3)
            expected[name] = smaller - rate[step] * velocity[name]
            np.testing.assert_allclose(found[step][name], expected[name], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", ["sgd", "nesterov", "adam"])
def test_l2_is_in_the_gradient(name: str) -> None:
    """What PyTorch calls weight_decay in all but AdamW."""
    optimizer, base, kind, options = CASES[name]
    expected = theirs(lambda leaves: kind(leaves, lr=base, weight_decay=0.1, **options), base)
    check(ours(optimizer, base, Given(l2=0.1)), expected)


@pytest.mark.parametrize("largest", [0.05, 5.0, 1e6])
def test_gradients_are_clipped_by_their_norm_together(largest: float) -> None:
    """Some, all or none of the steps are: norms go from 0 to about 90."""
    optimizer, base, kind, options = CASES["momentum"]
    expected = theirs(lambda leaves: kind(leaves, lr=base, **options), base, largest)
    check(ours(optimizer, base, Given(clip=largest)), expected)


def test_the_bias_of_means_is_exact_in_float32() -> None:
    """1 - beta^step, which Adam divides by, from the first step to the ten thousandth."""
    optimizer = chosen(OPTIMIZERS, "adam", beta1=0.999, beta2=0.9999)
    emit = emitter()
    names = pace(optimizer, emit, rate="rate", step="step").scalars
    inputs = {"rate": floats(1), "step": floats(1)}
    rig = Rig([emit], inputs, dict.fromkeys(names.values(), ()))
    for step in (1, 2, 10, 100, 10_000):
        found = rig.run({"rate": floats(1), "step": floats(step)})
        spread = np.sqrt((1 - 0.9999**step) / (1 - 0.9999))
        rate = spread * (1 - 0.999) / (1 - 0.999**step)
        assert found[names["rate"]] == pytest.approx(rate, rel=1e-6)
        assert found[names["eps"]] == pytest.approx(1e-8 * spread, rel=1e-6)


def test_scalars_are_made_once_and_none_in_an_update() -> None:
    """What an update adds are passes over tensors: no more than its formula has."""
    passes = {
        "sgd": 2, "momentum": 4, "nesterov": 6, "adagrad": 7, "adadelta": 13, "rmsprop": 8,
        "adam": 10, "adamw": 10, "rprop": 12,
    }  # fmt: skip
    for name, count in passes.items():
        optimizer, emit = chosen(OPTIMIZERS, name), emitter()
        shared = pace(optimizer, emitter("optimizer"), rate="rate", step="step")
        update(shared, emit, "w", "g", {slot: f"w/{slot}" for slot in slots(optimizer)})
        made = [node.op_type for node in emit.made if node.op_type != "Constant"]
        assert len(made) == count, f"{name}: {made}"
