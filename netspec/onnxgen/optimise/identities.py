"""Identities and dropout, which does nothing at inference, go."""

from __future__ import annotations

from dataclasses import replace

from onnx import NodeProto

from netspec.onnxgen.optimise.rewriting import renamed
from netspec.onnxgen.program import Program


def drop_identities(program: Program) -> Program:
    """Who reads a copy reads what it is a copy of; copies that somebody outside reads stay."""
    originals: dict[str, str] = {}
    nodes: list[NodeProto] = []
    for node in program.nodes:
        made = renamed(node, originals)
        if made.op_type == "Identity" and made.output[0] not in program.visible:
            originals[made.output[0]] = made.input[0]
        else:
            nodes.append(made)
    return replace(program, nodes=tuple(nodes))
