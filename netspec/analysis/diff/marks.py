"""Layers as symbols of a sequence: what makes two of them equal, alike or different."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from netspec.graph import Graph
from netspec.layers import Layer, hyperparameters
from netspec.layers.tensor import Shape
from netspec.layers.window import extent, resolve_pads

#: Cost of inserting, deleting or changing one layer; above any sum of the preferences below.
EDIT = 1 << 32
#: Of two alignments with equally many edits, the one in which fewer gaps begin,
OPEN = 4
#: fewer hyperparameters and kinds of paired layers differ,
SETTING, KIND = 16, 160
#: and paired layers more often read and make the same shapes, and are named alike but for a number.
SHAPE, STEM = 2, 1
#: The cost of pairing what is never one layer changed.
NEVER = 1 << 60


@dataclass(frozen=True, eq=False)
class Mark:
    """What alignment sees of a layer.  Equal marks are one object; marks of equal `meaning` are one
    layer, unchanged.
    """

    family: str
    kind: str
    meaning: tuple[tuple[str, Any], ...]
    shapes: tuple[Shape, ...]  # what it makes, and then what it reads
    stem: str  # the name without its number: the stage's label, and what was named by hand

    @cached_property
    def text(self) -> str:
        """All of it, by which marks are put into an order."""
        return f"{self.kind} {self.meaning} {self.shapes} {self.stem}"

    def same_layer(self, other: Mark) -> bool:
        """Whether pairing is no edit."""
        return self is other or (self.kind == other.kind and self.meaning == other.meaning)

    def cost(self, other: Mark) -> int:
        """What pairing costs; layers of two families are never one layer changed."""
        if self.family != other.family:
            return NEVER
        near = SHAPE * (self.shapes[0] != other.shapes[0]) + STEM * (self.stem != other.stem)
        near += SHAPE * (self.shapes[1:] != other.shapes[1:])
        if self.kind != other.kind:
            return EDIT + KIND + near
        if self.meaning == other.meaning:
            return near
        differing = sum(a != b for a, b in zip(self.meaning, other.meaning, strict=True))
        return EDIT + SETTING * min(differing, 8) + near


Meaning = tuple[tuple[str, Any], ...]


def marks_of(left: Graph, right: Graph) -> tuple[list[Mark], list[Mark]]:
    """The marks of both nets' layers, in the order of execution."""
    made: dict[tuple[object, ...], Mark] = {}
    return _marks(left, made), _marks(right, made)


def _marks(graph: Graph, made: dict[tuple[object, ...], Mark]) -> list[Mark]:
    meanings: dict[int, Meaning] = {}  # by identity: the layers of a repeat are one object
    near: dict[tuple[object, ...], Mark] = {}
    marks = []
    for node in graph.nodes:
        layer = node.layer
        shapes = (node.type.shape, *[kind.shape for kind in graph.input_types(node)])
        stem = node.name.rstrip("0123456789")
        key = (id(layer), shapes, stem)
        if key not in near:
            if id(layer) not in meanings:
                meanings[id(layer)] = tuple(meaning(layer).items())
            said = (layer.family, node.kind, meanings[id(layer)], shapes, stem)
            near[key] = made.setdefault(said, Mark(*said))
        marks.append(near[key])
    return marks


def meaning(layer: Layer) -> Mapping[str, Any]:
    """The hyperparameters with what is spelled in two ways spelled in one.

    `pad: half` is the number that it stands for, and a stride that is left out the kernel's.
    """
    values = {name: getattr(layer, name) for name in hyperparameters(type(layer))}
    if values.get("pad") in ("half", "valid"):
        reach = extent(values["kernel"], values["dilation"])
        values["pad"] = resolve_pads(values["pad"], reach, reach, reach)
    if "stride" in values and values["stride"] is None:
        values["stride"] = values["kernel"]
    return values
