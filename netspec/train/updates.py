"""The nodes that move weights along their gradients, each where it costs the least memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from netspec.autodiff.backward import Differentiated
from netspec.layers import Weight
from netspec.onnxgen.emit import LayerEmitter
from netspec.onnxgen.program import Operator, Program
from netspec.text.training import Training
from netspec.train.clipping import clipped
from netspec.train.optimizers import Pace, decayed, pace, slots, update, with_l2
from netspec.train.scaling import all_finite, kept_unless, unscaled


@dataclass(frozen=True)
class Updated:
    """A program with updates: the names of the next values by state (weights, what the optimizer
    remembers of them, running statistics), what the optimizer's start from, and the name of a
    scalar that is 1 where gradients are finite, else 0; "" where nobody asks.
    """

    program: Program
    after: Mapping[str, str]
    fills: Mapping[str, float]
    finite: str


def with_updates(
    made: Differentiated,
    training: Training,
    weights: Mapping[str, Weight],
    *,
    rate: str,
    step: str,
    scale: str = "",
) -> Updated:
    """The program with nodes that make the next value of each weight that has a gradient.

    `rate`, `step` and `scale` are the names of scalars; gradients are those of the loss times
    `scale`, and where one of them is not finite all next values are the old ones. Only tensors of
    the role "weight" shrink by decay and L2.
    """
    return _Updates(made, training, weights, rate, scale).run(step)


class _Updates:
    def __init__(
        self,
        made: Differentiated,
        training: Training,
        weights: Mapping[str, Weight],
        rate: str,
        scale: str,
    ) -> None:
        self.training, self.made, self.weights = training, made, weights
        self.rate, self.scale, self.finite = rate, scale, ""
        self.emitter = LayerEmitter("train", made.program.target.opset, scope="train/update")
        self.closed = 0
        self.fills: dict[str, float] = {}
        self.groups: list[list[Operator]] = []

    def run(self, step: str) -> Updated:
        shared = pace(self.training.optimizer, self.emitter, rate=self.rate, step=step)
        self._close()
        found = self._unscaled() if self.scale else dict(self.made.found)
        if self.training.clip is not None:
            all_ = clipped(self.emitter, list(found.values()), self.training.clip)
            found = dict(zip(found, all_, strict=True))
            self._close()
        program = self.made.program
        after = self._kept_unless(program.after)
        for name, gradient in found.items():
            after |= self._one(name, gradient, shared)
            self._close()
        finite = self.emitter.number(self.finite) if self.finite else ""
        self._close()
        nodes = interleaved(program.nodes, self.groups)
        exact = program.exact.union(node.name for node in self.emitter.made)
        program = replace(program, nodes=nodes, exact=exact)
        return Updated(program, after, self.fills, finite)

    def _close(self) -> None:
        """What was emitted since the last time belongs together."""
        self.groups.append(self.emitter.made[self.closed :])
        self.closed = len(self.emitter.made)

    def _unscaled(self) -> dict[str, str]:
        """The gradients by weight; what says whether they are finite is emitted besides."""
        found, squares = {}, []
        for name, gradient in self.made.found.items():
            found[name], square = unscaled(self.emitter, gradient, self.scale)
            squares.append(square)
            self._close()
        self.finite = all_finite(self.emitter, squares)
        self._close()
        return found

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
        after = {name: next_.weight, **{state[slot]: made for slot, made in next_.slots.items()}}
        return self._kept_unless(after)

    def _kept_unless(self, after: Mapping[str, str]) -> dict[str, str]:
        """Next values by state, which are the old ones where gradients are not finite."""
        return kept_unless(self.emitter, self.finite, after) if self.finite else dict(after)

    def _when_read(self, name: str, shared: Pace) -> Pace:
        """The scalars of an update, which are there once the old value is read for the last time:
        each times 1, which comes of what was computed from it.
        """
        emit, scalars = self.emitter, shared.scalars
        read = LayerEmitter("train", emit.opset, scope=f"train/read/{name}")
        for reader in self.made.readers[name]:
            flat = read.node("Reshape", reader, read.const([-1]))
            first = read.node("Slice", flat, read.const([0]), read.const([1]))
            one = read.number(read.node("GreaterOrEqual", first, first))
            scalars = {key: emit.node("Mul", scalar, one) for key, scalar in scalars.items()}
        self.groups.append(read.made)
        return replace(shared, scalars=scalars)


def interleaved(
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
