"""Graph -> the program that is written: emitted, rewritten, narrowed."""

from __future__ import annotations

from collections.abc import Iterable

from netspec.graph.graph import Graph
from netspec.onnxgen.emit import emit
from netspec.onnxgen.half import in_half
from netspec.onnxgen.program import Program
from netspec.onnxgen.target import DEFAULT, Target


def build(graph: Graph, target: Target = DEFAULT, keep: Iterable[str] = ()) -> Program:
    """The program of a graph for a target.  `keep` names layers whose results must be there."""
    return in_half(emit(graph, target, keep))
