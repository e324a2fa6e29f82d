"""What is made small: the loss of a batch, its gradient, and how many samples are right.

Each loss reads scores, the net's result before a closing SOFTMAX, LOGSOFTMAX or SIGMOID, so that it
stays exact where chances are 0 or 1 to all digits. The mean over the batch is one over its
positions too where scores are maps: `(N, C, H, W)` are N*H*W answers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import NamedTuple, TypeAlias

from netspec.graph.graph import Graph
from netspec.layers.emitter import Emitter, Value
from netspec.machine.errors import UnusableError
from netspec.text.training import LOSSES, Choice, chosen
from netspec.train.terms import Term


class Lost(NamedTuple):
    """ONNX names: the loss, a scalar; its gradient with respect to the scores; how many samples are
    right, a float32 scalar, "" where there is no right or wrong.
    """

    loss: str
    gradient: str
    right: str


def default_loss(graph: Graph, labels: bool) -> Choice:
    """The loss that suits a net and its targets: the one that its closing SOFTMAX, LOGSOFTMAX or
    SIGMOID is made for. Without one, of class numbers cross-entropy, or binary cross-entropy where
    there is one output; of values the squared error.
    """
    last = graph.by_name[graph.outputs["output"]]
    if last.layer.logistic or (labels and last.type.channels == 1):
        return chosen(LOSSES, "binary-cross-entropy")
    if labels or last.layer.chances():
        return chosen(LOSSES, "cross-entropy")
    return chosen(LOSSES, "squared-error")


def scored_layer(graph: Graph, loss: Choice, output: str = "output") -> str:
    """The layer whose result are the scores that a loss reads: that of an output, or the one before
    it where that is the SOFTMAX, LOGSOFTMAX or SIGMOID that the loss itself computes.
    """
    last = graph.by_name[graph.outputs[output]]
    inside = {
        "cross-entropy": last.layer.chances(),
        "binary-cross-entropy": last.layer.logistic,
    }
    return last.inputs[0] if inside.get(loss.name, False) else last.name


def add_loss(loss: Choice, scores: Value, target: str, emit: Emitter, *, labels: bool) -> Lost:
    """Emit a loss of scores (N, C) or (N, C, *spatial), its gradient, and the count of right
    samples; of maps each sample counts by the share of its right positions.

    A target of `labels` is int64 class numbers, (N) or (N, *spatial), which are not checked; for
    all losses but cross-entropy they stand for 1 at the class and 0 elsewhere, or where C is 1 for
    the number itself. Other targets are float32 of the shape of the scores: distributions over C
    for cross-entropy, chances for binary cross-entropy, else values.

    UnusableError for cross-entropy where C is 1.
    """
    shape = scores.type.shape
    if loss.name == "cross-entropy" and shape[0] == 1:
        raise UnusableError(
            "cross-entropy compares classes, and the net has one output",
            help="`loss: binary-cross-entropy` asks whether it is so or not",
        )
    wanted = [1, *shape[1:]] if labels else shape
    like = Term(target, emit).op("Reshape", [0, *wanted])
    question = _Question(Term(scores.name, emit), like, shape, labels=labels)
    mean, gradient = _RULES[loss.name](question, loss)
    right = _right(question, loss)
    return Lost(mean.name, gradient.name, right.name if right else "")


@dataclass(frozen=True)
class _Question:
    """Scores and what they should be: class numbers with an axis of 1 for the channels, or numbers
    of the scores' shape.
    """

    scores: Term
    target: Term
    shape: tuple[int, ...]
    labels: bool

    @property
    def classes(self) -> int:
        return self.shape[0]

    @property
    def positions(self) -> int:
        return prod(self.shape[1:])

    @cached_property
    def each(self) -> Term:
        """The part that a position has in the mean over all positions.

        Counted on the device: a shape is known to the processor, which would copy it there.
        """
        there = self.target.op("GreaterOrEqual", self.target).number()
        channels = 1.0 if self.labels else float(self.classes)
        return channels / there.op("ReduceSum", keepdims=0)

    @cached_property
    def values(self) -> Term:
        """The target as numbers of the scores' shape."""
        if not self.labels:
            return self.target
        if self.classes == 1:
            return self.target.number()
        return self.chosen(1.0, 0.0)

    def chosen(self, there: float, elsewhere: float) -> Term:
        """One number at the class that is labelled, another at the others."""
        emit = self.scores.emit
        numbers = Term(emit.const(range(self.classes)), emit)
        along = numbers.op("Reshape", [self.classes, *[1] * (len(self.shape) - 1)])
        return _same(along, self.target).op("Where", there, elsewhere)


