"""Who needs float32 where a program is narrowed."""

from __future__ import annotations

from netspec.onnxgen.program import Program
from netspec.onnxgen.signature import signature

#: Operators that move elements and compute nothing.
MOVES = frozenset(
    {
        *("Expand", "Flatten", "Identity", "Reshape", "Slice", "Split", "Squeeze", "Transpose"),
        "Unsqueeze",
    }
)


#: Operators that add up one by one, in which 16 bits soon lose what is added; ONNX Runtime has them
#: in float32 alone on the CPU.
_SUMS = frozenset({"ScatterElements"})


def exact_nodes(program: Program) -> frozenset[str]:
    """The nodes that compute in float32."""
    return program.exact.union(node.name for node in program.nodes if node.op_type in _SUMS)


def wanted_whole(program: Program, exact: frozenset[str]) -> frozenset[str]:
    """The results that somebody reads in float32, be it behind operators that only move them:
    exact nodes, readers whose schema says so, and all outside.
    """
    found = set(program.visible)
    for node in reversed(program.nodes):
        own = signature(node, program.target.opset)
        moved = node.op_type in MOVES and not found.isdisjoint(node.output)
        whole = moved or node.name in exact
        found.update(name for at, name in enumerate(node.input) if whole or not own.reads(at))
    return frozenset(found)
