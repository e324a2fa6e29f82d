"""Constants of the same value become one."""

from __future__ import annotations

from dataclasses import replace

from onnx import NodeProto

from netspec.onnxgen.optimise.rewriting import renamed
from netspec.onnxgen.program import Program


def share_constants(program: Program) -> Program:
    """Who reads a constant reads the first of the same value and type.

    Those of nodes that stay in float32 are not those of others, which half precision narrows.
    """
    first: dict[tuple[bytes, bool], str] = {}
    same: dict[str, str] = {}
    nodes: list[NodeProto] = []
    for node in program.nodes:
        if node.op_type != "Constant":
            nodes.append(renamed(node, same))
            continue
        (name,) = node.output
        value = node.attribute[0].SerializeToString(deterministic=True)
        kept = first.setdefault((value, node.name in program.exact), name)
        if kept == name:
            nodes.append(node)
        else:
            same[name] = kept
    return replace(program, nodes=tuple(nodes))