def _same(one: Term, other: Term) -> Term:
    """Whether whole numbers are equal.  Not by Equal, of which ONNX Runtime has no CUDA kernel for
    opset 21 in many versions (its issue 27729): scores would go to the processor and back.
    """
    return one.op("GreaterOrEqual", other).op("And", one.op("LessOrEqual", other))


#: The mean loss and its gradient.
_Answer: TypeAlias = tuple[Term, Term]


def _cross_entropy(at: _Question, loss: Choice) -> _Answer:
    """-sum of target * log softmax(scores); of smoothed targets, (1 - s) * target + s / C.

    Source: Szegedy et al. 2016, "Rethinking the Inception architecture", section 7.
    """
    logs = at.scores.op("LogSoftmax", axis=1)
    chances = logs.op("Exp")
    spread = loss["smoothing"] / at.classes
    kept = 1 - loss["smoothing"]
    if not at.labels:
        target = kept * at.target + spread if spread else at.target
        mean = (target * logs).op("ReduceMean", keepdims=0) * -at.classes
        total = target.op("ReduceSum", [1], keepdims=1)
        return mean, (chances * total - target) * at.each
    mean = logs.op("GatherElements", at.target, axis=1).op("ReduceMean", keepdims=0) * -kept
    if spread:
        mean = mean - loss["smoothing"] * logs.op("ReduceMean", keepdims=0)
    return mean, (chances - at.chosen(kept + spread, spread)) * at.each


def _binary_cross_entropy(at: _Question, loss: Choice) -> _Answer:
    """-(t * log p + (1 - t) * log(1 - p)) with p = sigmoid(x), which is softplus(x) - t * x."""
    x = at.scores
    mean = (x.op("Softplus") - at.values * x).op("ReduceMean", keepdims=0)
    return mean, (x.op("Sigmoid") - at.values) * (at.each / at.classes)


def _squared_error(at: _Question, loss: Choice) -> _Answer:
    error = at.scores - at.values
    return (error * error).op("ReduceMean", keepdims=0), error * (at.each * (2 / at.classes))


def _sum_squared_error(at: _Question, loss: Choice) -> _Answer:
    mean, gradient = _squared_error(at, loss)
    return mean * prod(at.shape), gradient * prod(at.shape)


_RULES: Mapping[str, Callable[[_Question, Choice], _Answer]] = {
    "cross-entropy": _cross_entropy,
    "squared-error": _squared_error,
    "sum-squared-error": _sum_squared_error,
    "binary-cross-entropy": _binary_cross_entropy,
}


def _right(at: _Question, loss: Choice) -> Term | None:
    """How many samples are right; None where values have no right or wrong.

    By the largest score, or where each output is a question of its own by its sign: a sample is
    right when all are.
    """
    if loss.name == "binary-cross-entropy" and (at.classes == 1 or not at.labels):
        wrong = at.scores.op("Greater", 0.0).op("Xor", at.values.op("Greater", 0.5))
        hit = wrong.number().op("ReduceSum", [1], keepdims=1).op("Less", 0.5)
    elif loss.name == "cross-entropy" or (at.labels and at.classes > 1):
        wanted = at.target if at.labels else at.target.op("ArgMax", axis=1)
        hit = _same(at.scores.op("ArgMax", axis=1), wanted)
    else:
        return None
    return hit.number().op("ReduceSum", keepdims=0) / at.positions
