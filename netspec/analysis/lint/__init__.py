"""Findings about nets that are valid and probably not meant: what every CNN course warns of.

Each is a function of the graph, which yields a diagnostic for each place of the text.  A warning is
a mistake until the author says otherwise; a note is a matter of taste, which published nets decide
both ways.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import TypeAlias

from netspec.analysis.lint.activations import (
    activation_before_softmax,
    missing_activation,
    repeated_activation,
)
from netspec.analysis.lint.dead import dead_layers
from netspec.analysis.lint.norms import bias_before_bn, dropout_before_bn
from netspec.analysis.lint.size import large_fc
from netspec.analysis.lint.softmax import early_softmax
from netspec.analysis.lint.windows import pool_1x1, uneven_input, window_remainder
from netspec.graph import Graph
from netspec.text.diagnostics import Diagnostic
from netspec.text.limits import MAX_DIAGNOSTICS

Lint: TypeAlias = Callable[[Graph], Iterator[Diagnostic]]

#: What holds for any part of a net, whatever follows.
_LOCAL: tuple[Lint, ...] = (
    window_remainder,
    pool_1x1,
    missing_activation,
    repeated_activation,
    activation_before_softmax,
    early_softmax,
    bias_before_bn,
    dropout_before_bn,
)
#: What only a whole net shows.
_WHOLE: tuple[Lint, ...] = (
    large_fc,
    dead_layers,
)


def lint(graph: Graph) -> list[Diagnostic]:
    """The findings about a net; what the text writes once is warned of once."""
    found = _run((*_LOCAL, *_WHOLE), graph)
    remainders = [d for d in found if d.code == "window-remainder"]
    if remainders and (cause := _run((uneven_input,), graph)):
        return [*(d for d in found if d not in remainders), *cause]
    return found


def lint_part(graph: Graph) -> list[Diagnostic]:
    """The findings about the part of a rejected net that could be shaped."""
    return _run(_LOCAL, graph)


def _run(lints: tuple[Lint, ...], graph: Graph) -> list[Diagnostic]:
    return [found for each in lints for found in islice(each(graph), MAX_DIAGNOSTICS)]
