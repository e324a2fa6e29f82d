"""Graph -> one step of training as a program: forward, loss, backward, update.

All that changes is an input and an output of it: a tensor of state is read by its name, and its
next value is the output of that name and `NEXT`, which may take the same memory: no update is
computed before all that reads the old value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from netspec.autodiff.backward import gradients
from netspec.autodiff.simplified import simplified
from netspec.graph.graph import Graph
from netspec.layers import TensorType, Value, Weight
from netspec.onnxgen.emit import INFERENCE, LayerEmitter, Mode, emit
from netspec.onnxgen.half import in_half
from netspec.onnxgen.program import Program, operator
from netspec.onnxgen.target import DEFAULT, Target
from netspec.text.training import Choice, Training
from netspec.train.early import with_early_masks
from netspec.train.losses import Lost, add_loss, scored_layer
from netspec.train.precision import scales, target_of
from netspec.train.updates import with_updates

#: The inputs of a step besides those of the net and the state, and what it answers. Layers have no
#: such names.
TARGET, RATE, STEP, SCALE = "train/target", "train/rate", "train/step", "train/scale"
LOSS, RIGHT, SAID, FINITE = "train/loss", "train/right", "train/said", "train/finite"
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
    wanted = [name for name, _ in learned(graph, frozen)]
    scale = SCALE if scales(training.precision) else ""
    forward, loss = with_loss(objective, mode, target_of(training.precision), scale)
    made = gradients(forward, objective.scores, loss.gradient, wanted, mode)
    weights = dict(learned(graph, frozen))
    updated = with_updates(made, training, weights, rate=RATE, step=STEP, scale=scale)
    named = {LOSS: loss.loss, RIGHT: loss.right, FINITE: updated.finite}
    answers = {name: node for name, node in named.items() if node}
    answers |= {name + NEXT: node for name, node in updated.after.items()}
    shapes = {name: weight.shape for name, weight in graph.all_weights()}
    shapes |= {name: shapes[name.partition("/")[0]] for name in updated.fills}
    scalars = (RATE, STEP, *filter(None, [scale]))
    program = with_state(updated.program, objective, answers, shapes, scalars)
    return Step(with_early_masks(program, LOSS), shapes, updated.fills)


def evaluation(objective: Objective) -> Program:
    """The program that answers the loss, how many samples are right, and what class is said of
    each, at inference; weights are inputs.
    """
    graph = objective.graph
    forward, loss = with_loss(objective, INFERENCE)
    emitter = LayerEmitter("train", DEFAULT.opset, scope="train/evaluation")
    answers = {LOSS: loss.loss}
    if loss.right:
        answers[RIGHT] = loss.right
        answers[SAID] = _said(objective, emitter)
    program = replace(forward, nodes=(*forward.nodes, *emitter.made))
    shapes = {name: weight.shape for name, weight in graph.all_weights()}
    return with_state(program, objective, answers, shapes, ())


def _said(objective: Objective, emitter: LayerEmitter) -> str:
    """The class of the largest score; of a single one, 1 where it is above 0."""
    scores = objective.scores
    if objective.graph.by_name[scores].type.channels > 1:
        return emitter.node("ArgMax", scores, axis=1, keepdims=0)
    above = emitter.node("Greater", scores, emitter.const(0.0))
    one = emitter.node("Squeeze", above, emitter.const([1]))
    return emitter.node("CastLike", one, emitter.const([1]))


def with_loss(
    objective: Objective, mode: Mode, target: Target = DEFAULT, scale: str = ""
) -> tuple[Program, Lost]:
    """The forward program and the loss of its scores, for the input TARGET; its gradient times
    `scale`, the name of a scalar, if there is one.
    """
    graph = objective.graph
    forward = emit(graph, target, mode=mode)
    emitter = LayerEmitter("train", target.opset, scope="train")
    scores = Value(objective.scores, graph.by_name[objective.scores].type)
    loss = add_loss(objective.loss, scores, TARGET, emitter, labels=objective.labels)
    if scale:
        loss = loss._replace(gradient=emitter.node("Mul", loss.gradient, scale))
    exact = forward.exact.union(node.name for node in emitter.made)
    return replace(forward, nodes=(*forward.nodes, *emitter.made), exact=exact), loss


def learned(graph: Graph, frozen: frozenset[str]) -> list[tuple[str, Weight]]:
    """The tensors that training changes, by name."""
    return [
        (f"{node.name}.{name}", weight)
        for node in graph.nodes
        if node.name not in frozen
        for name, weight in graph.weights(node).items()
        if weight.learned
    ]


def with_state(
    program: Program,
    objective: Objective,
    answers: Mapping[str, str],
    shapes: Mapping[str, tuple[int, ...]],
    scalars: Sequence[str],
) -> Program:
    """The program, narrowed to its target's type, with its state, of these shapes, and scalars as
    inputs, and the answers, by the nodes that make them, as outputs: scalars, but for SAID and next
    values.
    """
    copies = tuple(operator("Identity", [node], name) for name, node in answers.items())
    _, *places = objective.graph.by_name[objective.scores].type.shape
    types = {**program.types, **dict.fromkeys((*scalars, *answers), TensorType(()))}
    types |= {name: TensorType(shape) for name, shape in shapes.items()}
    types |= {TARGET: objective.target, SAID: TensorType(tuple(places))}
    types |= {name: types[name.removesuffix(NEXT)] for name in answers if name.endswith(NEXT)}
    whole = frozenset((*shapes, *scalars, *answers)) - {SAID}
    made = simplified(
        replace(
            program,
            nodes=(*program.nodes, *copies),
            tensors={},
            types=types,
            dtypes={SAID: "int64"} | ({TARGET: "int64"} if objective.labels else {}),
            inputs=(*program.inputs, TARGET, *scalars, *shapes),
            outputs=tuple(answers),
            whole=whole,
        )
    )
    return in_half(made)
