"""Activations: what layers make of a picture, channel by channel."""

from __future__ import annotations

from collections.abc import Sequence

from netspec.explain.gradcam import has_area, spatial_layer
from netspec.explain.maps import Array, Tiles
from netspec.explain.net import Inputs, Net


def activations(net: Net, x: Inputs, layers: Sequence[str] = ()) -> tuple[Tiles, ...]:
    """The planes of layers for one sample, (C, H, W) each, by channel.

    Source: Zeiler & Fergus 2013, "Visualizing and understanding convolutional networks". No layers
    are the last one of each size of plane, in order of execution. UnusableError for a layer without
    an area, and where no layer has one.
    """
    names = [spatial_layer(net, name).name for name in layers or _last_of_each_size(net)]
    found = net.activations(x, names)
    return tuple(_tiles(name, found[name][0]) for name in names)


def _last_of_each_size(net: Net) -> tuple[str, ...]:
    """For each area of more than a pixel that layers answer, the last layer that does."""
    last = {node.type.area: node.name for node in net.graph.nodes if has_area(node)}
    return tuple(node.name for node in net.graph.nodes if node.name in last.values()) or ("",)


def _tiles(layer: str, planes: Array) -> Tiles:
    names, signed = tuple(map(str, range(len(planes)))), bool((planes < 0).any())
    return Tiles("activations", layer, names, planes, signed, len(planes))
