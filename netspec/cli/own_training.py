"""What `netspec train` itself takes, which `check --train` says beside what PyTorch would."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from netspec.analysis.units import nbytes
from netspec.graph import Graph
from netspec.machine.errors import UnusableError
from netspec.text.limits import MAX_STEP_LAYERS
from netspec.text.training import OPTIMIZERS, Training, chosen

if TYPE_CHECKING:
    from netspec.train.memory import StepMemory
    from netspec.train.step import Objective

#: Tensors of a list.
_MOST_KEPT = 3


@dataclass(frozen=True, eq=False)
class OwnTraining:
    """The memory of a step on the CPU; None, and why it is not said."""

    memory: StepMemory | None
    why_not: str = ""

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def to_json(self) -> dict[str, Any] | None:
        """`netspec_train` in the object of `--format json`."""
        memory = self.memory
        if memory is None:
            return None
        return {
            "peak_bytes": memory.total_bytes,
            "state_bytes": memory.state_bytes,
            "input_bytes": memory.input_bytes,
            "tensor_bytes": memory.tensor_bytes,
            "gap_bytes": memory.gap_bytes,
            "program_bytes": memory.program_bytes,
            "peak_at": memory.at,
            "kept_bytes": memory.kept_bytes,
            "kept": [
                {"name": held.name, "bytes": held.nbytes, "why": held.why} for held in memory.kept
            ],
        }

    def _lines(self) -> Iterator[str]:
        memory = self.memory
        if memory is None:
            yield f"netspec train: not said, for {self.why_not}"
            return
        yield f"netspec train: peak {nbytes(memory.total_bytes)} on the CPU"
        parts = {
            "weights and state": memory.state_bytes,
            "inputs and labels": memory.input_bytes,
            f"tensors at {memory.at}": memory.tensor_bytes,
            "gaps between tensors": memory.gap_bytes,
            "the program": memory.program_bytes,
        }
        yield ", ".join(f"{what} {nbytes(size)}" for what, size in parts.items() if size)
        most = sorted(memory.kept, key=lambda held: -held.nbytes)[:_MOST_KEPT]
        listed = ", ".join(f"{held.name} {nbytes(held.nbytes)} ({held.why})" for held in most)
        yield f"left to its backward pass alone {nbytes(memory.kept_bytes)}; most: {listed}"


def own_training(graph: Graph, batch: int, dtype: str, optimizer: str) -> OwnTraining:
    """The memory of a step with such an optimizer, in all else as the spec says."""
    training = graph.spec.train
    if training.optimizer.name != optimizer:
        training = replace(training, optimizer=chosen(OPTIMIZERS, optimizer))
    trouble = _trouble(graph, dtype, training)
    if trouble:
        return OwnTraining(None, trouble)
    try:
        from netspec.train.memory import step_memory
        from netspec.train.step import training_step
    except ImportError as error:
        return OwnTraining(None, f"{error.name} is not installed")
    try:
        step = training_step(_objective(graph, training), training)
        return OwnTraining(step_memory(step, batch))
    except UnusableError as error:
        return OwnTraining(None, error.message)


def _trouble(graph: Graph, dtype: str, training: Training) -> str:
    """Why it cannot be said; empty where it can."""
    if dtype != "float32":
        return "it keeps weights in float32, whatever --dtype says"
    if training.precision in ("float16", "bfloat16"):
        return f"{training.precision} takes more on one device and less on another"
    if len(graph.inputs) > 1:
        return f"it takes nets with one input; this one has {len(graph.inputs)}"
    if not any(weight.learned for _, weight in graph.all_weights()):
        return "the net has nothing to learn"
    if len(graph.nodes) > MAX_STEP_LAYERS:
        return f"the net has more than {MAX_STEP_LAYERS:,} layers"
    return ""


def _objective(graph: Graph, training: Training) -> Objective:
    """The loss that the spec names, else that of classes."""
    from netspec.train.losses import default_loss
    from netspec.train.step import Objective

    loss = training.loss or default_loss(graph, labels=True)
    return Objective(graph, loss, labels=loss.name in ("cross-entropy", "binary-cross-entropy"))
