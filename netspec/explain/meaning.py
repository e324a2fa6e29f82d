"""What the scores of a net mean: classes with names, or a value."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from netspec.explain.maps import Array
from netspec.graph.graph import Graph
from netspec.graph.outputs import is_one_chance
from netspec.machine.errors import UnusableError
from netspec.runtime.ranking import softmax
from netspec.text.nearest import did_you_mean, nearest
from netspec.text.printable import printable

#: Digits of a class's number that are read, and labels that are named where none is meant.
_DIGITS, _NAMED = 10, 5


@dataclass(frozen=True)
class Meaning:
    """So many scores before a closing SOFTMAX, LOGSOFTMAX or SIGMOID, whose classes have `names`,
    the first ones at least.

    They make probabilities where the net is `logistic`, of each class by itself, or has several; a
    single score without SIGMOID is a value. `one_chance`: the only score is that of the second of
    two classes.
    """

    count: int
    names: tuple[str, ...]
    logistic: bool
    one_chance: bool

    @classmethod
    def of(cls, graph: Graph, count: int) -> Meaning:
        """That of the scores of a graph's main output."""
        last, labels = graph.by_name[graph.outputs["output"]], tuple(graph.spec.labels)
        one_chance = is_one_chance(graph.spec, last)
        names = labels[1:] if one_chance else labels[:count]
        return cls(count, names, last.layer.logistic, one_chance)

    @property
    def probable(self) -> bool:
        """Whether the scores make probabilities."""
        return self.logistic or self.count > 1

    @property
    def exclusive(self) -> bool:
        """Whether one class wins over the others."""
        return self.count > 1 and not self.logistic

    def probabilities(self, scores: Array) -> Array:
        """Scores as probabilities, where they make some: (N, count) -> (N, count)."""
        wide = scores.astype(np.float64)
        if self.logistic:
            wide = 0.5 * (1 + np.tanh(wide / 2))
        elif self.probable:
            wide = softmax(wide)
        return wide.astype(np.float32)

    def label(self, number: int) -> str:
        """What a class is called: its number where it has no name, both where another one has the
        name too, and nothing where there is but a value.
        """
        if number < len(self.names):
            name = self.names[number]
            return name if self.names.count(name) == 1 else f"{name} ({number})"
        return str(int(self.one_chance) + number) if self.probable else ""

    def number(self, name: str) -> int:
        """The number of a class, by its label or its number; UnusableError where there is none."""
        called = [
            number for number, label in enumerate(self.names) if name in (label, self.label(number))
        ]
        if len(called) > 1:
            raise UnusableError(
                f"{len(called)} classes are called `{printable(name)}`",
                help=f"say which: {', '.join(printable(self.label(at)) for at in called)}",
            )
        if called:
            return called[0]
        figures, first = name.removeprefix("-"), int(self.one_chance)
        counted = figures.isascii() and figures.isdecimal()
        if counted and len(name) < _DIGITS and 0 <= int(name) - first < self.count:
            return int(name) - first
        raise self._unknown(name, counted=counted)

    def check(self, number: int) -> None:
        """UnusableError where there is no class of this number."""
        if not 0 <= number < self.count:
            raise self._unknown(str(number), counted=True)

    def _unknown(self, name: str, *, counted: bool) -> UnusableError:
        shown = printable(name)
        if self.one_chance:
            return UnusableError(
                f"no score of a class `{shown}`: the net gives one, that of `{self.label(0)}`"
            )
        words = f"give a number from 0 to {self.count - 1}" + " or a label" * bool(self.names)
        if "," in name:
            words = "say --class for each of several"
        elif self.names and not counted:
            labels = dict.fromkeys(self.names)
            within = [label for label in labels if name.lower() in label.lower()][:_NAMED]
            if within and nearest(name, self.names) is None:
                words = f"there are: {', '.join(map(printable, within))}"
            else:
                words = did_you_mean(name, self.names) or words
        return UnusableError(f"no class `{shown}`; there are {self.count}", help=words)
