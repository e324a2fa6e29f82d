"""Merges: one tensor of several branches."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from itertools import accumulate, pairwise

from netspec.layers.base import Emitter, Gradients, Kept, Layer, Value
from netspec.layers.gradients import at_rank, shaped
from netspec.layers.tensor import Shape, TensorType
from netspec.text.diagnostics import LayerError


@dataclass(frozen=True)
class _Merge(Layer):
    """What ADD, MUL and CONCAT share: several inputs, in the order of the branches."""

    merges = True

    def refuse(
        self, law: str, inputs: tuple[TensorType, ...], odd: int, base: int = 0
    ) -> LayerError:
        """The error for branch `odd`, whose shape does not suit that of branch `base`."""
        shown = [f"branch {i} gives {x}" for i, x in enumerate(inputs[:12], start=1)]
        more = [f"and {len(inputs) - 12} more"] if len(inputs) > 12 else []
        which = f" (branches {base + 1} and {odd + 1})" if len(inputs) > 2 else ""
        return LayerError(
            "merge-shapes",
            f"{self.keyword} takes {law}, got {inputs[base]} and {inputs[odd]}{which}",
            ", ".join(shown + more),
            help=_remedy(inputs[base], inputs[odd], odd + 1),
        )

    def fold(self, op: str, names: list[str], emit: Emitter) -> str:
        """The operator of two, from left to right; a single branch as it is."""
        if len(names) == 1:
            return emit.node("Identity", names[0])
        return reduce(lambda left, right: emit.node(op, left, right), names)


class Add(_Merge, keyword="ADD"):
    """Element by element sum of branches.  CxHxW, CxHxW, ... -> CxHxW;  any shape, the same in all.

    Source: He et al. 2015, "Deep residual learning for image recognition", section 3.2.
    """

    elsewhere = ("sum", "plus")

    sign = "+"

    equivariant = True
    passes_gradient = True

    def output_shape(self, inputs: tuple[TensorType, ...]) -> Shape:
        for odd, x in enumerate(inputs):
            if x.shape != inputs[0].shape:
                raise self.refuse("equal shapes", inputs, odd)
        return inputs[0].shape

    def lower(self, inputs: tuple[Value, ...], emit: Emitter) -> str:
        return self.fold("Add", [x.name for x in inputs], emit)

    def grad(self, inputs: tuple[Value, ...], output: Value, dy: str, emit: Emitter) -> Gradients:
        return Gradients((dy,) * len(inputs))


class Mul(_Merge, keyword="MUL"):
    """Element by element product of branches.  CxHxW, CxHxW, ... -> CxHxW;  any shape, the same in
    all, but C or Cx1x1 counts for each pixel of CxHxW, in any order.

    Source: Hu, Shen & Sun 2017, "Squeeze-and-excitation networks", section 3.2.
    """

    elsewhere = ("multiply", "product")

    sign = "×"

    equivariant = True
    nonlinear = True
    keeps = ("input",)

    def output_shape(self, inputs: tuple[TensorType, ...]) -> Shape:
        base = max(range(len(inputs)), key=lambda i: (inputs[i].rank, inputs[i].numel))
        largest = inputs[base]
        allowed = {largest.shape}
        if largest.rank == 3:
            allowed |= {(largest.channels,), (largest.channels, 1, 1)}
        for odd, x in enumerate(inputs):
            if x.shape not in allowed:
                raise self.refuse("equal shapes, or C or Cx1x1 over CxHxW", inputs, odd, base)
        return largest.shape

    def kept(self, inputs: tuple[TensorType, ...], output: TensorType) -> tuple[Kept, ...]:
        """The products of the first two, three, ... but not of all, which the output is."""
        sizes = list(accumulate((x.numel for x in inputs), max))
        return tuple(Kept("products", size) for size in sizes[1:-1])

    def lower(self, inputs: tuple[Value, ...], emit: Emitter) -> str:
        rank = max(x.type.rank for x in inputs)
        return self.fold("Mul", [at_rank(emit, x, rank) for x in inputs], emit)

    def grad(self, inputs: tuple[Value, ...], output: Value, dy: str, emit: Emitter) -> Gradients:
        rank = output.type.rank
        names = [at_rank(emit, x, rank) for x in inputs]
        return Gradients(
            tuple(
                _within(emit, self.fold("Mul", [dy, *names[:at], *names[at + 1 :]], emit), x, rank)
                for at, x in enumerate(inputs)
            )
        )


class Concat(_Merge, keyword="CONCAT"):
    """Channels of branches, one branch after the other.  AxHxW, BxHxW, ... -> (A + B + ...)xHxW;
    vectors A, B, ... -> A + B + ...

    Source: Szegedy et al. 2014, "Going deeper with convolutions", section 4.
    """

    elsewhere = ("concatenate", "cat")

    passes_gradient = True

    def output_shape(self, inputs: tuple[TensorType, ...]) -> Shape:
        for odd, x in enumerate(inputs):
            if x.shape[1:] != inputs[0].shape[1:]:
                raise self.refuse("equal heights and widths", inputs, odd)
        return sum(x.channels for x in inputs), *inputs[0].shape[1:]

    def lower(self, inputs: tuple[Value, ...], emit: Emitter) -> str:
        return emit.node("Concat", *(x.name for x in inputs), axis=1)

    def grad(self, inputs: tuple[Value, ...], output: Value, dy: str, emit: Emitter) -> Gradients:
        ends = list(accumulate((x.type.channels for x in inputs), initial=0))
        parts = (
            emit.node("Slice", dy, emit.const([first]), emit.const([last]), emit.const([1]))
            for first, last in pairwise(ends)
        )
        return Gradients(tuple(parts))


def _remedy(base: TensorType, other: TensorType, branch: int) -> str | None:
    """What would make the branch suit, where one layer would."""
    channels = base.channels
    if other.rank == 1 and other.channels != channels:
        return f"end branch {branch} with `FC({channels})`"
    if base.rank != other.rank:
        return None
    if base.shape[1:] == other.shape[1:]:
        return f"end branch {branch} with `CONV({channels}, 1)`"
    return "give the branches equal strides, and their windows `pad=half` or `pad=same`"


def _within(emit: Emitter, product: str, x: Value, rank: int) -> str:
    """A gradient as the input has it: summed over the pixels where that is one for each channel."""
    if x.type.rank == rank and x.type.shape[1:] != (1, 1):
        return product
    summed = emit.node("ReduceSum", product, emit.const([2, 3]), keepdims=1)
    return summed if x.type.rank == rank else shaped(emit, summed, x.type)
