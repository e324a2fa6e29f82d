"""The grammar as values: pieces of a pattern that can be written as text, and the layers that each
should become.

`run` is the language reference's account of repeats, scopes, blocks, branches and labels, once more
and as plainly as can be, so that what netspec elaborates can be held against it.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from tests.shape_laws import Shape, need, output_shape


@dataclass(frozen=True)
class Made:
    """A layer that the net should have; inputs are places in the list of layers."""

    name: str
    kind: str
    inputs: tuple[int, ...]
    shape: Shape
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Style:
    """How a net is written: letters of kinds, arrows, `yes` or `true`."""

    case: Callable[[str], str] = str.upper
    arrow: str = "->"
    booleans: tuple[str, str] = ("no", "yes")

    def value(self, value: Any) -> str:
        """An argument's value as text."""
        if isinstance(value, bool):
            return self.booleans[value]
        if isinstance(value, tuple):
            return f"[{', '.join(map(self.value, value))}]"
        return value.text if isinstance(value, Formula) else str(value)


@dataclass(frozen=True)
class Formula:
    """Arithmetic over names in scope and the shape of the tensor that enters the call."""

    text: str
    result: Callable[[Mapping[str, Any], Shape], int]


class Piece(Protocol):
    """A part of a pattern."""

    def text(self, style: Style) -> str:
        """As the language writes it, so that it can stand as an item."""

    def run(self, net: Net, at: int) -> int:
        """Add its layers to the net, from the layer `at` on; answers where it ends."""


@dataclass
class Net:
    """What a spec should elaborate to, as far as it goes."""

    layers: list[Made] = field(default_factory=list)
    where: dict[str, Any] = field(default_factory=dict)
    blocks: dict[str, Block] = field(default_factory=dict)
    scope: ChainMap[str, Any] = field(default_factory=ChainMap)
    labels: MutableMapping[str, tuple[int, ...]] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    prefix: str = ""

    def __post_init__(self) -> None:
        self.scope = ChainMap(self.where)

    def trial(self) -> Net:
        """A copy to try a piece on; what is bound is shared."""
        copy = Net(list(self.layers), self.where, self.blocks)
        copy.scope, copy.labels = self.scope, dict(self.labels)
        copy.counts, copy.prefix = dict(self.counts), self.prefix
        return copy

    def add(self, kind: str, inputs: Sequence[int], shape: Shape, values: Any = ()) -> int:
        """Append a layer under the name that it should have."""
        need(len(self.layers) < 80)
        base = f"{self.prefix}{kind.lower()}"
        self.counts[base] = self.counts.get(base, 0) + 1
        name = f"{base}{self.counts[base]}"
        self.layers.append(Made(name, kind, tuple(inputs), shape, dict(values)))
        return len(self.layers) - 1

    def shape(self, at: int) -> Shape:
        """The shape of a layer's tensor."""
        return self.layers[at].shape


@dataclass(frozen=True)
class Call:
    """A layer; its first `positional` arguments are written without names."""

    kind: str
    args: Mapping[str, Any] = field(default_factory=dict)
    positional: int = 0

    def text(self, style: Style) -> str:
        said = [
            style.value(value) if at < self.positional else f"{name}={style.value(value)}"
            for at, (name, value) in enumerate(self.args.items())
        ]
        return style.case(self.kind) + (f"({', '.join(said)})" if said else "")

    def run(self, net: Net, at: int) -> int:
        shape = net.shape(at)
        values: dict[str, Any] = {}
        for bound in reversed(net.scope.maps):
            values |= bound.get(self.kind, {})
        for name, value in self.args.items():
            written = isinstance(value, Formula)
            values[name] = value.result(net.scope, shape) if written else value
        if self.kind == "FC" and len(shape) > 1:
            shape = output_shape("FLATTEN", {}, shape)
            at = net.add("FLATTEN", (at,), shape)
        return net.add(self.kind, (at,), output_shape(self.kind, values, shape), values)


@dataclass(frozen=True)
class Source:
    """An input, by name where there are several."""

    name: str | None
    shape: Shape

    def text(self, style: Style) -> str:
        return "INPUT" if self.name is None else f"INPUT({self.name})"

    def run(self, net: Net, at: int) -> int:
        net.layers.append(Made(self.name or "input", "INPUT", (), self.shape))
        return len(net.layers) - 1


@dataclass(frozen=True)
class Chain:
    """Pieces one after the other."""

    pieces: tuple[Piece, ...]

    def inner(self, style: Style) -> str:
        """Without brackets."""
        return f" {style.arrow} ".join(piece.text(style) for piece in self.pieces)

    def text(self, style: Style) -> str:
        return f"[{self.inner(style)}]"

    def run(self, net: Net, at: int) -> int:
        for piece in self.pieces:
            at = piece.run(net, at)
        return at


