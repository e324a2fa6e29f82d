"""Filters: the kernels of a layer, as pictures."""

from __future__ import annotations

import numpy as np

from netspec.explain.maps import Array, Tiles
from netspec.explain.net import Net
from netspec.graph.graph import Graph, Node
from netspec.machine.errors import UnusableError
from netspec.text.printable import printable

#: The name of the tensor that kernels are in.
_WEIGHT = "weight"
#: Channels that kernels read of which there is a column each.
_ACROSS = 32


def filters(net: Net, layer: str = "", most: int = 256) -> Tiles:
    """The kernels of a layer, the first one that has some unless it is named; (N, h, w).

    A kernel over the three colours of a picture is one tile in colour, (N, 3, h, w), in RGB. Others
    are a tile for each channel that they read, a row for each kernel; of more than `most` tiles
    only the strongest. Tiles are named by their places in the layer's weight: `12`, or `12, 3`.
    An FC that reads planes has one kernel of their area for each unit.

    UnusableError where the layer has no kernels of more than a pixel.
    """
    node = _layer(net, layer)
    shape = _kernels(net.graph, node)
    if shape is None:
        raise _without(f"layer `{printable(node.name)}`", net.graph)
    values = net.values.read(f"{node.name}.{_WEIGHT}").reshape(shape)
    read = _read(net.graph, node)
    if shape[1] == read.type.channels == 3 and read.name == net.input:
        return _tiles(node, _in_rgb(net, values), [f"{at}" for at in range(len(values))], most)
    places = [f"{at}, {of}" if shape[1] > 1 else f"{at}" for at, of in np.ndindex(*shape[:2])]
    columns = shape[1] if 1 < shape[1] <= _ACROSS else None
    return _tiles(node, values.reshape(-1, *shape[2:]), places, most, columns)


def _layer(net: Net, name: str) -> Node:
    """A layer by name, the first with kernels for none."""
    first = _first(net.graph)
    if name:
        return net.layer(name)
    if first is None:
        raise _without("the net", net.graph)
    return net.layer(first)


def _first(graph: Graph) -> str | None:
    """The first layer that has kernels of more than a pixel."""
    return next((node.name for node in graph.nodes if _kernels(graph, node)), None)


def _without(what: str, graph: Graph) -> UnusableError:
    first = _first(graph)
    hint = f"`{printable(first)}` is the first that has some" if first else None
    return UnusableError(f"{what} has no kernels of more than a pixel", help=hint)


def _kernels(graph: Graph, node: Node) -> tuple[int, ...] | None:
    """The shape of a layer's kernels, (A, B, h, w); None where they are none, or of one pixel."""
    weight = graph.weights(node).get(_WEIGHT)
    if weight is None or not node.layer.linear:
        return None
    shape, read = weight.shape, _read(graph, node).type
    if len(shape) == 2 and read.rank == 3 and read.numel == shape[1]:
        shape = (shape[0], *read.shape)
    return shape if len(shape) == 4 and shape[2:] != (1, 1) else None


def _read(graph: Graph, node: Node) -> Node:
    """What a layer reads, before it was flattened."""
    before = graph.by_name[node.inputs[0]]
    while before.type.rank != 3 and before.layer.view:
        before = graph.by_name[before.inputs[0]]
    return before


def _in_rgb(net: Net, kernels: Array) -> Array:
    image = net.images.get(net.input)
    return kernels[:, ::-1] if image is not None and image.channels == "BGR" else kernels


def _tiles(
    node: Node, values: Array, names: list[str], most: int, columns: int | None = None
) -> Tiles:
    held = np.ascontiguousarray(values)
    found = Tiles("filters", node.name, tuple(names), held, True, len(names), columns)
    return found.strongest(most) if len(names) > most else found
