"""A net that learns: its state on a device, and the models that step and evaluate it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec.onnxgen.program import Program, as_model
from netspec.runtime.device import Device
from netspec.runtime.resident import Resident, ResidentModel
from netspec.text.training import Training
from netspec.train.precision import gpu_options, remark, scales
from netspec.train.scaling import LossScale
from netspec.train.step import (
    FINITE,
    LOSS,
    NEXT,
    RATE,
    RIGHT,
    SAID,
    SCALE,
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
    right or wrong.  `skipped` says that nothing was learned, for gradients were not finite and the
    loss is scaled.
    """

    loss: float
    accuracy: float | None
    skipped: bool = False


class Trainer:
    """The state of a net in training, which steps change in place on the device.

    `values` are the weights that it starts from; `frozen` names layers that stay as they are. The
    net has one input. `steps` are those that learned, `scale` is what the next one multiplies the
    gradient of the loss by, where it is scaled.
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
        self._wish = gpu_options(training.precision)
        step = training_step(objective, training, frozen, training.seed)
        model, self._shapes, self._fills = _written(step.program), step.shapes, step.fills
        del step  # whose nodes would take memory beside the session's
        self._step = self._opened(model, Device.parse(device))
        (self._input,) = objective.graph.inputs
        self._state = Resident(self._step.device, self._start(values))
        self._step.bind(self._state, NEXT)
        self._evaluation: ResidentModel | None = None
        self.steps, self.scale = 0, LossScale()

    @property
    def device(self) -> str:
        """Where it runs: "cpu", "cuda:0"."""
        return str(self._step.device)

    @property
    def because(self) -> str:
        """Why `auto` passed over a GPU; empty where it did not."""
        return self._step.because

    @property
    def remark(self) -> str:
        """What is to be said of its precision on its device; empty where that is nothing."""
        return remark(self.training.precision, self.device)

    def draw_noise(self, epoch: int) -> None:
        """From now on noise is that of an epoch, whatever was drawn before."""
        if any(node.layer.noise for node in self.objective.graph.nodes):
            seed = _seed(self.training.seed, epoch)
            step = training_step(self.objective, self.training, self.frozen, seed)
            self._step = self._opened(_written(step.program), self._step.device)
            self._step.bind(self._state, NEXT)

    def step(self, x: NDArray[Any], y: NDArray[Any], rate: float) -> Outcome:
        """Learn from a batch of samples and their targets.  RunError where the runtime fails."""
        scalars = {RATE: rate, STEP: self.steps + 1}
        if scales(self.training.precision):
            scalars[SCALE] = self.scale.factor
        feeds = {name: np.asarray(value, np.float32) for name, value in scalars.items()}
        answers = self._step.run({self._input: x, TARGET: y, **feeds})
        outcome = _outcome(answers, len(y))
        self.steps += not outcome.skipped
        if FINITE in answers:
            self.scale = self.scale.after(finite=not outcome.skipped)
        return outcome

    def evaluate(
        self, x: NDArray[Any], y: NDArray[Any]
    ) -> tuple[Outcome, NDArray[np.int64] | None]:
        """The outcome of a batch at inference, and the class that is said of each sample; None
        where there are no classes.
        """
        if self._evaluation is None:
            model = _written(evaluation(self.objective))
            self._evaluation = self._opened(model, self._step.device)
            self._evaluation.bind(self._state, NEXT)
        answers = self._evaluation.run({self._input: x, TARGET: y})
        return _outcome(answers, len(y)), answers.get(SAID)

    def state(self) -> dict[str, NDArray[np.float32]]:
        """Copies of all state: weights, and what the optimizer remembers of them."""
        return self._state.read(self._shapes)

    def current(self) -> dict[str, NDArray[np.float32]]:
        """All state until the next step, which may change it: on the CPU it is no copy."""
        return self._state.current(self._shapes)

    def weights(self) -> dict[str, NDArray[np.float32]]:
        """Copies of the weights and running statistics."""
        names = (name for name, _ in self.objective.graph.all_weights())
        return self._state.read(names)

    def restore(self, state: Arrays, steps: int, scale: LossScale | None = None) -> None:
        """Go on from a state, after so many steps; the scale is that of a first step unless it is
        given.
        """
        self._state.write(state.items())
        self.steps, self.scale = steps, scale or LossScale()

    def restart(self, values: Values) -> None:
        """Begin anew, from such weights."""
        self._state.write(self._start(values))
        self.steps, self.scale = 0, LossScale()

    def _start(self, values: Values) -> Iterator[tuple[str, NDArray[np.float32]]]:
        """The state before the first step, tensor by tensor."""
        for name, shape in self._shapes.items():
            if name in self._fills:
                yield name, np.full(shape, self._fills[name], np.float32)
            else:
                yield name, np.ascontiguousarray(values.read(name))

    def _opened(self, model: bytes, device: Device) -> ResidentModel:
        return ResidentModel(model, self.objective.graph.name, device, self._wish)


def _seed(seed: int, epoch: int) -> int:
    """That of an epoch's noise, which no epoch of another seed has."""
    return int.from_bytes(hashlib.sha256(f"{seed} {epoch}".encode()).digest()[:8])


def _written(program: Program) -> bytes:
    written: bytes = as_model(program).SerializeToString()
    return written


def _outcome(answers: Arrays, count: int) -> Outcome:
    right = answers.get(RIGHT)
    accuracy = None if right is None else float(right) / count
    return Outcome(float(answers[LOSS]), accuracy, skipped=not answers.get(FINITE, True))
