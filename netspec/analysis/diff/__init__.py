"""Two graphs -> what changed between them, layer by layer, and what each change costs."""

from netspec.analysis.diff.compare import diff_graphs
from netspec.analysis.diff.pair import Change, GraphDiff, Pair

__all__ = ["Change", "GraphDiff", "Pair", "diff_graphs"]
