"""When parts of a net are alike: of one structure, and strung one after the other.

Names count for nothing. Structure is the kinds of the layers and which reads which; likeness may
ask for equal hyperparameters and shapes as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from netspec.diagram.folding.tree import Box, Leaf, Member
from netspec.graph import Graph


@dataclass(frozen=True, eq=False)
class Part:
    """Members of a box that stand one after the other, and how they hang together with the rest."""

    graph: Graph
    members: tuple[Member, ...]

    @cached_property
    def leaves(self) -> tuple[Leaf, ...]:
        """The layers in it."""
        return tuple(Box(self.members).leaves())

    @cached_property
    def places(self) -> dict[str, int]:
        """For each layer of the net that it stands for, which of its leaves that is."""
        return {node.name: at for at, leaf in enumerate(self.leaves) for node in leaf.nodes}

    @cached_property
    def sources(self) -> tuple[str, ...]:
        """What it reads from outside, in the order of first use."""
        names = (name for leaf in self.leaves for name in leaf.nodes[0].inputs)
        return tuple(dict.fromkeys(name for name in names if name not in self.places))

    @cached_property
    def exits(self) -> tuple[str, ...]:
        """Its layers that are read outside, or are outputs of the net."""
        outputs = self.graph.outputs.values()
        return tuple(
            name
            for name in self.places
            if name in outputs
            or any(reader not in self.places for reader in self.graph.readers[name])
        )

    @cached_property
    def structure(self) -> tuple[object, ...]:
        """Kinds and wiring: equal for parts of one structure."""
        return tuple(self._tokens(self.members, exact=False))

    @cached_property
    def form(self) -> tuple[object, ...]:
        """Structure with hyperparameters and shapes."""
        return tuple(self._tokens(self.members, exact=True))

    def _tokens(self, members: Sequence[Member], *, exact: bool) -> Iterator[object]:
        for member in members:
            if isinstance(member, Leaf):
                yield tuple(self._said(member, exact=exact))
            else:
                yield ("(", member.counts if exact else None)
                yield from self._tokens(member.members, exact=exact)
                yield ")"

    def _said(self, leaf: Leaf, *, exact: bool) -> Iterator[object]:
        first = leaf.nodes[0]
        yield first.kind
        yield tuple((n.layer, n.type) for n in leaf.nodes) if exact else first.type.rank
        for name in first.inputs:
            yield self.places.get(name, ~self.sources.index(name) if name not in self.places else 0)


def strung(before: Part, after: Part) -> bool:
    """Whether a part of the same structure goes on where another ends, and reads nothing else that
    the other does not.

    What is between the two is the one tensor that leaves the first; nothing else of it is read.
    """
    if len(before.exits) != 1 or len(after.exits) != 1:
        return False
    (end,), (other,) = before.exits, after.exits
    if end in before.graph.outputs.values() or before.places[end] != after.places[other]:
        return False
    if any(r not in before.places and r not in after.places for r in before.graph.readers[end]):
        return False
    pairs = tuple(zip(before.sources, after.sources, strict=True))
    return any(new == end for _, new in pairs) and all(new in (old, end) for old, new in pairs)


def same_links(first: Part, second: Part, third: Part) -> bool:
    """Whether a third part hangs on the second as the second on the first."""

    def chain(before: Part, after: Part) -> list[bool]:
        return [name == before.exits[0] for name in after.sources]

    return chain(first, second) == chain(second, third)
