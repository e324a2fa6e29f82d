"""What a net has learned, as panels: its filters, what excites it most, and patches that do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from netspec.explain.asked import Asked, Found, Progress
from netspec.explain.dissect import dissect
from netspec.explain.filters import filters
from netspec.explain.gradcam import spatial_layer
from netspec.explain.maximize import Maximum, Priors, maximize
from netspec.explain.methods import METHODS
from netspec.explain.net import Net
from netspec.explain.pictures.made import maximum_panel, patches_panel, tiles_panel
from netspec.machine.errors import UnusableError
from netspec.runtime.errors import InputError


def net_filters(net: Net, asked: Asked) -> Found:
    """The kernels of each layer that is asked for, else of the first that has some."""
    found = [filters(net, layer) for layer in asked.layers or ("",)]
    arrays = tuple(one.values for one in found)
    return Found(METHODS["filters"], tuple((tiles_panel(one),) for one in found), arrays)


def net_maxima(net: Net, asked: Asked, progress: Progress) -> Found:
    """The pictures that excite each class, or where channels are asked for each of these; a row
    each.
    """
    if asked.channels and not asked.layers:
        raise UnusableError("a channel of which layer?", help="say with --layer")
    wanted = [("", number) for number in asked.classes]
    if asked.channels:
        wanted = [(layer, number) for layer in asked.layers for number in asked.channels]
    priors = Priors() if asked.steps is None else Priors(steps=asked.steps)
    rows: list[tuple[Maximum, ...]] = []
    for at, (layer, number) in enumerate(wanted):

        def of_all(done: int, count: int, before: int = at) -> None:
            progress(before * count + done, len(wanted) * count)

        seeds = range(asked.seeds)
        rows.append(maximize(net, number, layer=layer, seeds=seeds, priors=priors, progress=of_all))
    arrays = tuple(np.stack([one.x for one in row]) for row in rows)
    panels = tuple(tuple(maximum_panel(one) for one in row) for row in rows)
    return Found(METHODS["maximize"], panels, arrays)


def net_patches(
    net: Net,
    asked: Asked,
    pictures: Sequence[Path],
    fail: Callable[[InputError], object],
    progress: Progress,
) -> Found:
    """The patches of pictures that excite channels most, of the layers that are asked for, else of
    the last with an area; the numbers are how strongly, (channels, patches).
    """
    rows, arrays = [], []
    for layer in asked.layers or (spatial_layer(net).name,):
        found = dissect(
            net, pictures, layer, asked.channels, asked.top, fail=fail, progress=progress
        )
        rows.append(tuple(patches_panel(one) for one in found))
        arrays.append(np.array([[at.value for at in one.patches] for one in found], np.float32))
    return Found(METHODS["dissect"], tuple(rows), tuple(arrays))
