"""Numbers of a file -> targets of a net: class numbers, or values of the output's shape."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import prod
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from netspec.graph import Graph
from netspec.layers import TensorType
from netspec.machine.errors import UnusableError
from netspec.text.printable import printable
from netspec.text.training import Choice
from netspec.train.data.dataset import Targets
from netspec.train.losses import default_loss

#: Elements that are looked at together.
_BLOCK = 1 << 22

#: The indices of an element.
Place: TypeAlias = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Answer:
    """What a net is to answer: the shape of its main output, the labels that its spec has for the
    classes, what is made small (None for what suits the targets), and whether values are chances,
    each of a question of its own.
    """

    shape: tuple[int, ...]
    labels: tuple[str, ...]
    loss: Choice | None
    odds: bool

    @staticmethod
    def of(graph: Graph, loss: Choice | None) -> Answer:
        """That of a graph."""
        main = graph.by_name[graph.outputs["output"]]
        values = loss or default_loss(graph, labels=False)
        odds = values.name == "binary-cross-entropy"
        return Answer(main.type.shape, graph.spec.labels, loss, odds)

    @property
    def count(self) -> int:
        """How many classes can be told apart: one for each channel, two by a single one."""
        return max(self.shape[0], 2)

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes: the spec's labels, else their numbers."""
        named = len(self.labels) == self.count
        return self.labels if named else tuple(map(str, range(self.count)))


def _index(place: Place) -> str:
    return f"[{', '.join(map(str, place))}]"


def read_targets(
    y: NDArray[Any], answer: Answer, what: str, at: Callable[[Place], str] = _index
) -> tuple[Targets, tuple[str, ...]]:
    """The targets and the names of the classes, () for values.

    For a net that answers (K, *spatial), whole numbers (N, *spatial) are classes, and all of
    (N, K, *spatial) are values. Where K is 1 the two are alike, and whole numbers are classes if
    the loss is binary cross-entropy, or None and all are 0 or 1. `what` names the array and `at`
    what is at a place of it. UnusableError where it has another shape, a number that is not finite,
    one of no class, or for binary cross-entropy one that is no chance.
    """
    if _are_labels(y, answer):
        return _labels(y, answer, what, at), answer.classes
    return _values(y, answer, what, at), ()


def refuse_not_finite(values: NDArray[Any], what: str) -> None:
    """UnusableError, naming the sample, where float32 cannot hold a number."""
    if values.dtype.kind != "f":
        return
    for start, part in _parts(values):
        with np.errstate(over="ignore"):
            wrong = np.argwhere(~np.isfinite(part.astype(np.float32, copy=False)))
        if len(wrong):
            number = part[tuple(wrong[0])]
            large = bool(np.isfinite(number))
            fault = ", which is too large for float32" if large else "; numbers are finite"
            raise UnusableError(f"{what}[{start + wrong[0][0]}] holds {number}{fault}")


def _are_labels(y: NDArray[Any], answer: Answer) -> bool:
    if y.dtype.kind not in "iub":
        return False
    if answer.shape[0] > 1:
        return y.shape[1:] != answer.shape
    if answer.loss is None:
        return all(bool(((part == 0) | (part == 1)).all()) for _, part in _parts(y))
    return "cross-entropy" in answer.loss.name


def _labels(
    y: NDArray[Any], answer: Answer, what: str, at: Callable[[Place], str]
) -> NDArray[np.int64]:
    shaped = _shaped(y, answer, answer.shape[1:], what)
    for start, part in _parts(y):
        wrong = np.argwhere((part < 0) | (part >= answer.count))
        if len(wrong):
            first, *rest = map(int, wrong[0])
            raise UnusableError(
                f"{what}{at((start + first, *rest))} is {part[first, *rest]}; "
                f"the net's {answer.count} classes are 0 to {answer.count - 1}",
                help="classes count from 0; for more of them the net's last layer has to end with "
                "as many",
            )
    return np.ascontiguousarray(shaped, np.int64)


def _values(
    y: NDArray[Any], answer: Answer, what: str, at: Callable[[Place], str]
) -> NDArray[np.float32]:
    shaped = _shaped(y, answer, answer.shape, what)
    refuse_not_finite(y, what)
    for start, part in _parts(y) if answer.odds else ():
        wrong = np.argwhere((part < 0) | (part > 1))
        if len(wrong):
            first, *rest = map(int, wrong[0])
            raise UnusableError(
                f"{what}{at((start + first, *rest))} is {part[first, *rest]}; "
                "binary cross-entropy takes chances, from 0 to 1",
                help="two classes are the integers 0 and 1; for other values the net must not end "
                "with SIGMOID, or `loss: squared-error`",
            )
    return np.ascontiguousarray(shaped, np.float32)


def _shaped(y: NDArray[Any], answer: Answer, shape: tuple[int, ...], what: str) -> NDArray[Any]:
    """As (N, *shape); axes of one more or less make no difference."""
    if _sides(y.shape[1:]) == _sides(shape):
        return y.reshape(len(y), *shape)
    classes = "x".join(map(str, ("N", *answer.shape[1:])))
    found = "x".join(map(str, y.shape))
    kind = TensorType(answer.shape)
    raise UnusableError(
        f"{what} is {found} of {printable(y.dtype.name)}; the net answers {kind}",
        help=f"targets are class numbers {classes}, which are integers, or values Nx{kind}",
    )


def _sides(shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(side for side in shape if side != 1)


def _parts(values: NDArray[Any]) -> Iterator[tuple[int, NDArray[Any]]]:
    """Samples from a place on, so many that little memory is taken by what is made of them."""
    rows = max(_BLOCK // max(prod(values.shape[1:]), 1), 1)
    for start in range(0, len(values), rows):
        yield start, values[start : start + rows]
