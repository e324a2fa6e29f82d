"""Spec -> Graph, or as much of it as can be shaped, with everything that is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass

from netspec.graph.evaluate import Refusal
from netspec.graph.expansion import Expansion
from netspec.graph.graph import Graph, Node
from netspec.graph.growth import Unshaped
from netspec.graph.place import Findings, TooManyError
from netspec.graph.usage import Usage
from netspec.graph.work import Exhausted
from netspec.text.diagnostics import Diagnostic, SpecError, in_order
from netspec.text.limits import MAX_STEPS
from netspec.text.spec import Spec


@dataclass(frozen=True, eq=False)
class Elaboration:
    """What became of a spec: the layers that could be shaped, the graph if all could, and the
    findings.
    """

    nodes: tuple[Node, ...]
    graph: Graph | None
    diagnostics: tuple[Diagnostic, ...]
    usage: Usage
    unshaped: tuple[Unshaped, ...] = ()


def elaborate(spec: Spec) -> Graph:
    """The graph of a spec; SpecError with all findings where there is an error."""
    done = elaborate_all(spec)
    if done.graph is None:
        raise SpecError(in_order(done.diagnostics))
    return done.graph


def elaborate_all(spec: Spec, steps: int = MAX_STEPS) -> Elaboration:
    """The graph of a spec as far as it can be shaped; never raises SpecError.

    With fewer `steps` than MAX_STEPS a net that takes more is followed so far, with a warning.
    """
    findings = Findings()
    expansion = Expansion(spec, findings, steps)
    growth, usage, outputs = expansion.growth, expansion.usage, None
    try:
        outputs = expansion.run()
    except Refusal as refusal:  # too many layers: what there is of them says nothing
        return Elaboration((), None, (*findings, refusal.diagnostic), usage)
    except Exhausted as end:
        usage.cut = True
        if steps >= MAX_STEPS:
            return Elaboration((), None, (*findings, _too_long(end)), usage)
        findings.append(_unfollowed(end))
    except TooManyError:
        usage.cut = True
    nodes = tuple(growth.nodes)
    if outputs is None or findings.failed:
        return Elaboration(nodes, None, tuple(findings), usage, tuple(growth.unshaped))
    inputs = {node.name: node.type for node in nodes if node.layer.source}
    return Elaboration(nodes, Graph(spec, nodes, inputs, outputs), tuple(findings), usage)


def _too_long(end: Exhausted) -> Diagnostic:
    message = f"the net takes more than {end.most:,} steps to expand"
    return Diagnostic("too-many-layers", message, end.span, help="lower the repeat counts")


def _unfollowed(end: Exhausted) -> Diagnostic:
    message = f"the net takes more than {end.most:,} steps to expand, and the rest is not checked"
    advice = "allow more steps, or lower the repeat counts"
    return Diagnostic("too-many-layers", message, end.span, help=advice, severity="warning")