@dataclass(frozen=True)
class Times:
    """A repeat by number; `count` is how it is written: `3`, `n` or `(n-1)`."""

    body: Piece
    count: str
    times: Callable[[Mapping[str, Any]], int]

    def text(self, style: Style) -> str:
        return f"{self.body.text(style)}*{self.count}"

    def run(self, net: Net, at: int) -> int:
        for _ in range(self.times(net.scope)):
            at = self.body.run(net, at)
        return at


@dataclass(frozen=True)
class Rows:
    """A repeat by a table or a list of numbers that is bound in `where`."""

    body: Piece
    name: str

    def text(self, style: Style) -> str:
        return f"{self.body.text(style)}*{self.name}"

    def run(self, net: Net, at: int) -> int:
        outer = net.scope
        for row in net.where[self.name]:
            net.scope = outer.new_child(row if isinstance(row, dict) else {self.name: row})
            at = self.body.run(net, at)
        net.scope = outer
        return at


@dataclass(frozen=True)
class Optional:
    """A piece that a flag decides on; without a name the flag is the kind's in lower case."""

    body: Piece
    flag: str
    written: bool = True

    def text(self, style: Style) -> str:
        return f"{self.body.text(style)}?{self.flag if self.written else ''}"

    def run(self, net: Net, at: int) -> int:
        return self.body.run(net, at) if net.scope[self.flag] else at


@dataclass(frozen=True)
class Merge:
    """ADD, MUL or CONCAT of branches."""

    kind: str
    branches: tuple[Chain, ...]

    def text(self, style: Style) -> str:
        inside = " | ".join(branch.inner(style) for branch in self.branches)
        return f"{style.case(self.kind)}{{ {inside} }}"

    def run(self, net: Net, at: int) -> int:
        ends = [branch.run(net, at) for branch in self.branches]
        return net.add(self.kind, ends, self._shape([net.shape(end) for end in ends]))

    def _shape(self, shapes: list[Shape]) -> Shape:
        largest = max(shapes, key=len)
        if self.kind == "CONCAT":
            need(len({shape[1:] for shape in shapes}) == 1)
            return sum(shape[0] for shape in shapes), *largest[1:]
        if self.kind == "MUL" and len(largest) == 3:
            largest = max((shape for shape in shapes if len(shape) == 3), key=lambda s: s[1] * s[2])
            small = (largest[:1], (largest[0], 1, 1))
            need(all(shape in (largest, *small) for shape in shapes))
            return largest
        need(len(set(shapes)) == 1)
        return largest


@dataclass(frozen=True)
class Labelled:
    """A piece whose result has a label."""

    body: Piece
    label: str

    def text(self, style: Style) -> str:
        return f"{self.body.text(style)} @{self.label}"

    def run(self, net: Net, at: int) -> int:
        at = self.body.run(net, at)
        net.labels[self.label] = (*net.labels.get(self.label, ()), at)
        return at


@dataclass(frozen=True)
class Tap:
    """A start at a label; `index` is None, or arithmetic."""

    label: str
    index: int | Formula | None = None

    def text(self, style: Style) -> str:
        return f"@{self.label}" + ("" if self.index is None else f"[{style.value(self.index)}]")

    def run(self, net: Net, at: int) -> int:
        index = self.index
        if isinstance(index, Formula):
            index = index.result(net.scope, net.shape(at))
        need(self.label in net.labels)
        return net.labels[self.label][-1 if index is None else index]


@dataclass(frozen=True)
class Block:
    """A named pattern with parameters; None is a parameter without a default."""

    name: str
    parameters: Mapping[str, Any]
    body: Chain

    def head(self, style: Style) -> str:
        """As the key under `blocks`."""
        said = [
            name if value is None else f"{name}={style.value(value)}"
            for name, value in self.parameters.items()
        ]
        return self.name + (f"({', '.join(said)})" if said else "")


@dataclass(frozen=True)
class BlockCall:
    """A call of a block."""

    block: Block
    args: Mapping[str, Any]
    positional: int = 0

    def text(self, style: Style) -> str:
        return Call(self.block.name, self.args, self.positional).text(
            Style(str, "", style.booleans)
        )

    def run(self, net: Net, at: int) -> int:
        outer, labels, shape = net.scope, net.labels, net.shape(at)
        values = {}
        for name, default in self.block.parameters.items():
            if (value := self.args.get(name, default)) is None:
                value = outer[name]
            written = isinstance(value, Formula)
            values[name] = value.result(outer, shape) if written else value
        net.scope, net.labels = ChainMap(values, net.where), ChainMap({}, labels)
        at = self.block.body.run(net, at)
        net.scope, net.labels = outer, labels
        return at
