"""Graphs for tests: from a text, or around a single layer."""

from __future__ import annotations

from pathlib import Path

from netspec.graph import Graph, Node
from netspec.graph.elaborate import elaborate
from netspec.layers.io import Input as InputLayer
from netspec.text.source import Source, Span
from netspec.text.spec import Spec, parse
from netspec.weights.initial import FloatArray, Seeded
from netspec.weights.values import Values
from tests.layer_samples import Sample

#: A net with one of each thing that compiling and running care about.
SMALL = """\
netspec: 1
name: small
doc: a small net
input:
  shape: 3x8x8
  image: {resize: 8, crop: 8, mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25]}
net: INPUT -> CONV(4, 3, pad=1) -> BN -> RELU -> POOL(2) -> FC(8) -> TANH -> FC(3)
output: {labels: [ant, bee, cat]}
"""

TWO_INPUTS = """\
netspec: 1
name: two
input: {left: 4, right: 3}
net: "CONCAT{ INPUT(left) -> FC(2) | INPUT(right) } -> FC(2)"
"""


def graph_of(text: str, folder: Path | None = None) -> Graph:
    """The graph of a spec's text."""
    return elaborate(parse(Source("test.yaml", text), folder))


def graph_around(sample: Sample) -> Graph:
    """A graph of one layer on inputs of a sample's shapes, `y` its output."""
    source = Source("test.yaml", "test")
    span = Span(source, 0, 4)
    spec = Spec(source, None, "test", "", (), (), (), {}, (), None, (), None)
    inputs = {f"x{at}": kind for at, kind in enumerate(sample.inputs)}
    nodes = [Node(name, InputLayer(), (), kind, span) for name, kind in inputs.items()]
    last = Node("y", sample.layer, tuple(inputs), sample.layer.infer(sample.inputs), span)
    return Graph(spec, (*nodes, last), inputs, {"output": "y"})


def all_values(graph: Graph, values: Values | None = None) -> dict[str, FloatArray]:
    """All weights of a graph by name: of `values`, else seeded."""
    chosen = Seeded(graph) if values is None else values
    return {name: chosen.read(name) for name, _ in graph.all_weights()}
