"""What the pictures share: the library, how they look, and how they are written."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from netspec.machine.errors import UnusableError
from netspec.machine.files import atomic
from netspec.text.printable import printable

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Endings of the names of pictures.
SUFFIXES = (".svg", ".png")
#: Blue and vermilion of Okabe & Ito's palette (2008, "Color universal design"), which all eyes tell
#: apart, and greys for what says less.
TRAINING, VALIDATION, TEXT, MUTED = "#0072b2", "#d55e00", "#17202a", "#5b6673"

#: Text stays text, and the same picture gives the same bytes.
_LOOK = {
    "svg.fonttype": "none",
    "svg.hashsalt": "netspec",
    "font.size": 10.0,
    "text.color": TEXT,
    "axes.labelcolor": TEXT,
    "axes.edgecolor": MUTED,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": False,
    "grid.color": "#e2e5e9",
    "grid.linewidth": 0.8,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": TEXT,
    "ytick.labelcolor": TEXT,
    "legend.frameon": False,
    "lines.linewidth": 1.8,
    "figure.dpi": 100.0,
    "savefig.dpi": 150.0,
}


def need_plot() -> None:
    """UnusableError where matplotlib is not installed."""
    try:
        import matplotlib  # noqa: F401  # whether it is there
    except ImportError as error:
        raise UnusableError(
            f"pictures need matplotlib: {error}",
            help="pip install 'netspec-compiler[plot]'",
        ) from error


def draw(
    path: Path, size: tuple[float, float], title: str, paint: Callable[[Figure], None]
) -> None:
    """A picture of about this size, in inches, that `paint` fills; .svg or .png by its name.

    The settings of the user's own matplotlib do not matter. UnusableError where matplotlib is
    missing, the name ends otherwise, or the file cannot be written.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        shown = printable(str(path))
        raise UnusableError(f"{shown}: pictures are {' or '.join(SUFFIXES)}")
    need_plot()
    from matplotlib import style
    from matplotlib.figure import Figure

    with style.context(["default", _LOOK]), warnings.catch_warnings():
        # a letter that no font has is a box in a .png, and in an .svg the viewer's affair
        warnings.filterwarnings("ignore", "Glyph .* missing", UserWarning)
        figure = Figure(figsize=size, layout="constrained")
        paint(figure)
        said = {"Title": printable(title)}
        unsaid = {"Date": None, "Creator": None} if suffix == ".svg" else {"Software": None}
        with atomic(path) as file:
            figure.savefig(
                file,
                format=suffix[1:],
                metadata={**said, **unsaid},
                bbox_inches="tight",
                pad_inches=0.15,
            )


def plain(axes: Axes) -> None:
    """Thin horizontal lines behind what is drawn."""
    axes.grid(axis="y")
    axes.set_axisbelow(True)
