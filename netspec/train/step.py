"""Graph -> one step of training as a program: forward, loss, backward, update.

All that changes is an input and an output of it: a tensor of state is read by its name, and its
next value is the output of that name and `NEXT`, which may take the same memory: no update is
computed before all that reads the old value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from netspec.autodiff.backward import Differentiated, gradients
from netspec.autodiff.simplified import simplified
from netspec.graph.graph import Graph
from netspec.layers import TensorType, Value, Weight
from netspec.onnxgen.emit import LayerEmitter, Mode, emit
from netspec.onnxgen.program import Operator, Program, operator
from netspec.onnxgen.target import DEFAULT
from netspec.text.training import Choice, Training
from netspec.train.clipping import clipped
from netspec.train.losses import add_loss, scored_layer
from netspec.train.optimizers import Pace, decayed, pace, slots, update, with_l2

#: The inputs of a step besides those of the net and the state, and what it answers. Layers have no
#: such names.
TARGET, RATE, STEP = "train/target", "train/rate", "train/step"
LOSS, RIGHT, SAID = "train/loss", "train/right", "train/said"
NEXT = "/next"


@dataclass(frozen=True)
class Objective:
    """What is learned: the loss at the main output, for targets that are the numbers of classes
    (`labels`) or values.
    """

    graph: Graph
    loss: Choice
    labels: bool

    @property
    def scores(self) -> str:
        """The layer at which the loss is taken."""
        return scored_layer(self.graph, self.loss)

    @property
    def target(self) -> TensorType:
        """The target of a sample."""
        kind = self.graph.by_name[self.scores].type
        return TensorType(kind.shape[1:]) if self.labels else kind


@dataclass(frozen=True)
class Step:
    """A step's program, and the state that it reads and changes: the shapes of all tensors by name,
    and what the optimizer's start from.
    """

    program: Program
    shapes: Mapping[str, tuple[int, ...]]
    fills: Mapping[str, float]


def training_step(
    objective: Objective, training: Training, frozen: frozenset[str] = frozenset(), seed: int = 0
) -> Step:
    """The program of a step.

    `frozen` names layers that are not trained: they compute as at inference, and their weights are
    state that stays. `seed` is that of the noise.
    """
    graph = objective.graph
    mode = Mode(frozenset(graph.by_name) - frozen, seed)
    wanted = [name for name, weight in _learned(graph, frozen)]
    forward = emit(graph, DEFAULT, mode=mode)
    lost = LayerEmitter("train", DEFAULT.opset, scope="train")
    scores = Value(objective.scores, graph.by_name[objective.scores].type)
    loss = add_loss(objective.loss, scores, TARGET, lost, labels=objective.labels)
    forward = replace(forward, nodes=(*forward.nodes, *lost.made))
    made = gradients(forward, objective.scores, loss.gradient, wanted, mode)
    updates = _Updates(training, made, dict(_learned(graph, frozen)))
    after = updates.run()
    named = {LOSS: loss.loss, RIGHT: loss.right}
    answers = {name: node for name, node in named.items() if node}
    answers |= {name + NEXT: node for name, node in {**forward.after, **after}.items()}
    program = replace(made.program, nodes=(*made.program.nodes, *updates.nodes))
    shapes = {name: weight.shape for name, weight in graph.all_weights()}
    shapes |= {name: shapes[name.partition("/")[0]] for name in updates.fills}
    return Step(_program(program, objective, answers, shapes, (RATE, STEP)), shapes, updates.fills)


def evaluation(objective: Objective) -> Program:
    """The program that answers the loss, how many samples are right, and what class is said of
    each, at inference; weights are inputs.
    """
    graph = objective.graph
    emitter = LayerEmitter("train", DEFAULT.opset, scope="train")
    scores = Value(objective.scores, graph.by_name[objective.scores].type)
    loss = add_loss(objective.loss, scores, TARGET, emitter, labels=objective.labels)
    answers = {LOSS: loss.loss}
    if loss.right:
        answers[RIGHT] = loss.right
        answers[SAID] = emitter.node("ArgMax", scores.name, axis=1, keepdims=0)
    forward = emit(graph, DEFAULT)
    program = replace(forward, nodes=(*forward.nodes, *emitter.made))
    shapes = {name: weight.shape for name, weight in graph.all_weights()}
    return _program(program, objective, answers, shapes, ())


def _learned(graph: Graph, frozen: frozenset[str]) -> list[tuple[str, Weight]]:
    return [
        (f"{node.name}.{name}", weight)
        for node in graph.nodes
        if node.name not in frozen
        for name, weight in graph.weights(node).items()
        if weight.learned
    ]


class _Updates:
    """The nodes that move weights along their gradients."""

    def __init__(
        self, training: Training, made: Differentiated, weights: Mapping[str, Weight]
    ) -> None:
        self.training, self.made, self.weights = training, made, weights
        self.emitter = LayerEmitter("train", DEFAULT.opset, scope="train/update")
        self.fills: dict[str, float] = {}

    @property
    def nodes(self) -> list[Operator]:
        return self.emitter.made

    def run(self) -> Mapping[str, str]:
        """The names of the next values, by state."""
        shared = pace(self.training.optimizer, self.emitter, rate=RATE, step=STEP)
        found = dict(self.made.found)
        if self.training.clip is not None:
            all_ = clipped(self.emitter, list(found.values()), self.training.clip)
            found = dict(zip(found, all_, strict=True))
        after: dict[str, str] = {}
        for name, gradient in found.items():
            after |= self._one(name, gradient, shared)
        return after

    def _one(self, name: str, gradient: str, shared: Pace) -> Mapping[str, str]:
        """One weight's next value and those of its optimizer state."""
        emitter, training, weight = self.emitter, self.training, name
        if self.weights[name].role == "weight":
            if training.l2:
                gradient = with_l2(emitter, gradient, name, training.l2)
            if training.weight_decay:
                weight = decayed(emitter, name, RATE, training.weight_decay)
        fills = slots(training.optimizer)
        state = {slot: f"{name}/{slot}" for slot in fills}
        self.fills |= {state[slot]: fill for slot, fill in fills.items()}
        next_ = update(self._when_read(name, shared), emitter, weight, gradient, state)
        return {name: next_.weight, **{state[slot]: made for slot, made in next_.slots.items()}}

    def _when_read(self, name: str, shared: Pace) -> Pace:
        """The scalars of an update, which are there once the old value is read for the last time:
        each times 1, which comes of the size of what was computed from it.
        """
        readers = self.made.readers[name]
        if not readers:
            return shared
        emit = self.emitter
        scalars = shared.scalars
        for reader in readers:
            one = emit.node("Sign", emit.node("Size", reader))
            scalars = {
                key: emit.node("Mul", scalar, emit.node("CastLike", one, scalar))
                for key, scalar in scalars.items()
            }
        return replace(shared, scalars=scalars)


def _program(
    program: Program,
    objective: Objective,
    answers: Mapping[str, str],
    shapes: Mapping[str, tuple[int, ...]],
    scalars: Sequence[str],
) -> Program:
    """The program with its state and scalars as inputs, and the answers as outputs."""
    copies = tuple(operator("Identity", [node], name) for name, node in answers.items())
    _, *places = objective.graph.by_name[objective.scores].type.shape
    types = {**program.types, TARGET: objective.target, SAID: TensorType(tuple(places))}
    types |= {name: TensorType(shape) for name, shape in shapes.items()}
    types |= dict.fromkeys((*scalars, LOSS, RIGHT), TensorType(()))
    types |= {name: types[name.removesuffix(NEXT)] for name in answers if name.endswith(NEXT)}
    whole = frozenset((*shapes, *scalars, *answers)) - {SAID}
    return simplified(
        replace(
            program,
            nodes=(*program.nodes, *copies),
            tensors={},
            types=types,
            dtypes={SAID: "int64"} | ({TARGET: "int64"} if objective.labels else {}),
            inputs=(*program.inputs, TARGET, *scalars, *shapes),
            outputs=tuple(answers),
            exact=frozenset(),
            whole=whole,
        )
    )
