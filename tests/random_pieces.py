"""Pieces of a pattern drawn at random, to suit where they stand."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from tests.random_language import (
    Block,
    BlockCall,
    Call,
    Chain,
    Formula,
    Labelled,
    Merge,
    Net,
    Optional,
    Piece,
    Rows,
    Tap,
    Times,
)
from tests.random_layers import Draw, channels, draw_call, plain_call
from tests.shape_laws import UnfitError


def _named(name: str) -> Formula:
    return Formula(name, lambda scope, shape: scope[name])


@dataclass
class Author:
    """Draws pieces that suit where they stand.

    `net` is always the net so far; a piece is tried on a copy before it is taken.
    """

    draw: Draw
    net: Net = field(default_factory=Net)
    written: dict[str, str] = field(default_factory=dict)
    names: int = 0

    def fresh(self, letter: str) -> str:
        """A name that nothing has."""
        self.names += 1
        return f"{letter}{self.names}"

    def number(self, least: int, most: int) -> int:
        """An integer."""
        return self.draw(st.integers(least, most))  # type: ignore[no-any-return]  # of the strategy

    def chance(self) -> bool:
        """Yes or no."""
        return self.draw(st.booleans())  # type: ignore[no-any-return]  # of the strategy

    def bind(self, value: int) -> str:
        """Bind a number in `where`, as it is or as a formula of one bound before."""
        earlier = [
            name
            for name, bound in self.net.where.items()
            if isinstance(bound, int) and not isinstance(bound, bool)
        ]
        name = self.fresh("v")
        self.net.where[name] = value
        if earlier and self.chance():
            other = self.draw(st.sampled_from(earlier))
            self.written[name] = f"({other} + {value - self.net.where[other]}) * 2 / 2"
        return name

    def chain(self, net: Net, at: int, least: int, most: int, depth: int) -> Chain:
        """Pieces one after the other."""
        pieces: list[Piece] = []
        for _ in range(self.number(least, most)):
            pieces.append(self.piece(net, at, depth))
            at = pieces[-1].run(net, at)
        return Chain(tuple(pieces))

    def piece(self, net: Net, at: int, depth: int) -> Piece:
        """A piece that suits the tensor of layer `at`."""
        layer = [self.layer] * 6
        structures = [
            *(self.repeat, self.table, self.numbers, self.call_block, self.merge),
            *(self.optional, self.label, self.use_label, self.hourglass),
        ]
        for _ in range(2):
            draw_one = self.draw(st.sampled_from([*layer, *structures] if depth else layer))
            candidate: Piece | None = draw_one(net.trial(), at, depth - 1)
            if candidate and suits(candidate, net, at):
                return candidate
        return plain_call(self.draw)

    def layer(self, net: Net, at: int, depth: int) -> Piece:
        """Any one layer."""
        return draw_call(self.draw, net.shape(at))

    def keep(self, net: Net, at: int, least: int = 0, depth: int = 0) -> Chain:
        """A chain that keeps the shape."""
        pieces: list[Piece] = []
        for _ in range(self.number(least, 2)):
            piece = self.matrix(net.shape(at)) if self.chance() else plain_call(self.draw)
            if depth and self.chance():
                piece = self.piece(net, at, 1)
            probe = net.trial()
            if not suits(piece, net, at) or probe.shape(piece.run(probe, at)) != net.shape(at):
                piece = plain_call(self.draw)
            pieces.append(piece)
            at = piece.run(net, at)
        return Chain(tuple(pieces))

    def matrix(self, shape: tuple[int, ...]) -> Piece:
        """A CONV or FC as wide as what comes in."""
        width = self.draw(st.sampled_from((Formula("C", lambda scope, s: s[0]), shape[0])))
        if len(shape) != 3:
            return Call("FC", {"units": width}, 1)
        kernel = self.draw(st.sampled_from((1, 3, (1, 3))))
        pad = self.draw(st.sampled_from(("half", "same")))
        return Call("CONV", {"filters": width, "kernel": kernel, "pad": pad}, 2)

    def repeat(self, net: Net, at: int, depth: int) -> Piece:
        """A repeat by number."""
        body: Piece = self.keep(net, at, 1, depth)
        if isinstance(body, Chain) and len(body.pieces) == 1 and isinstance(body.pieces[0], Call):
            body = body.pieces[0]
        times = self.number(0, 3)
        if self.chance():
            return Times(body, str(times), lambda scope: times)
        name = self.bind(times + 1)
        return Times(body, f"({name}-1)", lambda scope: scope[name] - 1)

    def table(self, net: Net, at: int, depth: int) -> Piece:
        """The textbook's nested repeat, driven by a table."""
        if len(net.shape(at)) != 3:
            return self.numbers(net, at, depth)
        name, defaults = self.fresh("t"), self.chance()
        rows: list[dict[str, Any]] = []
        for _ in range(self.number(0, 3)):
            row: dict[str, Any] = {"f": self.number(1, 8), "n": self.number(0, 2)}
            if defaults:
                row["CONV"] = {"filters": row.pop("f"), "kernel": self.number(0, 1) * 2 + 1}
            rows.append(row | {"pool": self.chance()})
        self.net.where[name] = rows
        args = {} if defaults else {"filters": _named("f"), "kernel": 3}
        convolution = Call("CONV", {**args, "pad": "half"}, self.number(0, 2) if args else 0)
        inner = Chain((convolution, plain_call(self.draw)))
        pool = Optional(Call("POOL", {"kernel": 2, "pad": "same"}, 1), "pool", self.chance())
        body = Chain((Times(inner, "n", lambda scope: scope["n"]), pool))
        return Rows(body, name)

    def numbers(self, net: Net, at: int, depth: int) -> Piece:
        """A repeat by a list of numbers, which the name itself is bound to."""
        name = self.fresh("u")
        self.net.where[name] = [self.number(1, 8) for _ in range(self.number(0, 3))]
        matrix = Call("FC", {"units": _named(name)}, 1)
        if len(net.shape(at)) == 3 and self.chance():
            matrix = Call("CONV", {"filters": _named(name), "kernel": 3, "pad": "same"}, 1)
        return Rows(Chain((matrix, plain_call(self.draw))), name)

    def call_block(self, net: Net, at: int, depth: int) -> Piece:
        """A call of a block: one that is there and suits, else a new one."""
        for block in self.net.blocks.values():
            call = self._call_of(block, net, at)
            if self.chance() and suits(call, net, at):
                return call
        name, filters, outer = self.fresh("B"), self.fresh("p"), self.bind(self.number(1, 4))
        whole = Formula("C", lambda scope, s: s[0])
        default = self.draw(st.sampled_from((None, 4, whole)))
        flag = self.fresh("flag")
        parameters = {outer: None, filters: default, flag: self.chance()}
        if default is None and self.chance():
            parameters = {filters: None, outer: None, flag: parameters[flag]}
        net.scope = ChainMap(
            {filters: self.number(1, 8), outer: 2, flag: parameters[flag]}, net.where
        )
        first = Call("FC", {"units": _named(filters)}, 1)
        if len(net.shape(at)) == 3:
            first = Call("CONV", {"filters": _named(filters), "kernel": 3, "pad": "same"}, 2)
        middle = Optional(plain_call(self.draw), flag)
        again = Times(plain_call(self.draw), outer, lambda scope: scope[outer])
        start: tuple[Piece, ...] = (first, middle, again)
        inside = at
        for piece in start:
            inside = piece.run(net, inside)
        body = Chain((*start, *self.chain(net, inside, 0, 2, depth).pieces))
        self.net.blocks[name] = Block(name, parameters, body)
        return self._call_of(self.net.blocks[name], net, at)

    def _call_of(self, block: Block, net: Net, at: int) -> BlockCall:
        drawn: dict[str, Callable[[], Any]] = {
            "p": lambda: channels(self.draw, net.shape(at), 8),
            "v": lambda: self.number(0, 2),
            "f": self.chance,
        }
        args: dict[str, Any] = {}
        leading = 0
        for place, (name, default) in enumerate(block.parameters.items()):
            needed = default is None and name not in self.net.where
            if needed or self.chance():
                args[name] = drawn[name[0]]()
                leading += place == leading
        return BlockCall(block, args, self.number(0, leading))

    def merge(self, net: Net, at: int, depth: int) -> Piece:
        """A fork of two or three branches."""
        kind = self.draw(st.sampled_from(("ADD", "MUL", "CONCAT")))
        planar = len(net.shape(at)) == 3
        branches = []
        for place in range(self.number(2, 3)):
            branch = self.keep(net.trial(), at, 0, depth)
            if kind == "CONCAT" and self.chance():
                width = {"filters": self.number(1, 5), "kernel": 1, "pad": 0}
                last = Call("CONV", width, 2) if planar else Call("FC", {"units": 3}, 1)
                branch = Chain((*branch.pieces, last))
            if kind == "MUL" and planar and place and self.chance():
                branch = self._gate()
            branches.append(branch)
        if not any(branch.pieces for branch in branches):
            branches[0] = Chain((plain_call(self.draw),))
        order = self.draw(st.permutations(branches))
        return Merge(kind, tuple(order))

    def _gate(self) -> Chain:
        """Squeeze and excitation."""
        if self.chance():
            width = {"filters": Formula("C", lambda scope, s: s[0]), "kernel": 1}
            return Chain((Call("GAP", {"keep": True}), Call("CONV", width, 2), Call("SIGMOID")))
        units = {"units": Formula("C", lambda scope, s: s[0])}
        return Chain((Call("GAP"), Call("FC", units, 1), Call("HARDSIGMOID")))

    def optional(self, net: Net, at: int, depth: int) -> Piece:
        """A piece that a flag of `where` decides on."""
        flag = self.fresh("o")
        self.net.where[flag] = self.chance()
        return Optional(self.chain(net, at, 1, 2, depth), flag)

    def label(self, net: Net, at: int, depth: int) -> Piece:
        """A piece with a label."""
        piece = self.piece(net, at, min(depth, 1))
        return piece if isinstance(piece, Labelled) else Labelled(piece, self.fresh("l"))

    def use_label(self, net: Net, at: int, depth: int) -> Piece | None:
        """A skip connection from a label that is there and suits."""
        shape = net.shape(at)
        found = [
            (label, "ADD" if net.shape(places[-1]) == shape else "CONCAT")
            for label, places in net.labels.items()
            if net.shape(places[-1])[1:] == shape[1:]
        ]
        if not found:
            return None
        label, kind = self.draw(st.sampled_from(found))
        index = self.draw(st.sampled_from((None, None, -1, 0, Formula("1-2", lambda scope, s: -1))))
        skip = Chain((Tap(label, index), *self.keep(net, net.labels[label][-1]).pieces))
        return Merge(kind, (self.keep(net, at), skip))

    def hourglass(self, net: Net, at: int, depth: int) -> Piece | None:
        """A U-Net: a table of steps down, and one of steps up that reads their labels."""
        shape = net.shape(at)
        steps = self.number(1, 2)
        if len(shape) != 3 or shape[1] % 2**steps or shape[2] % 2**steps:
            return None
        down, up, skip = self.fresh("d"), self.fresh("t"), self.fresh("l")
        widths = [self.number(1, 6) for _ in range(steps)]
        self.net.where[down] = [{"f": width} for width in widths]
        self.net.where[up] = [
            {"f": width, "i": -1 - step} for step, width in enumerate(reversed(widths))
        ]
        wide = {"filters": _named("f"), "kernel": 3, "pad": "half"}
        first = Labelled(Call("CONV", wide, 2), skip)
        rise = Call("DECONV", {"filters": _named("f"), "kernel": 2, "stride": 2, "pad": 0}, 3)
        if self.chance():
            rise = Call("UPSAMPLE", {"scale": 2}, 1)
        join = Merge("CONCAT", (Chain(()), Chain((Tap(skip, _named("i")),))))
        return Chain(
            (
                Rows(Chain((first, Call("POOL", {"kernel": 2, "stride": 2, "pad": 0}, 1))), down),
                plain_call(self.draw),
                Rows(Chain((rise, join, plain_call(self.draw))), up),
            )
        )


def suits(piece: Piece, net: Net, at: int) -> bool:
    """Whether a piece can stand after layer `at`."""
    try:
        piece.run(net.trial(), at)
    except (UnfitError, IndexError):
        return False
    return True
