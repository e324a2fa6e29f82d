"""Masks instead of what they are made of: what the forward pass leaves to the backward pass."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace

from netspec.onnxgen.program import Operator, Program
from netspec.runtime.footprint import VIEWS

#: Operators whose result takes a quarter of what they read, or next to nothing.
_SMALL = frozenset({"Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual", "Shape"})

#: Between the name of a layer and those of the nodes of its gradients.
GRADIENT = "/grad"


def turn_of(program: Program, loss: str) -> int:
    """The first node of the backward pass: of those after the loss."""
    nodes = program.nodes
    made = next(at for at, node in enumerate(nodes) if loss in node.output)
    return next((at for at in range(made, len(nodes)) if GRADIENT in nodes[at].name), len(nodes))


def with_early_masks(program: Program, loss: str) -> Program:
    """The program with masks that the backward pass makes of a result made in the forward pass,
    where it needs nothing else of it: then the result is gone by then. ReLU before a pool, or
    before a concatenation, is such a one.
    """
    turn = turn_of(program, loss)
    early = _early(program, turn)
    after: dict[int, list[Operator]] = defaultdict(list)
    for number, at in early.items():
        after[at].append(program.nodes[number])
    constants = [node for node in program.nodes if node.op_type == "Constant"]
    others = (
        found
        for at, node in enumerate(program.nodes)
        if at not in early and node.op_type != "Constant"
        for found in (node, *after[at])
    )
    return replace(program, nodes=(*constants, *others)) if early else program


def _early(program: Program, turn: int) -> Mapping[int, int]:
    """Nodes of the backward pass that are to run early, by their numbers: those of the nodes that
    they are to follow.
    """
    owner: dict[str, str] = {}
    last: dict[str, int] = {}
    readers: dict[str, list[int]] = defaultdict(list)
    for at, node in enumerate(program.nodes):
        view = node.op_type in VIEWS and node.input[0] in owner
        for name in dict.fromkeys(node.input):
            if name in owner and at < turn:
                last[owner[name]] = at
            elif name in owner and not view:
                readers[owner[name]].append(at)
        for name in node.output:
            if view:
                owner[name] = owner[node.input[0]]
            elif at < turn and node.op_type != "Constant":
                owner[name], last[name] = name, at
    return {
        at: last[name]
        for name, read in readers.items()
        if all(_is_small(program, program.nodes[at], last) for at in read)
        for at in read
    }


def _is_small(program: Program, node: Operator, forward: Mapping[str, int]) -> bool:
    """Whether a node makes something small, of one result of the forward pass and constants."""
    if node.op_type not in _SMALL:
        return False
    others = [program.makers.get(name) for name in node.input if name not in forward]
    constant = all(maker is not None and maker.op_type == "Constant" for maker in others)
    return constant and len(node.input) - len(others) == 1
