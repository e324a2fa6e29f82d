"""Cells in columns."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence


def aligned(cells: Sequence[tuple[str, ...]], right: Sequence[bool]) -> Iterator[str]:
    """Lines of cells in columns, two spaces between; the columns that are `right` end flush."""
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    sides: list[Callable[[str, int], str]] = [str.rjust if flush else str.ljust for flush in right]
    for line in cells:
        cut = [side(c, w) for side, c, w in zip(sides, line, widths, strict=True)]
        yield "  ".join(cut).rstrip()
