"""Tables of layers, repeating stretches folded."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator, Sequence

from netspec.analysis.diff.fold import periods
from netspec.analysis.diff.words import names_text, shape_text
from netspec.analysis.report import Row
from netspec.analysis.units import nbytes, scaled
from netspec.graph import Graph
from netspec.text.printable import printable

#: The columns of numbers.
_NUMBERS = (2, 3, 4, 5)


class Places:
    """Where the layers of a net stand in the order of execution."""

    def __init__(self, graph: Graph) -> None:
        self.nodes = graph.nodes
        self._of = {node.name: position for position, node in enumerate(graph.nodes)}

    def __getitem__(self, name: str) -> int:
        return self._of[name]

    def distances(self, row: Row) -> tuple[int, ...]:
        """How far before a layer those stand that it reads."""
        here = self._of[row.name]
        return tuple(here - self._of[name] for name in row.inputs)


def run_cells(places: Places, rows: Sequence[Row]) -> Iterator[tuple[str, ...]]:
    """The cells of a run of layers; of a stretch that repeats the first, and how often.

    What a layer reads is said where it is not the layer before it.
    """
    keys: list[Hashable] = [
        (places.nodes[places[row.name]].layer, row.shape, row.params, places.distances(row))
        for row in rows
    ]
    for start, length, times in periods(keys):
        for row in rows[start : start + length]:
            straight = places.distances(row) in ((1,), ())
            reads = "" if straight else f" of {names_text(row.inputs)}"
            yield (
                printable(row.name),
                f"{row.kind} {row.summary}".rstrip() + reads,
                shape_text(row.shape),
                f"{row.params:,}" if row.params else "",
                scaled(row.macs) if row.macs else "",
                nbytes(row.activation_bytes) if row.activation_bytes else "",
                f"x{times}" if times > 1 else "",
            )


def alike(runs: Sequence[Sequence[tuple[str, ...]]]) -> Iterator[tuple[str, ...]]:
    """The cells of runs of equal layers at different places; numbers where all have the same."""
    for lines in zip(*runs, strict=True):
        name, kind, *numbers = lines[0]
        shown = [
            cell if all(line[at] == cell for line in lines) else ""
            for at, cell in enumerate(numbers, start=2)
        ]
        yield (f"{name}, ...", kind, *shown[:-1], f"x{len(lines)}")


def columns(table: Sequence[tuple[str, ...]], right: Collection[int] = _NUMBERS) -> list[str]:
    """Lines of cells in columns, two spaces between; those of numbers flush right."""
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    lines = []
    for line in table:
        set_out = [
            cell.rjust(width) if at in right else cell.ljust(width)
            for at, (cell, width) in enumerate(zip(line, widths, strict=True))
        ]
        lines.append("  ".join(set_out).rstrip())
    return lines
