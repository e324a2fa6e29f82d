"""What a net has learned, as panels: its filters, what excites it most, and patches that do."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from netspec.explain.asked import Asked, Found
from netspec.explain.dissect import dissect
from netspec.explain.filters import filters
from netspec.explain.gradcam import spatial_layer
from netspec.explain.maximize import Priors, maximize
from netspec.explain.methods import METHODS
from netspec.explain.net import Net
from netspec.explain.pictures.made import maximum_panel, patches_panel, tiles_panel
from netspec.explain.progress import Progress, within
from netspec.runtime.errors import InputError


def net_filters(net: Net, asked: Asked) -> Found:
    """The kernels of each layer that is asked for, else of the first that has some; the numbers are
    the layer's weight as it stands in files.
    """
    found = [filters(net, layer) for layer in asked.layers or ("",)]
    arrays = tuple(net.values.read(f"{one.layer}.weight") for one in found)
    return Found(METHODS["filters"], tuple((tiles_panel(one),) for one in found), arrays)


def net_maxima(net: Net, asked: Asked, progress: Progress) -> Found:
    """The pictures that excite each class, or where channels are asked for each of these, of the
    layers that are asked for, else of the last with an area; a row each.
    """
    wanted = [("", number) for number in asked.classes]
    if asked.channels:
        layers = asked.layers or (spatial_layer(net).name,)
        wanted = [(layer, number) for layer in layers for number in asked.channels]
    priors = Priors() if asked.steps is None else Priors(steps=asked.steps)
    rows = [
        maximize(
            net,
            number,
            layer=layer,
            seeds=range(asked.seeds),
            priors=priors,
            progress=within(progress, at, len(wanted)),
        )
        for at, (layer, number) in enumerate(wanted)
    ]
    arrays = tuple(np.stack([one.x for one in row]) for row in rows)
    panels = tuple(tuple(maximum_panel(one) for one in row) for row in rows)
    return Found(METHODS["maximize"], panels, arrays)


def net_patches(
    net: Net,
    asked: Asked,
    pictures: Sequence[str],
    name_of: Callable[[str], str],
    fail: Callable[[InputError], object],
    progress: Progress,
) -> Found:
    """The patches of pictures that excite channels most, of the layers that are asked for, else of
    the last with an area; the numbers are how strongly, (channels, patches).
    """
    layers = asked.layers or (spatial_layer(net).name,)
    found = dissect(
        net,
        pictures,
        layers,
        asked.channels,
        asked.top,
        name_of=name_of,
        fail=fail,
        progress=progress,
    )
    rows = tuple(tuple(patches_panel(one) for one in layer) for layer in found)
    values = ([[at.value for at in one.patches] for one in layer] for layer in found)
    return Found(METHODS["dissect"], rows, tuple(np.array(each, np.float32) for each in values))
