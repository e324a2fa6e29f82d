"""Activations: what layers make of a picture, channel by channel."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from netspec.explain.gradcam import spatial_layer
from netspec.explain.maps import Array, Tiles
from netspec.explain.net import Inputs, Net
from netspec.graph.graph import Graph


def activations(
    net: Net, x: Inputs, layers: Sequence[str] = (), most: int = 64
) -> tuple[Tiles, ...]:
    """The planes of layers for one sample, (N, H, W) each, strongest first: by the root of their
    mean square, `most` of them at most.

    Source: Zeiler & Fergus 2013, "Visualizing and understanding convolutional networks". No layers
    are the last one of each size of plane, in order of execution. UnusableError for a layer without
    an area.
    """
    names = [spatial_layer(net, name).name for name in layers or last_of_each_size(net.graph)]
    found = net.activations(x, names)
    return tuple(_strongest(name, found[name][0], most) for name in names)


def last_of_each_size(graph: Graph) -> tuple[str, ...]:
    """For each area of more than a pixel that layers answer, the last layer that does."""
    last = {
        node.type.area: node.name
        for node in graph.nodes
        if node.type.rank == 3 and node.type.area != (1, 1) and not node.layer.source
    }
    return tuple(node.name for node in graph.nodes if node.name in last.values())


def _strongest(layer: str, planes: Array, most: int) -> Tiles:
    strength = np.square(planes, dtype=np.float64).mean(axis=(1, 2))
    order = np.argsort(-strength, kind="stable")[:most]
    names = tuple(f"channel {at}" for at in order)
    return Tiles("activations", layer, names, planes[order], signed=bool((planes < 0).any()))
