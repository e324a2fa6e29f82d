"""How a diagram is asked for."""

from __future__ import annotations

from dataclasses import dataclass

from netspec.diagram.palette import LIGHT, Theme

#: Where a diagram runs: top to bottom, left to right.
DIRECTIONS = ("TB", "LR")
#: How much a layer says: its kind alone; shape and parameters; all that is known.
DETAILS = ("none", "some", "all")
#: What the bars measure.
WEIGHTS = ("params", "macs", "memory")


@dataclass(frozen=True)
class Look:
    """How a diagram looks.

    `unroll` is how many levels of repeats and blocks are drawn as often as they run, None all;
    `weigh` whose share of the net the bars show, None for no bars; `source_url` the address of the
    spec, so that each layer links to its line; `fixed` whether a page starts in `theme` whatever
    the reader's system asks for.
    """

    direction: str = "TB"
    theme: Theme = LIGHT
    unroll: int | None = 0
    detail: str = "some"
    weigh: str | None = "params"
    source_url: str | None = None
    fixed: bool = False


#: As a diagram looks if nothing else is asked for.
DEFAULT = Look()
