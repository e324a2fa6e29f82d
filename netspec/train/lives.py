"""When the results of a program take memory, if its nodes run in their order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import NamedTuple

from netspec.onnxgen.extents import Extent
from netspec.onnxgen.program import Operator, Program
from netspec.runtime.bestfit import BestFit
from netspec.runtime.footprint import IN_PLACE, VIEWS, passing_bytes


class Life(NamedTuple):
    """A piece of memory: the results that have it, in order, and the first and the last node that
    need it, by their places; what is answered is needed by one after all others.
    """

    names: tuple[str, ...]
    nbytes: int
    first: int
    last: int


def lifetimes(
    program: Program, sizes: Mapping[str, Extent], elsewhere: frozenset[str]
) -> tuple[Life, ...]:
    """The memory that a run makes, in order.  What is `elsewhere` among the outputs has memory of
    its own already, as inputs have.
    """
    sharing = _Sharing(program, sizes)
    return tuple(
        Life(tuple(names), sizes[names[0]].nbytes, sharing.first[owner], sharing.last[owner])
        for owner, names in sharing.names.items()
        if owner in sharing.first and owner not in elsewhere
    )


def taken(program: Program, sizes: Mapping[str, Extent], lives: Sequence[Life]) -> list[int]:
    """The bytes that are in use while each node runs, those that it makes on the way included."""
    changes = [0] * (len(program.nodes) + 2)
    for life in lives:
        changes[life.first] += life.nbytes
        changes[life.last + 1] -= life.nbytes
    used = accumulate(changes)
    return [u + passing_bytes(node, sizes) for u, node in zip(used, program.nodes, strict=False)]


def spread(program: Program, sizes: Mapping[str, Extent], lives: Sequence[Life]) -> int:
    """The bytes over which the runtime's pool spreads them."""
    pool, places = BestFit(), dict[Life, tuple[int, int]]()
    begun, done = defaultdict[int, list[Life]](list), defaultdict[int, list[Life]](list)
    for life in lives:
        begun[life.first].append(life)
        done[life.last].append(life)
    for at, node in enumerate(program.nodes):
        for life in begun[at]:
            places[life] = pool.take(life.nbytes)
        passing = passing_bytes(node, sizes)
        if passing:
            pool.give(*pool.take(passing))
        for life in done[at]:
            pool.give(*places[life])
    return pool.most


class _Sharing:
    """Which results are in the same memory: `names` and the last reader by the first of them, and
    for those that a run makes the node that does.
    """

    def __init__(self, program: Program, sizes: Mapping[str, Extent]) -> None:
        self.outputs, self.sizes = frozenset(program.outputs), sizes
        self.owner: dict[str, str] = {name: name for name in program.inputs}
        self.names: dict[str, list[str]] = {}
        self.first: dict[str, int] = {}
        self.last = _last_readers(program)
        for at, node in enumerate(program.nodes):
            if node.op_type == "Constant":  # which stands in the model
                self.owner[node.output[0]] = node.output[0]
            else:
                self._run(at, node)

    def _run(self, at: int, node: Operator) -> None:
        for name in node.output:
            shared = self._shared(at, node, name)
            owner = self.owner[name] = shared or name
            self.names.setdefault(owner, []).append(name)
            if shared:
                self.last[owner] = max(self.last[owner], self.last.get(name, at))
            else:
                self.first[owner], self.last[owner] = at, self.last.get(name, at)

    def _shared(self, at: int, node: Operator, name: str) -> str:
        """The owner of the memory that a node's result takes over; empty where it has its own."""
        owner = self.owner.get(node.input[0], "") if node.input and name == node.output[0] else ""
        if not owner or name in self.outputs:
            return ""
        if node.op_type in VIEWS:
            return owner
        free = owner in self.first and owner not in self.outputs and self.last[owner] == at
        fits = owner and self.sizes[owner].nbytes == self.sizes[name].nbytes
        return owner if node.op_type in IN_PLACE and free and fits else ""


def _last_readers(program: Program) -> dict[str, int]:
    """By result the last node that reads it."""
    last = {name: at for at, node in enumerate(program.nodes) for name in node.input}
    return last | dict.fromkeys(program.outputs, len(program.nodes))
