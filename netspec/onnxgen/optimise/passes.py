"""The passes, in the order in which they are applied."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import TypeAlias

from netspec.onnxgen.optimise.constants import share_constants
from netspec.onnxgen.optimise.identities import drop_identities
from netspec.onnxgen.optimise.norms import fold_norms
from netspec.onnxgen.optimise.outputs import name_outputs
from netspec.onnxgen.optimise.pads import merge_pads
from netspec.onnxgen.optimise.unused import drop_unused
from netspec.onnxgen.optimise.views import merge_views
from netspec.onnxgen.program import Program

Pass: TypeAlias = Callable[[Program], Program]

#: Identities and views in the same shape hide from the others what follows what, so they go first;
#: what nobody reads any more goes last. The order of those between does not matter.
PASSES: tuple[Pass, ...] = (
    drop_identities,
    merge_views,
    fold_norms,
    merge_pads,
    name_outputs,
    share_constants,
    drop_unused,
)


def optimise(program: Program) -> Program:
    """The program after all passes."""
    return reduce(lambda made, each: each(made), PASSES, program)
