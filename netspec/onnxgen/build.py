"""Graph -> the program that is written: emitted, rewritten, narrowed."""

from __future__ import annotations

from collections.abc import Iterable

from netspec.graph.graph import Graph
from netspec.onnxgen.emit import emit
from netspec.onnxgen.half import in_half
from netspec.onnxgen.optimise.passes import optimise
from netspec.onnxgen.program import Program
from netspec.onnxgen.target import DEFAULT, Target


def build(
    graph: Graph, target: Target = DEFAULT, keep: Iterable[str] = (), optimised: bool = True
) -> Program:
    """The program of a graph for a target.

    `keep` names layers whose results must be there; unless `optimised`, all of them are, and the
    nodes are those that the layers stand for.
    """
    program = emit(graph, target, keep)
    return in_half(optimise(program) if optimised else program)
