"""The data before a net sees them: that there is something to tell apart, and something to say."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from netspec.graph import Graph
from netspec.layers import TensorType
from netspec.text.training import Choice
from netspec.train.data import Dataset, batches
from netspec.train.data.dataset import Part, Targets
from netspec.train.sanity.check import Check, listed
from netspec.train.sanity.setting import Setting

#: Samples that are looked at, and at a time.
_SAMPLES, _AT_A_TIME = 128, 32
#: Targets that mean and deviation are of, at most.
_TARGETS = 4096


@dataclass(frozen=True)
class Inputs:
    """The inputs of some samples: the mean and the standard deviation of all their numbers, and
    what is wrong with them, "" for nothing.
    """

    count: int
    mean: float
    deviation: float
    fault: str

    @property
    def scale(self) -> str:
        """In words."""
        return f"mean {self.mean:.3g} and deviation {self.deviation:.3g}"

    @property
    def scaled(self) -> bool:
        """Whether they are about as large as those that initial weights are made for."""
        return max(abs(self.mean), self.deviation) <= 10


def look(known: Dataset) -> Inputs:
    """The inputs of samples evenly apart, as they are learned from but for augmentation."""
    count = min(len(known), _SAMPLES)
    indices = np.arange(count) * len(known) // count
    part = Part(known, indices, known.targets[indices])
    total = squares = 0.0
    first: NDArray[np.float32] | None = None
    alike, seen = count > 1, 0
    for batch in batches(part, _AT_A_TIME, seed=0, epoch=0, shuffle=False, augment=False):
        for at, one in enumerate(batch.x):
            if not np.isfinite(one).all():
                fault = f"sample {indices[seen + at]} holds a number that is not finite"
                return Inputs(count, float("nan"), float("nan"), fault)
        first = batch.x[0] if first is None else first
        alike = alike and bool((batch.x == first).all())
        seen += len(batch.x)
        exact = batch.x.astype(np.float64)
        total, squares = total + float(exact.sum()), squares + float(np.square(exact).sum())
    size = count * max(int(np.prod(known.shape)), 1)
    mean = total / size
    deviation = sqrt(max(squares / size - mean * mean, 0.0))
    fault = "all of them are the same: the net has nothing to tell them apart by" if alike else ""
    return Inputs(count, mean, deviation, fault)


def inputs_check(setting: Setting, inputs: Inputs) -> Check:
    """That inputs are numbers, not all the same, and of a size that a fresh net learns from."""
    known = setting.known
    seen = f"{inputs.count} samples" if inputs.count > 1 else "1 sample"
    text = f"{inputs.scale}, in {seen} of {TensorType(known.shape)}"
    if inputs.fault:
        text = f"{text}; {inputs.fault}" if np.isfinite(inputs.mean) else inputs.fault
    fault = "" if inputs.fault or not setting.fresh else unscaled(setting.graph, inputs)
    return Check("inputs", not (inputs.fault or fault), f"{text}; {fault}" if fault else text)


def unscaled(graph: Graph, inputs: Inputs) -> str:
    """How to bring inputs to a size that initial weights are made for; "" where they are, or where
    all that reads them does it.
    """
    (source,) = graph.inputs
    readers = [node for node in graph.nodes if source in node.inputs]
    if inputs.scaled or all(node.layer.centres for node in readers):
        return ""
    way = "begin with BN: `INPUT -> BN -> ...`"
    if graph.spec.inputs[0].image is not None:
        way = "write `mean` and `std` of the pixels into the spec's `image:`"
    return f"bring them to a mean near 0 and a deviation near 1: {way}"


def targets_check(known: Dataset, loss: Choice) -> Check:
    """That there are samples of all classes, or values that differ and suit the loss."""
    if known.classes:
        return _classes_check(known.targets, known.classes)
    values = known.targets
    low, high = values.min() + 0.0, values.max() + 0.0
    some = values[:: -(-len(values) // _TARGETS)].astype(np.float64)
    text = f"mean {some.mean():.3g} and deviation {some.std():.3g}, {low:.4g} to {high:.4g}"
    fault = unfit(known, loss)
    if not fault and len(values) > 1 and bool((values == values[0]).all()):
        fault = "all are the same: there is nothing to learn"
    return Check("targets", not fault, f"{text}; {fault}" if fault else text)


def unfit(known: Dataset, loss: Choice) -> str:
    """Why the loss cannot take such targets; "" where it can."""
    if known.classes:
        return ""
    values = known.targets
    if not np.isfinite(values).all():
        return "some are not finite"
    if loss.name == "binary-cross-entropy" and (values.min() < 0 or values.max() > 1):
        return "binary cross-entropy takes chances, from 0 to 1"
    if loss.name == "cross-entropy":
        sums = values.sum(axis=1)
        if values.min() < 0 or bool((abs(sums - 1) > 1e-3).any()):
            return "cross-entropy takes chances of classes, which are positive and sum to 1"
    return ""


def _classes_check(labels: Targets, classes: tuple[str, ...]) -> Check:
    counts = np.bincount(labels.reshape(-1), minlength=len(classes))
    of = "samples" if labels.ndim == 1 else "places"
    if lacking := [name for name, count in zip(classes, counts, strict=True) if not count]:
        some = "class" if len(lacking) == 1 else "classes"
        text = f"none of the {of} is of {some} {listed(lacking)}, of {len(classes)} classes"
        return Check("targets", False, f"{text}; what is not shown cannot be learned")
    return Check("targets", True, f"{len(classes)} classes, {_span(counts)} {of} each")


def _span(counts: NDArray[np.int64]) -> str:
    low, high = int(counts.min()), int(counts.max())
    return str(low) if low == high else f"{low} to {high}"
