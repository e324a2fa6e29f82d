"""Half precision: weights and arithmetic in 16 bits, float32 where it matters.

The inputs and outputs of the model stay float32, and so do softmax and normalisation
(Micikevicius et al. 2018, "Mixed precision training", section 3.3). Where the type changes there
is a Cast, one for each result and type, and none that takes away what another gives back: a reader
that needs float32 reads the float32 result where there is one.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from onnx import NodeProto, TensorProto, defs, helper, numpy_helper

from netspec.onnxgen.precision import cast
from netspec.onnxgen.program import Program
from netspec.onnxgen.target import ELEMENTS

#: Operators that move elements and compute nothing: they take each type as it comes.
_MOVES = frozenset(
    {"Expand", "Flatten", "Identity", "Reshape", "Slice", "Squeeze", "Transpose", "Unsqueeze"}
)
#: What no cast applies to: the numbers that are shapes, axes and places.
_WHOLE = "int64"


def in_half(program: Program) -> Program:
    """The program with weights and arithmetic in its target's type.

    The results of layers that are kept are float32 too: someone wants to read them.
    """
    if program.target.dtype == "float32":
        return program
    return _Narrowing(program).result()


class _Narrowing:
    """One walk over the nodes, which knows in which type each result is at hand."""

    def __init__(self, program: Program) -> None:
        self.program, self.half = program, program.target.dtype
        self.nodes: list[NodeProto] = []
        self.dtypes = {name: self._stored(name) for name in program.tensors}
        self.dtypes |= dict.fromkeys(program.inputs, "float32")
        self.copies: dict[tuple[str, str], str] = {}

    def result(self) -> Program:
        for node in self.program.nodes:
            if node.op_type == "Constant":
                self._add_constant(node)
            elif node.output[0] in self.program.visible:
                self._add_at_edge(node)
            else:
                self._add(node, node.output[0], self._type_of(node))
        tensors = {
            name: replace(tensor, dtype=self.dtypes[name])
            for name, tensor in self.program.tensors.items()
        }
        results = {name: self.dtypes[name] for name in self.dtypes if name not in tensors}
        return replace(self.program, nodes=tuple(self.nodes), tensors=tensors, dtypes=results)

    def _stored(self, name: str) -> str:
        """The type of what stays the same in every run: float32 where somebody reads it so."""
        readers = self.program.readers.get(name, ())
        narrow = all(
            reader.name not in self.program.exact and self._narrows(reader, at)
            for reader in readers
            for at, read in enumerate(reader.input)
            if read == name
        )
        return self.half if narrow else "float32"

    def _narrows(self, node: NodeProto, at: int) -> bool:
        """Whether an input of a node has the type of its result; the scales of Resize have not."""
        kinds, last, result = _types(node.op_type, self.program.target.opset)
        return kinds[min(at, last)] == result

    def _type_of(self, node: NodeProto) -> str:
        """The type in which a node computes."""
        if node.name in self.program.exact:
            return "float32"
        return self.dtypes[node.input[0]] if node.op_type in _MOVES else self.half

    def _add_at_edge(self, node: NodeProto) -> None:
        """A node whose result is float32 by its own name, whatever it computes in."""
        (name,) = node.output
        dtype = self._type_of(node)
        if dtype == "float32":
            self._add(node, name, dtype)
            return
        if node.op_type == "Identity":
            inner = node.input[0]
        else:
            inner = f"{name}/{self.half}"
            self._add(node, inner, dtype)
        self.nodes.append(_cast(inner, name, "float32"))
        self.dtypes[name] = "float32"
        self.copies[name, self.half] = inner

    def _add(self, node: NodeProto, name: str, dtype: str) -> None:
        """A node in a type, and its result by a name."""
        inputs = [
            self._in_type(source, dtype if self._narrows(node, at) else "float32")
            for at, source in enumerate(node.input)
        ]
        made = NodeProto()
        made.CopyFrom(node)
        made.input[:], made.output[:] = inputs, [name]
        if name not in node.output and made.name in node.output:
            made.name = name  # the cast to the old name is called as that
        self.dtypes[name] = dtype
        self.nodes.append(made)

    def _add_constant(self, node: NodeProto) -> None:
        """Numbers that half precision reads are half precision; shapes stay what they are."""
        (name,) = node.output
        tensor = node.attribute[0].t
        self.dtypes[name] = self._stored(name) if tensor.data_type == TensorProto.FLOAT else _WHOLE
        if self.dtypes[name] != self.half:
            self.nodes.append(node)
            return
        values = cast(name, numpy_helper.to_array(tensor), self.half)
        made = numpy_helper.from_array(values)
        made.data_type = ELEMENTS[self.half]
        self.nodes.append(helper.make_node("Constant", [], [name], name=node.name, value=made))

    def _in_type(self, name: str, dtype: str) -> str:
        """The name under which a result is there in a type; a cast is added where it is not yet."""
        if not name or self.dtypes[name] in (dtype, _WHOLE):
            return name
        if (name, dtype) not in self.copies:
            copy = self.copies[name, dtype] = f"{name}/{dtype}"
            self.nodes.append(_cast(name, copy, dtype))
        return self.copies[name, dtype]


@cache
def _types(op: str, opset: int) -> tuple[tuple[str, ...], int, str]:
    """Of an operator the types of its inputs, as its schema names them, the place of the last, and
    the type of its result.
    """
    schema = defs.get_schema(op, opset)
    kinds = tuple(formal.type_str for formal in schema.inputs)
    return kinds, len(kinds) - 1, schema.outputs[0].type_str


def _cast(source: str, target: str, dtype: str) -> NodeProto:
    return helper.make_node("Cast", [source], [target], name=target, to=ELEMENTS[dtype])
