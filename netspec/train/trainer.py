"""A net that learns: its state on a device, and the models that step and evaluate it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec.onnxgen.program import Program, as_model
from netspec.runtime.device import Device
from netspec.runtime.providers import GpuOptions
from netspec.runtime.resident import Resident, ResidentModel
from netspec.text.training import Training
from netspec.train.step import (
    LOSS,
    NEXT,
    RATE,
    RIGHT,
    SAID,
    STEP,
    TARGET,
    Objective,
    evaluation,
    training_step,
)
from netspec.weights.values import Values

Arrays = Mapping[str, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a batch came to: the mean loss, and the share of right answers; None where there is no
    right or wrong.
    """

    loss: float
    accuracy: float | None


class Trainer:
    """The state of a net in training, which steps change in place on the device.

    `values` are the weights that it starts from; `frozen` names layers that stay as they are. The
    net has one input.
    """

    def __init__(
        self,
        objective: Objective,
        training: Training,
        values: Values,
        device: str = "auto",
        frozen: frozenset[str] = frozenset(),
    ) -> None:
        self.objective, self.training, self.frozen = objective, training, frozen
        self._wish = GpuOptions(tf32=training.precision == "tf32")
        step = training_step(objective, training, frozen, training.seed)
        self._step = self._opened(step.program, Device.parse(device))
        (self._input,) = objective.graph.inputs
        self._names = tuple(step.shapes)
        self._state = Resident(self._step.device, dict(_start(step.shapes, step.fills, values)))
        self._step.bind(self._state, NEXT)
        self._evaluation: ResidentModel | None = None
        self.steps = 0
        self._noise = training.seed

    @property
    def device(self) -> str:
        """Where it runs: "cpu", "cuda:0"."""
        return str(self._step.device)

    @property
    def because(self) -> str:
        """Why `auto` passed over a GPU; empty where it did not."""
        return self._step.because

    def draw_noise(self, seed: int) -> None:
        """From now on noise is that of another seed, such as an epoch's own, whatever was drawn
        before.
        """
        if any(node.layer.noise for node in self.objective.graph.nodes) and seed != self._noise:
            step = training_step(self.objective, self.training, self.frozen, seed)
            self._step = self._opened(step.program, self._step.device)
            self._step.bind(self._state, NEXT)
            self._noise = seed

    def step(self, x: NDArray[Any], y: NDArray[Any], rate: float) -> Outcome:
        """Learn from a batch of samples and their targets.  RunError where the runtime fails."""
        self.steps += 1
        scalars = {RATE: np.float32(rate), STEP: np.float32(self.steps)}
        feeds = {name: np.asarray(value) for name, value in scalars.items()}
        answers = self._step.run({self._input: x, TARGET: y, **feeds})
        return _outcome(answers, len(y))

    def evaluate(
        self, x: NDArray[Any], y: NDArray[Any]
    ) -> tuple[Outcome, NDArray[np.int64] | None]:
        """The outcome of a batch at inference, and the class that is said of each sample; None
        where there are no classes.
        """
        if self._evaluation is None:
            self._evaluation = self._opened(evaluation(self.objective), self._step.device)
            self._evaluation.bind(self._state, NEXT)
        answers = self._evaluation.run({self._input: x, TARGET: y})
        return _outcome(answers, len(y)), answers.get(SAID)

    def state(self) -> dict[str, NDArray[np.float32]]:
        """Copies of all state: weights, and what the optimizer remembers of them."""
        return self._state.read(self._names)

    def weights(self) -> dict[str, NDArray[np.float32]]:
        """Copies of the weights and running statistics."""
        names = (name for name, _ in self.objective.graph.all_weights())
        return self._state.read(names)

    def restore(self, state: Arrays, steps: int) -> None:
        """Go on from a state, after so many steps."""
        self._state.write(state)
        self.steps = steps

    def _opened(self, program: Program, device: Device) -> ResidentModel:
        model = as_model(program).SerializeToString()
        return ResidentModel(model, program.graph.name, device, self._wish)


def _start(
    shapes: Mapping[str, tuple[int, ...]], fills: Mapping[str, float], values: Values
) -> Mapping[str, NDArray[np.float32]]:
    return {
        name: np.full(shape, fills[name], np.float32)
        if name in fills
        else np.ascontiguousarray(values.read(name))
        for name, shape in shapes.items()
    }


def _outcome(answers: Arrays, count: int) -> Outcome:
    right = answers.get(RIGHT)
    return Outcome(float(answers[LOSS]), None if right is None else float(right) / count)
