"""The samples of a run: those that are learned from, held out, and tested on."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from netspec.graph.graph import Graph
from netspec.machine.errors import UnusableError
from netspec.text.printable import printable
from netspec.text.training import LOSSES, Choice, DataPath, Training, chosen
from netspec.train.data import Dataset, open_data, split
from netspec.train.data.dataset import Targets
from netspec.train.data.opening import is_table
from netspec.train.losses import default_loss

#: Classes that are named one by one.
_NAMED = 10


@dataclass(frozen=True, eq=False)
class Samples:
    """What a net learns from, `held` for validation, and `test`ed on; and the loss that suits them.

    `labels`: their targets are the numbers of classes; `one_hot`: that is what decides the loss.
    """

    known: Dataset
    held: Dataset | None
    test: Dataset | None
    loss: Choice
    labels: bool
    one_hot: bool = False

    @property
    def unseen(self) -> tuple[str, ...]:
        """The classes of which there is no sample to learn from."""
        found = set(np.unique(self.known.targets).tolist()) if self.labels else ()
        return tuple(name for at, name in enumerate(self.known.classes) if at not in found)


def open_samples(
    graph: Graph, training: Training, tell: Callable[[str], object] = warnings.warn
) -> Samples:
    """The samples that the settings name.  Sets that name no target have that of `data`.

    `tell` is told of files that are left out, and of classes without a sample. UnusableError where
    there are no samples, or they fit neither the net nor each other.
    """
    if training.data is None:
        raise UnusableError(
            "there is nothing to learn from",
            help="--data names the samples, or `train: {data: ...}` in the spec",
        )
    known = open_data(training.data, graph, training.augment, loss=training.loss, tell=tell)
    loss = training.loss or default_loss(graph, bool(known.classes))
    one_hot = training.loss is None and loss.name == "squared-error" and _one_hot(known.targets)
    if one_hot:
        loss = chosen(LOSSES, "cross-entropy")

    def other(path: DataPath | None) -> Dataset | None:
        if path is None or training.data is None:
            return None
        if is_table(path.path):
            path = replace(path, target=path.target or training.data.target)
        found = open_data(path, graph, (), loss=loss, tell=tell)
        _refuse_other_classes(path, found, known)
        return found

    held, test = other(training.validation), other(training.test)
    if held is None and training.split:
        known, held = _split(known, training, tell)
    samples = Samples(known, held, test, loss, bool(known.classes), one_hot)
    if unseen := samples.unseen:
        tell(f"no sample to learn from is of class {_named(unseen)}")
    return samples


def labelled(graph: Graph, classes: Sequence[str]) -> Graph:
    """The net with the names of the classes as its labels, unless it has some, or the names are the
    numbers that stand for them without labels too.
    """
    if graph.spec.labels or list(classes) == [str(at) for at in range(len(classes))]:
        return graph
    return replace(graph, spec=replace(graph.spec, labels=tuple(classes)))


def _named(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
    return ", ".join(printable(name) for name in names[:_NAMED]) + more


def _one_hot(targets: Targets) -> bool:
    """Whether values are 1 for one of several channels and 0 for the others, at all places."""
    if targets.dtype.kind != "f" or targets.shape[1] == 1:
        return False
    return bool(((targets == 0) | (targets == 1)).all() and (targets.sum(axis=1) == 1).all())


def _split(
    known: Dataset, training: Training, tell: Callable[[str], object]
) -> tuple[Dataset, Dataset]:
    if known.classes and known.targets.ndim == 1:
        counts = np.bincount(known.targets, minlength=len(known.classes))
        if alone := [known.classes[at] for at in np.flatnonzero(counts == 1)]:
            tell(f"one sample alone is of class {_named(alone)}: it is learned from, not held out")
    learned, held = split(known, training.split, training.seed)
    if not len(held):
        raise UnusableError(
            f"a split of {training.split:g} holds out none of {len(known):,} samples",
            help="hold out a larger part, or name other `validation` data",
        )
    return learned, held


def _refuse_other_classes(path: DataPath, found: Dataset, known: Dataset) -> None:
    """UnusableError where targets mean something else than those that are learned."""
    shown = printable(str(path.path))
    if bool(found.classes) != bool(known.classes):
        kinds = ("values", "classes")
        raise UnusableError(
            f"{shown}: its targets are {kinds[bool(found.classes)]}; "
            f"those that are learned are {kinds[bool(known.classes)]}"
        )
    for at, (name, other) in enumerate(zip(known.classes, found.classes, strict=True)):
        if name != other:
            raise UnusableError(
                f"{shown}: its class {at} is {printable(other)}; "
                f"of the samples that are learned from it is {printable(name)}",
                help="list the classes as the spec's `output: labels`",
            )
