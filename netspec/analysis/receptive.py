"""Receptive fields: how many input pixels one output pixel can see.

Source: Dumoulin & Visin 2016; Araujo, Norris & Sim 2019, "Computing receptive fields of
convolutional neural networks", section 2:  r' = r + (k - 1) * j,  j' = j * s,  with j the distance
in input pixels between neighbours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

from netspec.graph import Node
from netspec.layers import TensorType

if TYPE_CHECKING:
    from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Field:
    """Rows and columns of input that a pixel sees, and the input pixels between neighbours."""

    size: tuple[int | Fraction, int | Fraction]
    jump: tuple[int | Fraction, int | Fraction]

    @property
    def pixels(self) -> tuple[int, int]:
        """Rows and columns, whole."""
        return ceil(self.size[0]), ceil(self.size[1])


_PIXEL = Field((1, 1), (1, 1))


def receptive_fields(nodes: tuple[Node, ...]) -> Mapping[str, Field | None]:
    """The field of each node, the largest of its branches; None where no input has an area.

    A vector made of pixels sees every pixel that they see, which is at most the whole input.
    """
    fields: dict[str, Field | None] = {}
    types: dict[str, TensorType] = {}
    whole = [node.type.area for node in nodes if node.layer.source and node.type.rank == 3]
    everything = (max(h for h, _ in whole), max(w for _, w in whole)) if whole else None
    for node in nodes:
        inputs = tuple(types[name] for name in node.inputs)
        types[node.name] = node.type
        if everything is None:
            fields[node.name] = None
        elif node.type.rank != 3:
            fields[node.name] = Field(everything, everything)
        elif not inputs:
            fields[node.name] = _PIXEL
        else:
            entering = [f for name in node.inputs if (f := fields[name]) is not None]
            fields[node.name] = _through(node, inputs, _largest(entering) if entering else _PIXEL)
    return fields


def _largest(fields: list[Field]) -> Field:
    if len(fields) == 1:
        return fields[0]
    sizes, jumps = [f.size for f in fields], [f.jump for f in fields]
    return Field(
        (max(h for h, _ in sizes), max(w for _, w in sizes)),
        (max(h for h, _ in jumps), max(w for _, w in jumps)),
    )


def _through(node: Node, inputs: tuple[TensorType, ...], field: Field) -> Field:
    window = node.layer.window(inputs)
    if window is None:
        return field
    sizes, jumps = [], []
    for axis in (0, 1):
        reach = (window.extent[axis] - 1) * field.jump[axis]
        zoom = window.zoom[axis]
        step = field.jump[axis] * window.stride[axis]
        sizes.append(field.size[axis] + reach)
        jumps.append(step if zoom == 1 else _exact(step, zoom))
    return Field((sizes[0], sizes[1]), (jumps[0], jumps[1]))


def _exact(step: int | Fraction, zoom: int) -> Fraction:
    from fractions import Fraction  # only layers that enlarge need it

    return Fraction(step) / zoom
