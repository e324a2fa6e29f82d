"""Half precision: weights and arithmetic in 16 bits, float32 where it matters.

The inputs and outputs of the model stay float32, and so do softmax and normalisation
(Micikevicius et al. 2018, "Mixed precision training", section 3.3).
"""

from __future__ import annotations

from dataclasses import replace

from onnx import NodeProto, TensorProto, helper, numpy_helper

from netspec.onnxgen.precision import cast
from netspec.onnxgen.program import Program
from netspec.onnxgen.target import ELEMENTS


def in_half(program: Program) -> Program:
    """The program with weights and arithmetic in its target's type."""
    if program.target.dtype == "float32":
        return program
    return _Narrowing(program).result()


class _Narrowing:
    """One walk over the nodes, which knows in which type each result is at hand."""

    def __init__(self, program: Program) -> None:
        self.program, self.half = program, program.target.dtype
        self.dtypes = dict.fromkeys(program.inputs, "float32")
        self.tensors = dict(program.tensors)
        self.nodes: list[NodeProto] = []
        self.copies: dict[tuple[str, str], str] = {}
        self.outputs = frozenset(program.outputs)

    def result(self) -> Program:
        for node in self.program.nodes:
            self._add(node)
        return replace(
            self.program, nodes=tuple(self.nodes), tensors=self.tensors, dtypes=self.dtypes
        )

    def _add(self, node: NodeProto) -> None:
        if node.op_type == "Constant":
            self._add_constant(node)
            return
        dtype = "float32" if node.name in self.program.exact else self.half
        made = NodeProto()
        made.CopyFrom(node)
        for at, name in enumerate(node.input):
            made.input[at] = self._in_type(name, dtype)
        for at, name in enumerate(node.output):
            if name in self.outputs and dtype != "float32":
                made.output[at] = f"{name}/{self.half}"
            self.dtypes[made.output[at]] = dtype
        self.nodes.append(made)
        for inner, name in zip(made.output, node.output, strict=True):
            if inner != name:
                made.name = inner
                self.nodes.append(_cast(inner, name, name, "float32"))
                self.dtypes[name] = "float32"
                self.copies[name, self.half] = inner

    def _add_constant(self, node: NodeProto) -> None:
        """Numbers that half precision reads are half precision; shapes stay what they are."""
        (name,) = node.output
        tensor = node.attribute[0].t
        readers = self.program.readers.get(name, ())
        exact = any(reader.name in self.program.exact for reader in readers)
        if tensor.data_type != TensorProto.FLOAT or exact:
            self.nodes.append(node)
            self.dtypes[name] = "float32" if tensor.data_type == TensorProto.FLOAT else "int64"
            return
        values = cast(name, numpy_helper.to_array(tensor), self.half)
        made = numpy_helper.from_array(values)
        made.data_type = ELEMENTS[self.half]
        self.nodes.append(helper.make_node("Constant", [], [name], name=node.name, value=made))
        self.dtypes[name] = self.half

    def _in_type(self, name: str, dtype: str) -> str:
        """The name under which a result is there in a type; a cast is added where it is not yet."""
        if name in self.tensors:
            self.tensors[name] = replace(self.tensors[name], dtype=dtype)
            return name
        if not name or self.dtypes[name] in (dtype, "int64"):
            return name
        if (name, dtype) not in self.copies:
            copy = self.copies[name, dtype] = f"{name}/{dtype}"
            self.nodes.append(_cast(name, copy, copy, dtype))
        return self.copies[name, dtype]


def _cast(source: str, target: str, name: str, dtype: str) -> NodeProto:
    return helper.make_node("Cast", [source], [target], name=name, to=ELEMENTS[dtype])
