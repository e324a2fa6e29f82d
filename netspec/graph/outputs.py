"""The outputs of a net: the last tensor, and those that `output` names."""

from __future__ import annotations

from collections.abc import Mapping

from netspec.graph.evaluate import Refusal
from netspec.graph.graph import Node
from netspec.graph.labels import Labels
from netspec.graph.place import Flow
from netspec.graph.scope import Scope, Unknown
from netspec.graph.values import tap_index
from netspec.text.diagnostics import Diagnostic
from netspec.text.spec import Spec

#: The name of the last tensor of a net.
MAIN = "output"


def read_outputs(
    spec: Spec,
    labels: Labels,
    last: Flow,
    nodes: Mapping[str, Node],
    where: Scope,
    diagnostics: list[Diagnostic],
) -> dict[str, str] | None:
    """Output names and the nodes they are, the main one first; None where the last tensor is not
    known.
    """
    outputs = {MAIN: last.name} if isinstance(last, Node) else {}
    for output in spec.outputs:
        try:
            node = labels.get(output.tap.label, tap_index(output.tap, where), output.span)
        except Refusal as refusal:
            refusal.span = output.span
            diagnostics.append(refusal.diagnostic)
            continue
        except Unknown:
            continue
        if output.name == MAIN or (output.name in nodes and output.name != node):
            message = f"`{output.name}` names the net's last tensor or another layer"
            diagnostics.append(
                Diagnostic("output", message, output.span, help="choose another name")
            )
            continue
        outputs[output.name] = node
    if not isinstance(last, Node):
        return None
    _check_labels(spec, last, diagnostics)
    return outputs


def is_one_chance(spec: Spec, last: Node) -> bool:
    """Whether the last tensor is one number, the chance of the second of two classes."""
    two = len(spec.labels) in (0, 2)
    return last.layer.logistic and last.type.shape == (1,) and two


def _check_labels(spec: Spec, last: Node, diagnostics: list[Diagnostic]) -> None:
    count = 2 if spec.labels and is_one_chance(spec, last) else last.type.shape[0]
    if spec.labels and spec.labels_span and len(spec.labels) != count:
        message = f"there are {len(spec.labels)} labels for {count} classes"
        diagnostics.append(
            Diagnostic("labels-count", message, spec.labels_span, severity="warning")
        )
