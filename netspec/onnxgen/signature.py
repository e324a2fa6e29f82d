"""Of which types an operator's inputs and outputs are, as its schema has it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from onnx import NodeProto, defs


@dataclass(frozen=True)
class Signature:
    """Which inputs and outputs of an operator share the type in which it computes.

    That is the type of its result where an input has that too, else of its first input: Greater
    computes in the type of what it compares. Of operators with any number of inputs or outputs the
    last one stands for those that follow.
    """

    _inputs: tuple[bool, ...]
    _outputs: tuple[bool, ...]

    def reads(self, at: int) -> bool:
        """Whether an input has that type; the scales of Resize have not."""
        return self._inputs[min(at, len(self._inputs) - 1)]

    def makes(self, at: int) -> bool:
        """Whether an output has that type; truth values and places have not."""
        return self._outputs[min(at, len(self._outputs) - 1)]


def signature(node: NodeProto, opset: int) -> Signature:
    """The signature of an operator."""
    return _signature(node.op_type, opset)


@cache
def _signature(op: str, opset: int) -> Signature:
    schema = defs.get_schema(op, opset)
    inputs = [formal.type_str for formal in schema.inputs]
    outputs = [formal.type_str for formal in schema.outputs]
    shared = outputs[0] if outputs[0] in inputs or not inputs else inputs[0]
    return Signature(tuple(kind == shared for kind in inputs), tuple(k == shared for k in outputs))
