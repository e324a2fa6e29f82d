"""The growing graph: layers are shaped, named and appended.  The only caller of `infer`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from netspec.graph.evaluate import Refusal
from netspec.graph.graph import Node
from netspec.graph.naming import Namer
from netspec.graph.notes import way_notes
from netspec.graph.place import Findings, Place
from netspec.layers import Layer, TensorType
from netspec.text.diagnostics import LayerError
from netspec.text.source import Span
from netspec.text.syntax import Call, Name


@dataclass(frozen=True, slots=True)
class Unshaped:
    """A layer whose rules refuse its inputs, tried when `before` layers had been shaped."""

    name: str
    layer: Layer
    before: int


class Growth:
    """The layers made so far, in order of execution."""

    def __init__(self, findings: Findings) -> None:
        self.nodes: list[Node] = []
        self.by_name: dict[str, Node] = {}
        self.unshaped: list[Unshaped] = []
        self._findings = findings
        self._namer = Namer()
        self._types: dict[TensorType, TensorType] = {}
        #: By the identity of the layer and of its inputs' types, which the nodes keep alive.
        self._inferred: dict[tuple[int, ...], TensorType] = {}

    def reserve(self, name: str, span: Span) -> None:
        """Keep a name for an input."""
        self._namer.reserve(name, span)

    def enter(
        self, name: str, layer: Layer, declared: TensorType, call: Call, place: Place
    ) -> Node:
        """Append an input."""
        output = layer.infer((declared,))
        return self._append(Node(name, layer, (), output, call.span, place.step))

    def add(
        self,
        layer: Layer,
        inputs: tuple[Node, ...],
        call: Call,
        place: Place,
        hand: Name | None = None,
        arguments: dict[str, Span] | None = None,
    ) -> Node | None:
        """Append a layer; None, with a finding, where its rules refuse the inputs.

        `hand` is a name given in the call, `arguments` the places of the hyperparameters written
        there.
        """
        try:
            output = self._infer(layer, inputs)
            if hand is None:
                name = self._namer.automatic(layer.keyword, place.prefix)
            else:
                name = self._namer.by_hand(hand, place.prefix)
        except LayerError as error:
            shown = hand.text if hand else self._namer.next(layer.keyword, place.prefix)
            span = (arguments or {}).get(error.argument or "", call.span)
            way = partial(way_notes, shown, place.step, inputs, self.by_name)
            error.help = _most_repeats(error, place) or error.help
            self._findings.refused(error, span, way)
            self.unshaped.append(Unshaped(shown, layer, len(self.nodes)))
            return None
        except Refusal as refusal:
            self._findings.keep(refusal, place)
            return None
        names = tuple([node.name for node in inputs])
        return self._append(Node(name, layer, names, output, call.span, place.step))

    def _infer(self, layer: Layer, inputs: tuple[Node, ...]) -> TensorType:
        """The output type of a layer; equal types are one object, told by identity."""
        key = (id(layer), *[id(node.type) for node in inputs])
        output = self._inferred.get(key)
        if output is None:
            output = layer.infer(tuple([node.type for node in inputs]))
            output = self._inferred[key] = self._types.setdefault(output, output)
        return output

    def _append(self, node: Node) -> Node:
        self.nodes.append(node)
        self.by_name[node.name] = node
        return node


def _most_repeats(error: LayerError, place: Place) -> str | None:
    """Help for a window that an input shrunk by a repeat no longer holds: how often it may run."""
    steps = place.step.chain() if place.step else ()
    repeat = next((step for step in reversed(steps) if step.kind == "repeat"), None)
    if error.code != "window-too-large" or repeat is None or repeat.index == 1:
        return None
    most = repeat.index - 1
    if repeat.label.isdigit():
        return f"`*{most}` is the most that this input allows; or use `pad=same`"
    return f"this input allows {most} of the {repeat.count} iterations; or use `pad=same`"
