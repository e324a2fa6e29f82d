"""Program -> the program without what a gradient says twice or nobody reads."""

from __future__ import annotations

from functools import reduce

from netspec.onnxgen.optimise.equals import merge_equals
from netspec.onnxgen.optimise.identities import drop_identities
from netspec.onnxgen.optimise.outputs import name_outputs
from netspec.onnxgen.optimise.unused import drop_unused
from netspec.onnxgen.optimise.views import merge_views
from netspec.onnxgen.program import Program

#: Not among them is what folds tensors into others: backward they are read as they are.
_PASSES = (merge_equals, drop_identities, merge_views, name_outputs, merge_equals, drop_unused)


def simplified(program: Program) -> Program:
    """The program with nothing computed twice, and no node that no output needs."""
    return reduce(lambda made, each: each(made), _PASSES, program)
