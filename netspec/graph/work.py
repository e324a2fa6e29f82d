"""How much an elaboration has done: a short text may ask for a million layers, or for a million
times nothing.
"""

from __future__ import annotations

from netspec.text.source import Span
from netspec.text.syntax import Call, Item
from netspec.text.walk import terms


class Exhausted(Exception):
    """The steps that an elaboration may take are used up; `span` is where."""

    def __init__(self, most: int, span: Span) -> None:
        super().__init__()
        self.most, self.span = most, span


class Work:
    """A tally of steps: items that are run, passed over or counted, and for each four terms of
    their arguments or tensors that they merge another.  Exhausted beyond `most`.
    """

    def __init__(self, most: int) -> None:
        self.most, self.done = most, 0
        self._calls: dict[int, int] = {}  # by identity: the syntax tree keeps its calls alive

    def step(self, item: Item, count: int = 1) -> None:
        """So many steps at an item."""
        self.done += count
        if self.done > self.most:
            raise Exhausted(self.most, item.span)

    def call(self, call: Call) -> None:
        """The steps of a call: its arguments are evaluated and its branches merged each time."""
        count = self._calls.get(id(call))
        if count is None:
            count = sum(terms(argument.value) for argument in call.arguments)
            count = self._calls[id(call)] = (count + len(call.branches or ())) // 4
        self.step(call, count)
