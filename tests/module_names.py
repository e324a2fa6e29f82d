"""Names of PyTorch modules for the layers of any graph, as people choose them: a tree that follows
the spec's stages, repeats and blocks.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from netspec.graph.graph import Graph, Node


@dataclass
class Part:
    """A module: a layer, or what a stage, an iteration of a repeat or a call of a block holds."""

    kind: str
    layer: str = ""
    parts: dict[object, Part] = field(default_factory=dict)


#: Names for the parts of a module, in their order.
Style = Callable[[list[Part], random.Random], list[str]]


def numbered(parts: list[Part], chance: random.Random) -> list[str]:
    """A Sequential's, in which layers without tensors take numbers too."""
    names, at = [], chance.randrange(2)
    for _ in parts:
        names.append(str(at))
        at += chance.choice((1, 1, 2, 3))
    return names


def counted(parts: list[Part], chance: random.Random) -> list[str]:
    """`conv1`, `bn1`, `conv2`, and `bn` where there is one."""
    names = []
    for at, part in enumerate(parts):
        alike = [other for other in parts if other.kind == part.kind]
        before = sum(other.kind == part.kind for other in parts[:at])
        names.append(part.kind.lower() + (str(before + 1) if len(alike) > 1 else ""))
    return names


def worded(parts: list[Part], chance: random.Random) -> list[str]:
    """A word for each, which says nothing of an order, and nothing else is called by it."""
    return ["".join(chance.choices("aeioulmnrstvz", k=9)) for _ in parts]


def half_worded(parts: list[Part], chance: random.Random) -> list[str]:
    """Words for what is not a layer, and for one layer in five."""
    names = counted(parts, chance)
    words = worded(parts, chance)
    return [
        word if part.parts or chance.randrange(5) == 0 else name
        for part, name, word in zip(parts, names, words, strict=True)
    ]


STYLES: tuple[Style, ...] = (numbered, counted, worded, half_worded)


def tree(graph: Graph) -> Part:
    """The layers of a graph that keep tensors, in modules."""
    root = Part("net")
    for node in graph.nodes:
        if graph.weights(node):
            at = root
            for kind, key in _way(node):
                at = at.parts.setdefault(key, Part(kind))
            at.parts[node.name] = Part(node.kind, node.name)
    return root


def _way(node: Node) -> Iterator[tuple[str, object]]:
    for step in node.step.chain() if node.step else ():
        if step.kind == "repeat":
            yield "layers", ("list", id(step.parent), id(step.span), step.label)
        yield (step.label or step.kind), id(step)


def named(graph: Graph, seed: int, styles: tuple[Style, ...] = STYLES) -> dict[str, str]:
    """Tensor of a PyTorch module -> ours, in the order of execution.

    Modules of one kind are named in one style, and alike where they have the same parts.
    """
    chosen: dict[str, str] = {}

    def name(part: Part, path: str) -> Iterator[tuple[str, str]]:
        if part.layer:
            yield part.layer, path
            return
        inner = list(part.parts.values())
        shape = ",".join(each.kind for each in inner)
        chance = random.Random(f"{seed} {part.kind} {shape}")
        style = random.Random(f"{seed} {part.kind}").choice(styles)
        for each, word in zip(inner, style(inner, chance), strict=True):
            yield from name(each, f"{path}.{word}" if path else word)

    for layer, path in name(tree(graph), ""):
        chosen[layer] = path
    found = {}
    for ours, _ in graph.all_weights():
        layer, _, tensor = ours.rpartition(".")
        found[f"{chosen[layer]}.{tensor}"] = ours
    return found
