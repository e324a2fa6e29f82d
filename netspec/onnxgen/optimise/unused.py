"""What nobody reads goes: nodes, constants, learned tensors."""

from __future__ import annotations

from dataclasses import replace

from onnx import NodeProto

from netspec.onnxgen.program import Program


def drop_unused(program: Program) -> Program:
    """The nodes that outputs and kept layers need, and the tensors that these nodes read."""
    read = set(program.visible)
    nodes: list[NodeProto] = []
    for node in reversed(program.nodes):
        if not read.isdisjoint(node.output):
            nodes.append(node)
            read.update(node.input)
    nodes.reverse()
    made = {name for node in nodes for name in node.output}
    there = made.union(program.inputs)
    return replace(
        program,
        nodes=tuple(nodes),
        tensors={name: tensor for name, tensor in program.tensors.items() if name in read},
        types={name: kind for name, kind in program.types.items() if name in there},
        exact=program.exact & {node.name for node in nodes},
    )
