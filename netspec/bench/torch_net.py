"""A net in PyTorch: a torch.nn.Module that computes what a graph's layers are lowered to.

Made from the operators as they are first written, before any of netspec's passes, as a person
would build the net from torch.nn.functional.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from netspec.bench.operators import RULES, Calls
from netspec.graph.graph import Graph
from netspec.onnxgen.emit import emit
from netspec.onnxgen.steps import Step, steps
from netspec.onnxgen.target import DEFAULT
from netspec.weights.values import Values

#: Operators whose constants are numbers to compute with, not shapes, axes and borders.
_COMPUTES = frozenset({"Add", "Conv", "Div", "InstanceNormalization", "Mul", "Pow"})
#: Operators whose results are tensors of their own, not views of others.
_FRESH = frozenset({"Add", "BatchNormalization", "Conv", "Gemm", "Relu"})
#: What the constants of a net are folded by.
_FOLDS: Mapping[str, Callable[..., Any]] = {
    "Expand": np.broadcast_to,
    "Unsqueeze": lambda value, axes: np.expand_dims(value, tuple(axes)),
}


def torch_net(graph: Graph, values: Values) -> Any:
    """The net as a torch.nn.Module in evaluation mode: inputs in the spec's order, a tuple of the
    outputs in theirs.

    It changes tensors in place where none but the next layer reads them, as PyTorch's own nets do.
    """
    program = emit(graph, DEFAULT)
    net = _Net(steps(program), importlib.import_module("torch"))
    for name, tensor in program.tensors.items():
        net.add_tensor(name, tensor.make(values))
    return net.build(program.inputs, program.outputs)


class _Net:
    """A torch.fx graph on its way to a module."""

    def __init__(self, found: tuple[Step, ...], torch: Any) -> None:
        self.steps, self.torch = found, torch
        self.graph = importlib.import_module("torch.fx").Graph()
        self.calls = Calls(self.graph, torch)
        self.root, self.held = torch.nn.Module(), 0
        self.values: dict[str, Any] = {"": None}
        self.readers: dict[str, int] = {}
        for step in found:
            for name in step.inputs:
                self.readers[name] = self.readers.get(name, 0) + 1
        self.makers = {step.output: step.op for step in found}

    def add_tensor(self, name: str, array: Any) -> None:
        """A learned tensor, or a constant to compute with, held by the module."""
        held = f"t{self.held}"
        self.held += 1
        self.root.register_buffer(held, self.torch.from_numpy(np.ascontiguousarray(array)))
        self.values[name] = self.graph.get_attr(held)

    def build(self, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> Any:
        """The module."""
        for at, name in enumerate(inputs):
            self.values[name] = self.graph.placeholder(f"x{at}")
        kept = frozenset(outputs)
        for step in self.steps:
            self.values[step.output] = self._result(step, kept)
        self.graph.output(tuple(self.values[name] for name in outputs))
        fx = importlib.import_module("torch.fx")
        return fx.GraphModule(self.root, self.graph).eval()

    def _result(self, step: Step, kept: frozenset[str]) -> Any:
        if step.op == "Constant":
            return step.attributes["value"]
        given = [self.values[name] for name in step.inputs]
        if step.op in _FOLDS and all(isinstance(value, np.ndarray) for value in given):
            return _FOLDS[step.op](*given)
        if step.op in _COMPUTES:
            given = [
                self._number(name, value) for name, value in zip(step.inputs, given, strict=True)
            ]
        if step.op in ("Relu", "Add") and self._is_free(step.inputs[0], kept):
            if step.op == "Add":
                return self.calls.method("add_", *given)
            return self.calls("relu", given[0], inplace=True)
        return RULES[step.op](self.calls, given, step.attributes)

    def _number(self, name: str, value: Any) -> Any:
        """A constant as something to compute with: a number, or a tensor of the module."""
        if not isinstance(value, np.ndarray):
            return value
        if value.ndim == 0:
            return float(value)
        self.add_tensor(name, value)
        return self.values[name]

    def _is_free(self, name: str, kept: frozenset[str]) -> bool:
        """Whether a tensor may be overwritten by its only reader."""
        return self.makers.get(name) in _FRESH and self.readers[name] == 1 and name not in kept
