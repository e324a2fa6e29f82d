"""Everything that can be found wrong with a spec, in one run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from netspec.analysis.lint import lint
from netspec.graph import Graph, Node
from netspec.graph.elaborate import elaborate_all
from netspec.text.diagnostics import Diagnostic, in_order
from netspec.text.document import Tree
from netspec.text.limits import MAX_DIAGNOSTICS
from netspec.text.source import Source
from netspec.text.spec import Spec, read_spec


@dataclass(frozen=True, eq=False)
class Checked:
    """What a source turned out to be: `spec` and `graph` as far as they could be read and shaped."""

    source: Source
    spec: Spec | None
    nodes: tuple[Node, ...]
    graph: Graph | None
    diagnostics: tuple[Diagnostic, ...]

    @property
    def ok(self) -> bool:
        """Whether there is no error."""
        return self.graph is not None


def check_source(
    source: Source, folder: Path | None = None, overrides: Mapping[str, Tree] | None = None
) -> Checked:
    """Read, elaborate and lint a source; never raises for anything that stands in it."""
    spec, found = read_spec(source, folder, overrides)
    if spec is None:
        return Checked(source, None, (), None, _first(found))
    done = elaborate_all(spec)
    found += done.diagnostics
    graph = None if any(d.severity == "error" for d in found) else done.graph
    if graph is not None:
        found += lint(graph)
    return Checked(source, spec, done.nodes, graph, _first(found))


def _first(found: list[Diagnostic]) -> tuple[Diagnostic, ...]:
    """The findings in order, errors kept first where there are too many to print."""
    ordered = in_order(found)
    if len(ordered) > MAX_DIAGNOSTICS:
        ordered.sort(key=lambda d: d.severity != "error")
        ordered = in_order(ordered[:MAX_DIAGNOSTICS])
    return tuple(ordered)
