"""Nodes that compute the same become one."""

from __future__ import annotations

from dataclasses import replace

from onnx import NodeProto

from netspec.onnxgen.program import Program


def merge_equals(program: Program) -> Program:
    """Who reads a node reads the first with the same operator, inputs and attributes, so that
    nothing is computed twice; of two the one with more outputs gives its outputs to both.
    """
    exact = program.exact if program.target.dtype != "float32" else frozenset()
    outputs = frozenset(program.outputs)
    first: dict[tuple[object, ...], int] = {}
    same: dict[str, str] = {}
    nodes: list[NodeProto] = []
    for node in program.nodes:
        made = NodeProto()
        made.CopyFrom(node)
        made.input[:] = [same.get(name, name) for name in node.input]
        attributes = tuple(a.SerializeToString(deterministic=True) for a in node.attribute)
        key = (node.op_type, *made.input, attributes, node.name in exact)
        at = first.setdefault(key, len(nodes))
        if at == len(nodes) or not outputs.isdisjoint(node.output):
            nodes.append(made)
            continue
        kept = nodes[at]
        kept.output.extend(node.output[len(kept.output) :])
        same |= dict(zip(node.output, kept.output, strict=False))
    return replace(program, nodes=tuple(nodes))
