"""Program -> the program with nodes that compute gradients: reverse-mode differentiation, symbol to
symbol (Goodfellow, Bengio & Courville 2016, "Deep learning", section 6.5.5).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from netspec.graph.graph import Graph, Node
from netspec.layers import Value
from netspec.onnxgen.emit import LayerEmitter, Mode
from netspec.onnxgen.program import Operator, Program, operator

#: How gradients pass RELU and RELU6, for pictures of what a net sees. `plain`: by the derivative.
#: `guided`: what is below 0 in dY stops there too (Springenberg et al. 2014, "Striving for
#: simplicity"). `deconv`: that alone stops, whatever the forward pass was (Zeiler & Fergus 2013,
#: "Visualizing and understanding convolutional networks", section 2.1). Other activations, of which
#: neither says anything, pass gradients by their derivative.
Rule: TypeAlias = Literal["plain", "guided", "deconv"]


@dataclass(frozen=True)
class Differentiated:
    """A program with nodes that compute gradients.

    `found` are their names by tensor. `readers` are by learned tensor the gradients that are made
    from it, of the inputs of its layer: it must not change before they are there.
    """

    program: Program
    found: Mapping[str, str]
    readers: Mapping[str, tuple[str, ...]]


def gradients(
    program: Program,
    of: str,
    seed: str,
    wrt: Collection[str],
    mode: Mode,
    rule: Rule = "plain",
) -> Differentiated:
    """The program with nodes that compute dL/dT for each tensor T of `wrt`.

    L is a scalar with dL/d`of` = `seed`, the name of a tensor. `wrt` names inputs, layers and
    learned tensors. A tensor that `of` does not depend on has no gradient, and is left out. `mode`
    is that of the program. By another rule than `plain` these are no gradients.
    """
    return _Backward(program, mode, rule).run(of, seed, wrt)


class _Backward:
    """One walk against the order of execution, which gathers what reaches each result."""

    def __init__(self, program: Program, mode: Mode, rule: Rule) -> None:
        self.program, self.graph, self.mode, self.rule = program, program.graph, mode, rule
        self.nodes: list[Operator] = []
        self.exact = set(program.exact)
        self.reached: dict[str, list[str]] = {}
        self.weights: dict[str, str] = {}
        self.readers: dict[str, tuple[str, ...]] = {}

    def run(self, of: str, seed: str, wrt: Collection[str]) -> Differentiated:
        wanted = frozenset(wrt)
        live = _between(self.graph, of, wanted)
        found: dict[str, str] = {}
        self.reached[of] = [seed]
        for node in reversed(self.graph.nodes):
            if node.name not in live or node.name not in self.reached:
                continue
            dy = self._sum(node.name)
            if node.name in wanted:
                found[node.name] = dy
            if not node.layer.source:
                self._through(node, dy, live)
        found |= {name: made for name, made in self.weights.items() if name in wanted}
        nodes = (*self.program.nodes, *self.nodes)
        made = replace(self.program, nodes=nodes, exact=frozenset(self.exact))
        ordered = {name: found[name] for name in wrt if name in found}
        return Differentiated(made, ordered, self.readers)

    def _sum(self, name: str) -> str:
        """dL/d of a result: the sum of what comes from all that read it."""
        parts = self.reached[name]
        if len(parts) == 1:
            return parts[0]
        total = f"{name}/grad"
        self.nodes.append(operator("Sum", parts, total))
        return total

    def _through(self, node: Node, dy: str, live: Collection[str]) -> None:
        opset = self.program.target.opset
        emitter = LayerEmitter(node.name, opset, self.mode, scope=f"{node.name}/grad")
        inputs = tuple(Value(name, self.graph.by_name[name].type) for name in node.inputs)
        output = Value(node.name, node.type)
        if self.rule != "plain" and node.layer.clamps:
            dy = emitter.node("Relu", dy)
        made = node.layer.grad(inputs, output, dy, emitter)
        if self.rule == "deconv" and node.layer.clamps:
            made = replace(made, inputs=(dy,))
        self.nodes += emitter.made
        if node.layer.exact:
            self.exact.update(each.name for each in emitter.made)
        onward = [pair for pair in zip(node.inputs, made.inputs, strict=True) if pair[0] in live]
        for name, dx in onward:
            self.reached.setdefault(name, []).append(dx)
        for name, dw in made.weights.items():
            self.weights[f"{node.name}.{name}"] = dw
            self.readers[f"{node.name}.{name}"] = tuple(dx for _, dx in onward)


def _between(graph: Graph, of: str, wrt: frozenset[str]) -> frozenset[str]:
    """The layers that `of` depends on and that depend on a tensor of `wrt`, both ends included."""
    below: set[str] = set()
    for node in graph.nodes:
        own = node.name in wrt or any(f"{node.name}.{name}" in wrt for name in graph.weights(node))
        if own or any(name in below for name in node.inputs):
            below.add(node.name)
    above = {of}
    for node in reversed(graph.nodes):
        if node.name in above:
            above.update(node.inputs)
    return frozenset(below & above)
