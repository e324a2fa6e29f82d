"""Notes that say how the expansion came to a layer: its path, the repeat, the shapes before it, the
calls.
"""

from __future__ import annotations

from collections.abc import Mapping

from netspec.graph.graph import Node, Step
from netspec.text.diagnostics import Note


def way_notes(
    name: str, step: Step | None, inputs: tuple[Node, ...], nodes: Mapping[str, Node]
) -> tuple[Note, ...]:
    """`at stage[3].conv2, repeat 3 of 5: 3x32x32 -> ... -> relu4 64x8x8`, then the calls of blocks,
    inner first.
    """
    steps = step.chain() if step else ()
    notes = []
    where = _where(name, steps)
    if where or inputs:
        way = _way(inputs, nodes)
        notes.append(Note(where + (f": {way}" if way else "") if where else way))
    called = [s for s in reversed(steps) if s.kind == "block"]
    notes += [Note(f"in the block {s.label}, called here", s.span) for s in called[:3]]
    return tuple(notes)


def _where(name: str, steps: tuple[Step, ...]) -> str:
    path = [
        f"{s.label}[{s.index}]" if s.kind == "repeat" else s.label
        for s in steps
        if s.kind == "block" or (s.kind == "repeat" and not s.label.isdigit())
    ]
    parts = []
    if name:
        parts.append(f"at {'.'.join([*path, name])}")
    elif path:
        parts.append(f"in {'.'.join(path)}")
    repeat = next((s for s in reversed(steps) if s.kind == "repeat"), None)
    if repeat is not None:
        parts.append(f"repeat {repeat.index} of {repeat.count}")
    return ", ".join(parts)


def _way(inputs: tuple[Node, ...], nodes: Mapping[str, Node]) -> str:
    """The shapes that led here: of the branches where there are several, else of the chain."""
    if not inputs:
        return ""
    if len(inputs) > 1:
        return " | ".join(f"{node.name} {node.type}" for node in inputs[:6])
    tail, node = [inputs[0]], inputs[0]
    while node.inputs and len(tail) < 3:
        node = nodes[node.inputs[0]]
        tail.append(node)
    shown = [f"{n.name} {n.type}" for n in reversed(tail[:2] if len(tail) == 3 else tail)]
    if len(tail) == 3:
        first = tail[2]
        while first.inputs:
            first = nodes[first.inputs[0]]
        dots = ["..."] if first is not tail[2] else []
        shown = [str(first.type), *dots, *shown]
    return " -> ".join(shown)
