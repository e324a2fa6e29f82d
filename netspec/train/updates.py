"""The nodes that move weights along their gradients, each where it costs the least memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from netspec.autodiff.backward import Differentiated
from netspec.layers import Weight
from netspec.onnxgen.emit import LayerEmitter
from netspec.onnxgen.program import Operator, Program
from netspec.onnxgen.target import DEFAULT
from netspec.text.training import Training
from netspec.train.clipping import clipped
from netspec.train.optimizers import Pace, decayed, pace, slots, update, with_l2


@dataclass(frozen=True)
class Updated:
    """A program with updates: the names of the next values by state, weights and what the optimizer
    remembers of them, and what the latter start from.
    """

    program: Program
    after: Mapping[str, str]
    fills: Mapping[str, float]


def with_updates(
    made: Differentiated,
    training: Training,
    weights: Mapping[str, Weight],
    *,
    rate: str,
    step: str,
) -> Updated:
    """The program with nodes that make the next value of each weight that has a gradient.

    `rate` and `step` are the names of scalars. Only tensors of the role "weight" shrink by decay
    and L2.
    """
    return _Updates(made, training, weights, rate).run(step)


class _Updates:
    def __init__(
        self,
        made: Differentiated,
        training: Training,
        weights: Mapping[str, Weight],
        rate: str,
    ) -> None:
        self.training, self.made, self.weights, self.rate = training, made, weights, rate
        self.emitter = LayerEmitter("train", DEFAULT.opset, scope="train/update")
        self.fills: dict[str, float] = {}
        self.groups: list[list[Operator]] = []

    def run(self, step: str) -> Updated:
        shared = pace(self.training.optimizer, self.emitter, rate=self.rate, step=step)
        self._close()
        found = dict(self.made.found)
        if self.training.clip is not None:
            all_ = clipped(self.emitter, list(found.values()), self.training.clip)
            found = dict(zip(found, all_, strict=True))
            self._close()
        after: dict[str, str] = {}
        for name, gradient in found.items():
            after |= self._one(name, gradient, shared)
            self._close()
        program = self.made.program
        nodes = _interleaved(program.nodes, self.groups)
        return Updated(replace(program, nodes=nodes), after, self.fills)

    def _close(self) -> None:
        """What was emitted since the last time belongs together."""
        self.groups.append(self.emitter.made[sum(map(len, self.groups)) :])

    def _one(self, name: str, gradient: str, shared: Pace) -> Mapping[str, str]:
        """One weight's next value and those of its optimizer state."""
        emitter, training, weight = self.emitter, self.training, name
        if self.weights[name].role == "weight":
            if training.l2:
                gradient = with_l2(emitter, gradient, name, training.l2)
            if training.weight_decay:
                weight = decayed(emitter, name, self.rate, training.weight_decay)
        fills = slots(training.optimizer)
        state = {slot: f"{name}/{slot}" for slot in fills}
        self.fills |= {state[slot]: fill for slot, fill in fills.items()}
        next_ = update(self._when_read(name, shared), emitter, weight, gradient, state)
        return {name: next_.weight, **{state[slot]: made for slot, made in next_.slots.items()}}

    def _when_read(self, name: str, shared: Pace) -> Pace:
        """The scalars of an update, which are there once the old value is read for the last time:
        each times 1, which comes of what was computed from it.
        """
        emit, scalars = self.emitter, shared.scalars
        for reader in self.made.readers[name]:
            flat = emit.node("Reshape", reader, emit.const([-1]))
            first = emit.node("Slice", flat, emit.const([0]), emit.const([1]))
            one = emit.number(emit.node("GreaterOrEqual", first, first))
            scalars = {key: emit.node("Mul", scalar, one) for key, scalar in scalars.items()}
        return replace(shared, scalars=scalars)


def _interleaved(
    nodes: Sequence[Operator], groups: Sequence[Sequence[Operator]]
) -> tuple[Operator, ...]:
    """The nodes with each group, whole, as soon as what it reads is there: a gradient that has done
    its work takes no memory.
    """
    places = {name: at for at, node in enumerate(nodes) for name in node.output}
    after: dict[int, list[Operator]] = {}
    for group in groups:
        at = max((places.get(name, -1) for node in group for name in node.input), default=-1)
        places |= {name: at for node in group for name in node.output}
        after.setdefault(at, []).extend(group)
    return tuple(
        found
        for at in range(-1, len(nodes))
        for found in (*nodes[max(at, 0) : at + 1], *after.get(at, ()))
    )
