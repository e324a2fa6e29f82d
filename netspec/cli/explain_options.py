"""The options of `netspec explain`, but for those of weights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from netspec.cli.device_option import CUDA_WORDS, cuda_device
from netspec.cli.option_group import with_options
from netspec.explain.methods import ALIASES, METHODS
from netspec.text.nearest import nearest
from netspec.text.printable import printable

_KNOWN = ", ".join((*METHODS, *ALIASES))


def _methods(context: click.Context, option: click.Parameter, said: tuple[str, ...]) -> Any:
    """Names as METHODS has them, each once."""
    found = []
    for name in said:
        if name not in METHODS and name not in ALIASES:
            near = nearest(name, (*METHODS, *ALIASES))
            hint = f"did you mean {near}?" if near else f"there are {_KNOWN}"
            raise click.BadParameter(f"no method {printable(name)!r}; {hint}")
        found.append(ALIASES.get(name, name))
    return tuple(dict.fromkeys(found))


_WHOLE = click.IntRange(min=1)
_OPTIONS = (
    click.option(
        "--method",
        "methods",
        multiple=True,
        callback=_methods,
        metavar="METHOD",
        help=f"What to draw (repeatable): {_KNOWN} (gradcam; all on a page).",
    ),
    click.option(
        "--class",
        "classes",
        multiple=True,
        metavar="CLASS",
        help="Label or number of a class (repeatable; the one that wins).",
    ),
    click.option(
        "--layer",
        "layers",
        multiple=True,
        metavar="NAME",
        help="Layer to look at (repeatable; the last with an area).",
    ),
    click.option(
        "--channel",
        "channels",
        multiple=True,
        type=click.IntRange(min=0),
        metavar="N",
        help="Channel of --layer, for maximize and dissect (repeatable).",
    ),
    click.option(
        "--alpha",
        type=click.FloatRange(0, 1),
        metavar="A",
        help="Largest opacity of maps over the picture, 0 to 1 (0.8; 1 for maps of pixels).",
    ),
    click.option(
        "--colormap", metavar="NAME", help="Colours of matplotlib (viridis; blue to red of signs)."
    ),
    click.option("--sanity", is_flag=True, help="Check maps against those of random weights."),
    click.option("--size", type=_WHOLE, metavar="PIXELS", help="Side of occlusion's square."),
    click.option("--stride", type=_WHOLE, metavar="PIXELS", help="How far it slides each time."),
    click.option(
        "--fill",
        type=click.Choice(("grey", "mean", "blur")),
        help="What it shows (grey).",
    ),
    click.option(
        "--steps", type=_WHOLE, metavar="N", help="Steps of maximize (128), of integrated (50)."
    ),
    click.option(
        "--samples", type=_WHOLE, metavar="N", help="Copies that smooth is the mean of (25)."
    ),
    click.option(
        "--noise",
        type=click.FloatRange(0, 1),
        metavar="PART",
        help="Deviation of its noise, of the range of the picture (0.15).",
    ),
    click.option("--seeds", type=_WHOLE, metavar="N", help="Pictures that maximize makes (4)."),
    click.option("--top", type=_WHOLE, metavar="K", help="Patches of a channel, for dissect (9)."),
    click.option(
        "--device",
        callback=cuda_device,
        default="auto",
        metavar="DEVICE",
        help=f"{CUDA_WORDS} (auto).",
    ),
    click.option(
        "--batch", type=_WHOLE, default=8, metavar="N", help="Samples that run at a time (8)."
    ),
)


def explain_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """All of them."""
    return with_options(command, _OPTIONS)
