"""Receptive fields: which input pixels an output pixel can see.

Source: Araujo, Norris & Sim 2019, "Computing receptive fields of convolutional neural networks".
Through a window of extent k, step s and padding p, output pixel o sees what the pixels o*s - p to
o*s - p + k - 1 before it see; so with a step of j input pixels between neighbours

    size' = size + (k - 1) * j,   stride' = j * s,   padding' = padding + p * j.

Pixels beyond the borders count. Normalisations see their own pixel, their statistics not counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, TypeAlias

from netspec.analysis.reach import PIXEL, Reach, everywhere, meeting
from netspec.graph import Node
from netspec.layers import TensorType, Window

if TYPE_CHECKING:
    from fractions import Fraction

#: Input pixels; a fraction after layers that enlarge.
Pixels: TypeAlias = "int | Fraction"


@dataclass(frozen=True, slots=True)
class Field:
    """What the pixels of a layer see of the input, rows and columns.

    `size` is that of the pixel that sees most. `stride` is how far apart neighbours see, `padding`
    how far before the input's first pixel the first one starts; None for vectors, whose elements
    have no place.
    """

    size: tuple[int, int]
    stride: tuple[Pixels, Pixels] | None
    padding: tuple[int, int] | None


#: What a layer's pixels see along rows and along columns, and the two as a Field.
_Seen: TypeAlias = tuple[Reach, Reach, Field]


def receptive_fields(nodes: tuple[Node, ...]) -> Mapping[str, Field | None]:
    """The field of each layer, over all its branches; None where no input has an area.

    A vector made of pixels sees every pixel that they see, which is at most the whole input.
    """
    whole = [node.type.area for node in nodes if node.layer.source and node.type.rank == 3]
    if not whole:
        return dict.fromkeys((node.name for node in nodes), None)
    height, width = (max(sizes) for sizes in zip(*whole, strict=True))
    rows, columns = everywhere(height), everywhere(width)
    vector = rows, columns, Field((height, width), None, None)
    start = PIXEL, PIXEL, Field((1, 1), (1, 1), (0, 0))
    seen: dict[str, _Seen] = {}
    types: dict[str, TensorType] = {}
    for node in nodes:
        types[node.name] = node.type
        if node.type.rank != 3:
            seen[node.name] = vector
        elif not node.inputs:
            seen[node.name] = start
        else:
            inputs = tuple([types[name] for name in node.inputs])
            seen[node.name] = _through(node, inputs, [seen[name] for name in node.inputs], vector)
    return {name: field for name, (_, _, field) in seen.items()}


def _through(
    node: Node, inputs: tuple[TensorType, ...], entering: list[_Seen], vector: _Seen
) -> _Seen:
    """What a layer sees through what its inputs see."""
    window = node.layer.window(inputs)
    if window is not None:
        return _slide(entering[0], window, node.type.area)
    if len(inputs) == 1 and inputs[0].shape[1:] == node.type.shape[1:]:
        return entering[0]
    placed = [_placed(*each, node.type.area, vector) for each in zip(entering, inputs, strict=True)]
    height, width = node.type.area
    rows = meeting([one[0] for one in placed], height)
    if height == width and all(one[0] is one[1] for one in placed):
        return _seen(rows, rows, node.type.area)
    return _seen(rows, meeting([one[1] for one in placed], width), node.type.area)


def _placed(seen: _Seen, kind: TensorType, area: tuple[int, int], vector: _Seen) -> _Seen:
    """What a branch brings to each pixel: its own pixel there, or its only one, or all of it."""
    if kind.rank == 3 and kind.area == area:
        return seen
    if kind.rank == 3 and kind.area == (1, 1):
        rows, columns, field = seen
        return rows.still(), columns.still(), field
    return vector


def _slide(seen: _Seen, window: Window, area: tuple[int, int]) -> _Seen:
    """Through a window; rows and columns that are alike are reckoned once."""
    (height, width), (down, right), (tall, wide) = window.extent, window.stride, window.zoom
    top, left, _, _ = window.pads
    before, across, _ = seen
    rows = before.slide(height, down, top, tall)
    if before is across and (height, down, top, tall) == (width, right, left, wide):
        return _seen(rows, rows, area)
    return _seen(rows, across.slide(width, right, left, wide), area)


def _seen(rows: Reach, columns: Reach, area: tuple[int, int]) -> _Seen:
    size, pad = rows.size(area[0]), ceil(-rows.lows[0])
    if rows is columns and area[0] == area[1]:
        return rows, rows, Field((size, size), (rows.step, rows.step), (pad, pad))
    sizes, pads = (size, columns.size(area[1])), (pad, ceil(-columns.lows[0]))
    return rows, columns, Field(sizes, (rows.step, columns.step), pads)
