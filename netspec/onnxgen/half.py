"""Half precision: weights and arithmetic in 16 bits, float32 where it matters.

The inputs and outputs of the model stay float32, and so do softmax, normalisation, losses and
updates (Micikevicius et al. 2018, "Mixed precision training", section 3). Where the type changes
there is a Cast, one for each result and type, and none that takes away what another gives back: a
reader that needs float32 reads the float32 result where there is one.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from onnx import NodeProto, TensorProto, helper, numpy_helper

from netspec.onnxgen.demand import MOVES, exact_nodes, wanted_whole
from netspec.onnxgen.optimise.rewriting import attribute_of, wired, with_numbers
from netspec.onnxgen.precision import cast
from netspec.onnxgen.program import Program
from netspec.onnxgen.signature import Signature, signature
from netspec.onnxgen.target import ELEMENTS

#: What no cast applies to: truth values, and the numbers that are shapes, axes and places.
_WHOLE = "whole"


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
        self.exact = exact_nodes(program)
        self.nodes: list[NodeProto] = []
        self.dtypes = {name: self._stored(name) for name in program.tensors}
        self.dtypes |= {name: _given(program, name) for name in program.inputs}
        self.copies: dict[tuple[str, str], str] = {}
        self.makers: dict[str, NodeProto] = {}  # of numbers in whatever type a reader wants
        self.wanted = wanted_whole(program, self.exact)

    def result(self) -> Program:
        for node in self.program.nodes:
            if _makes_any_float(node):
                self.makers[node.output[0]] = node
                if node.output[0] in self.program.visible:
                    self._in_type(node.output[0], "float32")
            elif node.op_type == "Constant":
                self.dtypes[node.output[0]] = _WHOLE
                self.nodes.append(node)
            else:
                self._add(node)
        tensors = {
            name: replace(tensor, dtype=self.dtypes[name])
            for name, tensor in self.program.tensors.items()
        }
        floats = {n: t for n, t in self.dtypes.items() if n not in tensors and t != _WHOLE}
        dtypes = {**self.program.dtypes, **floats}
        return replace(self.program, nodes=tuple(self.nodes), tensors=tensors, dtypes=dtypes)

    def _stored(self, name: str) -> str:
        """The type of what stays the same in every run: float32 where somebody reads it so."""
        readers = self.program.readers.get(name, ())
        narrow = all(
            reader.name not in self.exact and self._signature(reader).reads(at)
            for reader in readers
            for at, read in enumerate(reader.input)
            if read == name
        )
        return self.half if narrow else "float32"

    def _signature(self, node: NodeProto) -> Signature:
        return signature(node, self.program.target.opset)

    def _type_of(self, node: NodeProto) -> str:
        """The type in which a node computes.  What moves elements or asks about them takes them as
        they come, but that a Cast to half comes before what moves them.
        """
        reads = self._signature(node).reads
        read = (name for at, name in enumerate(node.input) if name and reads(at))
        there = [self.dtypes.get(name, "") for name in read]  # a constant has none yet
        if all(dtype == _WHOLE for dtype in there):
            return _WHOLE
        if node.name in self.exact:
            return "float32"
        known = next(filter(None, there), "float32")
        if node.op_type in MOVES:
            return self.half if self.wanted.isdisjoint(node.output) else known
        return self.half if self._signature(node).makes(0) else known

    def _add(self, node: NodeProto) -> None:
        """A node in its type; its results that are visible are float32 by their own names."""
        dtype, own = self._type_of(node), self._signature(node)
        inputs = [
            self._in_type(name, dtype if own.reads(at) else "float32")
            for at, name in enumerate(node.input)
        ]
        made, edge = wired(node, inputs, node.output), list[NodeProto]()
        other = _WHOLE
        if node.op_type == "RandomUniformLike":  # the same numbers in all types
            made, other = with_numbers(made, dtype=TensorProto.FLOAT), "float32"
        for at, name in enumerate(node.output):
            self.dtypes[name] = dtype if own.makes(at) else other
            if name in self.program.visible and self.dtypes[name] == self.half:
                edge.append(self._to_edge(made, at))
        if not (made.op_type == "Identity" and edge):
            self.nodes.append(made)
        self.nodes += edge

    def _to_edge(self, node: NodeProto, at: int) -> NodeProto:
        """The Cast to an output's name, which the node gives up; a copy is a Cast itself."""
        name = node.output[at]
        inner = f"{name}/{self.half}" if node.op_type != "Identity" else node.input[0]
        node.output[at] = inner
        if node.name == name:
            node.name = inner  # the cast to the old name is called as that
        self.dtypes[inner], self.dtypes[name] = self.half, "float32"
        self.copies[name, self.half] = inner
        return _cast(inner, name, "float32")

    def _in_type(self, name: str, dtype: str) -> str:
        """The name under which a result is there in a type; what makes it so is added where it is
        not yet.
        """
        if not name or self.dtypes.get(name) in (dtype, _WHOLE):
            return name
        if (name, dtype) not in self.copies:
            copy = f"{name}/{dtype}" if name in self.dtypes else name
            self.dtypes.setdefault(name, dtype)
            self.copies[name, dtype] = copy
            maker = self.makers.get(name)
            self.nodes.append(
                _cast(name, copy, dtype) if maker is None else _as(maker, copy, dtype)
            )
        return self.copies[name, dtype]


def _given(program: Program, name: str) -> str:
    """The type of an input."""
    dtype = program.dtypes.get(name, "float32")
    return dtype if dtype == "float32" else _WHOLE


def _makes_any_float(node: NodeProto) -> bool:
    """Whether it makes floats of nothing that has their type."""
    match node.op_type:
        case "Cast":
            return bool(attribute_of(node, "to", None) == TensorProto.FLOAT)
        case "Constant" | "ConstantOfShape":
            value = attribute_of(node, "value", None)
            return value is None or bool(value.data_type == TensorProto.FLOAT)
    return False


def _as(maker: NodeProto, name: str, dtype: str) -> NodeProto:
    """What makes any float, in a type and by a name."""
    made = wired(maker, maker.input, [name])
    made.name = name
    if dtype == "float32":
        return made
    if maker.op_type == "Cast":
        return with_numbers(made, to=ELEMENTS[dtype])
    value = attribute_of(maker, "value", None)
    values = np.zeros(1, np.float32) if value is None else numpy_helper.to_array(value)
    tensor = numpy_helper.from_array(cast(name, values, dtype))
    tensor.data_type = ELEMENTS[dtype]
    made.ClearField("attribute")
    made.attribute.append(helper.make_attribute("value", tensor))
    return made


def _cast(source: str, target: str, dtype: str) -> NodeProto:
    return helper.make_node("Cast", [source], [target], name=target, to=ELEMENTS[dtype])
