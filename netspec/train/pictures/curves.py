"""Loss, accuracy and rate against the epoch."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite, nan
from pathlib import Path
from typing import TYPE_CHECKING

from netspec.plots.sheet import MUTED, TRAINING, VALIDATION, draw, plain
from netspec.text.printable import printable
from netspec.train.records import EpochRecord

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Epochs up to which each is a point too, and the ratio above which an axis is logarithmic.
_POINTS, _WIDE = 40, 50.0


def draw_curves(records: Sequence[EpochRecord], path: Path, title: str) -> None:
    """The curves of the epochs that are done, one at least.  UnusableError as `draw` has it."""
    height = 6.4 if any(record.accuracy is not None for record in records) else 4.4
    draw(path, (7.5, height), title, lambda figure: _paint(figure, records, title))


def _paint(figure: Figure, records: Sequence[EpochRecord], title: str) -> None:
    figure.suptitle(printable(title), parse_math=False)
    accuracies = [(record.accuracy, record.validation_accuracy) for record in records]
    scored = any(value is not None for pair in accuracies for value in pair)
    heights = [3.0, 2.4, 1.0] if scored else [3.0, 1.0]
    rows = figure.subplots(len(heights), 1, sharex=True, height_ratios=heights, squeeze=False)
    panes: list[Axes] = list(rows[:, 0])
    epochs = [record.epoch for record in records]
    _pair(panes[0], epochs, [(record.loss, record.validation_loss) for record in records])
    _mark_best(panes[0], records)
    _name(panes[0], "loss")
    _legend(panes[0])
    if scored:
        _pair(panes[1], epochs, accuracies)
        _as_percent(panes[1])
    _rate(panes[-1], records)
    _count(panes[-1], epochs)
    figure.align_ylabels(panes)


def _pair(
    pane: Axes, epochs: Sequence[int], pairs: Sequence[tuple[float | None, float | None]]
) -> None:
    """What is of training, and of validation, dashed; crosses where a number is none."""
    plain(pane)
    training, validation = zip(*pairs, strict=True)
    for values, name, colour, dash in (
        (training, "training", TRAINING, "-"),
        (validation, "validation", VALIDATION, "--"),
    ):
        if any(value is not None for value in values):
            drawn = [value if value is not None and isfinite(value) else nan for value in values]
            pane.plot(epochs, drawn, dash, color=colour, marker=_marker(epochs), label=name)
    strange = [
        epoch
        for epoch, pair in zip(epochs, pairs, strict=True)
        if any(value is not None and not isfinite(value) for value in pair)
    ]
    if strange:
        _cross(pane, strange)
        if len(strange) == len(epochs):
            pane.set_yticks([])
    if _is_wide([value for pair in pairs for value in pair]):
        _logarithmic(pane)


def _cross(pane: Axes, epochs: Sequence[int]) -> None:
    """Crosses at the lower edge."""
    at_the_edge = pane.get_xaxis_transform()
    pane.plot(
        epochs,
        [0.04] * len(epochs),
        "x",
        color=MUTED,
        transform=at_the_edge,
        label="no finite number",
    )


def _marker(epochs: Sequence[int]) -> str:
    return "." if len(epochs) <= _POINTS else ""


def _is_wide(values: Sequence[float | None]) -> bool:
    """Whether numbers are so far apart that small ones could not be told from each other."""
    finite = [value for value in values if value is not None and isfinite(value)]
    return bool(finite) and min(finite) > 0 and max(finite) > _WIDE * min(finite)


def _logarithmic(pane: Axes) -> None:
    """Ticks at 1, 10, 100; with 2 and 5 between where there is room."""
    from matplotlib.ticker import LogLocator, NullLocator, StrMethodFormatter

    pane.set_yscale("log")
    least, most = pane.get_ylim()
    between = (1.0, 2.0, 5.0) if most < 300 * least else (1.0,)
    pane.yaxis.set_major_locator(LogLocator(subs=between))
    pane.yaxis.set_minor_locator(NullLocator())
    pane.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))


def _mark_best(pane: Axes, records: Sequence[EpochRecord]) -> None:
    """A ring around the least validation loss."""
    losses = [
        (record.validation_loss, record.epoch)
        for record in records
        if record.validation_loss is not None and isfinite(record.validation_loss)
    ]
    if losses:
        loss, epoch = min(losses)
        (ring,) = pane.plot([epoch], [loss], "o", label=f"best: {loss:.4g}, epoch {epoch}")
        ring.set(markersize=9, markerfacecolor="none", markeredgecolor=VALIDATION)


def _name(pane: Axes, name: str) -> None:
    pane.set_ylabel(f"{name} (log)" if pane.get_yscale() == "log" else name)


def _legend(pane: Axes) -> None:
    """What the lines are, above them."""
    pane.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=4, borderaxespad=0.2)


def _as_percent(pane: Axes) -> None:
    from matplotlib.ticker import PercentFormatter

    pane.yaxis.set_major_formatter(PercentFormatter(1.0))
    pane.set_ylabel("accuracy")


def _rate(pane: Axes, records: Sequence[EpochRecord]) -> None:
    rates = [record.rate for record in records]
    epochs = [record.epoch for record in records]
    plain(pane)
    pane.plot(epochs, rates, "-", color=MUTED, linewidth=1.2, marker=_marker(epochs))
    if _is_wide(rates):
        _logarithmic(pane)
    else:
        pane.set_ylim(bottom=0)
    _name(pane, "rate")


def _count(pane: Axes, epochs: Sequence[int]) -> None:
    """Whole epochs below; a single one stands in the middle."""
    from matplotlib.ticker import MaxNLocator

    room = max(0.5, 0.02 * (epochs[-1] - epochs[0]))
    pane.set_xlim(epochs[0] - room, epochs[-1] + room)
    pane.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10], min_n_ticks=1))
    pane.set_xlabel("epoch")
