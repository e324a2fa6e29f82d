"""Class activation maps: which places of a layer's planes speak for a class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias

import numpy as np

from netspec.explain.maps import Map, maps_of
from netspec.explain.net import Inputs, Net
from netspec.explain.saliency import saliency
from netspec.explain.stretch import Wide, stretched
from netspec.graph.graph import Node
from netspec.machine.errors import UnusableError
from netspec.text.printable import printable

Method: TypeAlias = Literal["gradcam", "gradcam++", "cam", "guided-gradcam"]
#: How far float32 results may be from what they stand for.
_ROUNDING = 1e-6


def gradcam(
    net: Net, x: Inputs, numbers: Sequence[int], method: Method = "gradcam", layer: str = ""
) -> tuple[Map, ...]:
    """Maps of one sample for each of some classes, at the input's size: sums over the channels of a
    layer, each with a weight, stretched bilinearly.  (H, W), or (C, H, W) for guided-gradcam.

    A is the layer's result, G = dS/dA of the class's score S before softmax.

    - `gradcam`: what is above 0, weights the plane's mean(G) (Selvaraju et al. 2016, "Grad-CAM").
    - `gradcam++`: what is above 0, weights sum(a * max(G, 0)) with a = G^2 / (2 G^2 + sum(A) G^3)
      (Chattopadhyay et al. 2017, "Grad-CAM++"); 1e-6 is added below, as pytorch-grad-cam does.
    - `cam`: weights those of the closing FC after GAP, whose mean over the plane is S but for the
      bias (Zhou et al. 2015, "Learning deep features for discriminative localization").
    - `guided-gradcam`: `gradcam` times guided backpropagation.

    `layer` is the last with an area where none is named. UnusableError where it has none, or where
    for `cam` the net does not end so.
    """
    at = spatial_layer(net, layer or (_averaged(net) if method == "cam" else ""))
    if method == "cam" and at.name != _averaged(net):
        raise UnusableError(
            f"`cam` reads the layer before GAP, `{_averaged(net)}`, not `{printable(layer)}`",
            help="`gradcam` reads any",
        )
    look = net.explain(net.feeds(x), numbers, at.name)
    a, g = (of[at.name].astype(np.float64) for of in (look.values, look.gradients))
    weights = _weights(method, a, g)
    found: Wide = np.einsum("nk,nkhw->nhw", weights, a)
    # what is left of a sum where float32 factors cancel out is nothing but their rounding
    found[np.abs(found) < _ROUNDING * np.einsum("nk,nkhw->nhw", np.abs(weights), np.abs(a))] = 0
    if method != "cam":
        found = np.maximum(found, 0)
    values = list(stretched(found, net.graph.inputs[net.input].area))
    if method == "guided-gradcam":
        guided = saliency(net, x, numbers, "guided")
        values = [one.values * plane for one, plane in zip(guided, values, strict=True)]
    signed = method in ("cam", "guided-gradcam")
    return maps_of(
        net, look.values[net.scored], numbers, values, method, layer=at.name, signed=signed
    )


def spatial_layer(net: Net, name: str = "") -> Node:
    """A layer with an area, (C, H, W): that of a name, else the last one of more than a pixel that
    the scores depend on; UnusableError where there is none.
    """
    last = _last_with_area(net)
    if not name and last is None:
        raise UnusableError(
            "the net has no layer with an area", help="`saliency` explains a net of any layers"
        )
    at = net.layer(name) if name or last is None else last
    if at.type.rank != 3:
        near = f"`{last.name}` is the last with one" if last else None
        raise UnusableError(
            f"layer `{printable(name)}` answers {at.type}, which has no area", help=near
        )
    return at


def has_area(node: Node) -> bool:
    """Whether a layer, which is no input, answers planes of more than a pixel."""
    return node.type.rank == 3 and node.type.area != (1, 1) and not node.layer.source


def _weights(method: Method, a: Wide, g: Wide) -> Wide:
    """What each channel counts, (N, K), by its values and their gradients, (N, K, H, W)."""
    match method:
        case "cam":
            weights: Wide = g.sum(axis=(2, 3))  # each is the FC's weight over the plane's pixels
        case "gradcam++":
            below = 2 * g**2 + a.sum(axis=(2, 3), keepdims=True) * g**3 + 1e-6
            weights = (np.maximum(g, 0) * g**2 / below).sum(axis=(2, 3))
        case _:
            weights = g.mean(axis=(2, 3))
    return weights


def _last_with_area(net: Net) -> Node | None:
    """The last layer with an area of more than a pixel that the scores depend on."""
    spatial = (node for node in reversed(net.graph.nodes) if has_area(node))
    return next((node for node in spatial if node.name in net.below), None)


def _averaged(net: Net) -> str:
    """The layer whose planes' means the scores are linear in; UnusableError where there is none."""
    node, by_name = net.layer(net.scored), net.graph.by_name
    if node.layer.linear:
        node = by_name[node.inputs[0]]
        while node.layer.view and node.type.numel == by_name[node.inputs[0]].type.numel:
            node = by_name[node.inputs[0]]
        whole = node.type.numel == node.type.channels
        if node.layer.pools and not node.layer.nonlinear and whole:
            return node.inputs[0]
    raise UnusableError(
        "`cam` is of nets that end in GAP and FC, and this one does not",
        help="`gradcam` is the same for all nets",
    )
