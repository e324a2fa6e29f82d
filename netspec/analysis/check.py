"""Everything that can be found wrong with a spec, in one run."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from netspec.analysis.lint import lint, lint_part
from netspec.graph import Graph, Node
from netspec.graph.elaborate import elaborate_all
from netspec.graph.growth import Unshaped
from netspec.graph.unused import unused
from netspec.text.decode import decode
from netspec.text.diagnostics import Diagnostic, SpecError, in_order
from netspec.text.limits import MAX_DIAGNOSTICS, MAX_STEPS
from netspec.text.source import Source, Span
from netspec.text.spec import Spec, read_spec
from netspec.text.tree import Tree


@dataclass(frozen=True, eq=False)
class Checked:
    """What a source turned out to be: `spec` and `graph` as far as they could be made."""

    source: Source
    spec: Spec | None
    nodes: tuple[Node, ...]
    graph: Graph | None
    diagnostics: tuple[Diagnostic, ...]
    unshaped: tuple[Unshaped, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether there is no error."""
        return self.graph is not None


def check_source(
    source: Source,
    folder: Path | None = None,
    overrides: Mapping[str, Tree] | None = None,
    steps: int = MAX_STEPS,
) -> Checked:
    """Read, elaborate and lint a source; never raises for anything that stands in it.

    A net that takes more `steps` to expand is followed so far.
    """
    spec, found = read_spec(source, folder, overrides)
    if spec is None:
        return Checked(source, None, (), None, _first(found))
    whole = not _failed(found)
    done = elaborate_all(spec, steps)
    found += done.diagnostics
    found += unused(spec, done.usage, found, whole)
    graph = None if _failed(found) else done.graph
    if graph is not None:
        found += lint(graph)
    elif not done.usage.doubtful and not any(d.code == "bad-name" for d in found):
        found += _lint_beside_errors(spec, done.nodes, found)
    if "ignore" in spec.source.text:
        from netspec.analysis.suppress import obey_ignores  # most specs hide nothing

        whole = graph is not None and not overrides and len(found) < MAX_DIAGNOSTICS
        found = obey_ignores(spec.source, found, exact=whole)
    return Checked(source, spec, done.nodes, graph, _first(found), done.unshaped[:MAX_DIAGNOSTICS])


def check_bytes(
    data: bytes, name: str, folder: Path | None = None, overrides: Mapping[str, Tree] | None = None
) -> Checked:
    """`check_source` for the bytes of a file, which may be too many or not UTF-8."""
    try:
        return check_source(decode(data, name), folder, overrides)
    except SpecError as error:
        return Checked(error.diagnostics[0].span.source, None, (), None, error.diagnostics)


def _failed(found: list[Diagnostic]) -> bool:
    return any(d.severity == "error" for d in found)


def _lint_beside_errors(
    spec: Spec, nodes: tuple[Node, ...], found: list[Diagnostic]
) -> list[Diagnostic]:
    """What can be said of the layers that were shaped, but for calls that have an error."""
    inputs = {node.name: node.type for node in nodes if node.layer.source}
    wrong = sorted(d.span.start for d in found if d.severity == "error")
    part = lint_part(Graph(spec, nodes, inputs, {}))
    return [d for d in part if not _has_error(d.span, wrong)]


def _has_error(call: Span, wrong: list[int]) -> bool:
    """Whether one of the sorted offsets lies between a call and the next arrow."""
    at = bisect_left(wrong, call.start)
    return at < len(wrong) and "->" not in call.source.text[call.end : wrong[at]]


def _first(found: list[Diagnostic]) -> tuple[Diagnostic, ...]:
    """The findings in order, errors kept first where there are too many to print."""
    ordered = in_order(found)
    if len(ordered) > MAX_DIAGNOSTICS:
        ordered.sort(key=lambda d: d.severity != "error")
        ordered = in_order(ordered[:MAX_DIAGNOSTICS])
    return tuple(ordered)
