"""Answers as a table with bars."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from netspec.text.printable import printable

if TYPE_CHECKING:
    from netspec.runtime.ranking import Ranking
    from netspec.runtime.results import Results

#: Width of a bar that stands for 1.
_BAR = 20
_EIGHTHS = " ▏▎▍▌▋▊▉"


def print_results(results: Results) -> None:
    """The best classes of each sample, and the size and range of all that is no class."""
    ranking = results.ranking()
    if ranking is not None:
        _print_classes(results, ranking)
    main, *_ = results.answers.outputs
    for name, array in results.answers.outputs.items():
        if name != main or ranking is None:
            shape = "x".join(map(str, array.shape[1:])) or "one number"
            click.echo(f"{printable(name)}: {shape} for each of {len(array)}, {_range(array)}")


def _print_classes(results: Results, ranking: Ranking) -> None:
    rows = [("input", "class", "label", ranking.what, "")]
    best = set()
    for name, values, order in zip(
        results.answers.names, ranking.values, ranking.best, strict=True
    ):
        for place, at in enumerate(map(int, order)):
            if place == 0:
                best.add(len(rows))
            value = float(values[at])
            shown = f"{value:.6g}" if ranking.what == "value" else f"{value:.2%}"
            label = printable(results.label(at))
            bar = "" if ranking.what == "value" else _bar(value)
            rows.append((name if place == 0 else "", str(at), label, shown, bar))
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    for at, (name, index, label, shown, bar) in enumerate(rows):
        line = (
            f"{name:{widths[0]}}  {index:>{widths[1]}}  {label:{widths[2]}}  {shown:>{widths[3]}}"
        )
        coloured = click.style(bar, fg="green" if at in best else "cyan") if bar else ""
        click.echo(f"{line}  {coloured}".rstrip())


def _bar(share: float) -> str:
    """A bar in eighths of a character; plain `#` where the output's encoding has none."""
    if not 0 <= share <= 1:
        return ""
    if "utf" not in (sys.stdout.encoding or "").lower():
        return "#" * round(share * _BAR)
    whole, eighths = divmod(round(share * _BAR * 8), 8)
    return "█" * whole + _EIGHTHS[eighths].strip()


def _range(array: object) -> str:
    import numpy as np

    numbers = np.asarray(array)
    if not numbers.size:
        return "empty"
    mean = numbers.mean(dtype=np.float64)
    return f"from {numbers.min():.4g} to {numbers.max():.4g}, mean {mean:.4g}"
