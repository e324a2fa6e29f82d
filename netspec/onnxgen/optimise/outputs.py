"""The last layer writes the model's output itself."""

from __future__ import annotations

from dataclasses import replace

from netspec.onnxgen.optimise.rewriting import renamed
from netspec.onnxgen.program import Program


def name_outputs(program: Program) -> Program:
    """A result of which an output is a copy has the output's name, and the copy goes.

    It stays where the result is read under its own name from outside: an input, another output, or
    the result of a layer that is kept.
    """
    outputs = frozenset(program.outputs)
    taken: dict[str, str] = {}
    copies: set[str] = set()
    for node in program.nodes:
        if node.op_type != "Identity" or node.output[0] not in outputs:
            continue
        source = node.input[0]
        if source in program.makers and source not in program.visible and source not in taken:
            taken[source] = node.output[0]
            copies.add(node.output[0])
    rest = (node for node in program.nodes if node.output[0] not in copies)
    return replace(program, nodes=tuple(renamed(node, taken) for node in rest))
