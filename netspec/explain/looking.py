"""A method's name and a sample -> what it finds there."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import cast, get_args

from netspec.explain.activations import activations
from netspec.explain.answer import answers
from netspec.explain.asked import Asked, Checked, Found
from netspec.explain.gradcam import Method as Gradcam
from netspec.explain.gradcam import gradcam
from netspec.explain.learned import net_filters, net_maxima
from netspec.explain.maps import Map
from netspec.explain.methods import METHODS
from netspec.explain.net import Net
from netspec.explain.occlusion import occlude
from netspec.explain.pictures.made import map_panels, tiles_panel, winners_panel
from netspec.explain.pictures.panels import Panel
from netspec.explain.progress import Progress, unheard
from netspec.explain.saliency import Method as Saliency
from netspec.explain.saliency import saliency
from netspec.explain.samples import Sample
from netspec.explain.sanity import check
from netspec.machine.errors import UnusableError

#: Planes of a layer that are drawn.
_PLANES = 64


def look(net: Net, name: str, asked: Asked, sample: Sample | None, progress: Progress) -> Found:
    """What a method, a name of METHODS, finds for a sample; without one, for those that need none.

    `progress` is told how far a long one is. UnusableError where the method is not for this net.
    """
    if name == "filters":
        return net_filters(net, asked)
    if name == "maximize":
        return net_maxima(net, asked if asked.channels else asked.of(net, sample), progress)
    if sample is None:
        raise UnusableError(f"`{name}` looks at pictures", help="name one, or a folder of them")
    if name == "activations":
        return _activations(net, asked, sample)
    asked = asked.of(net, sample)
    if name == "occlusion":
        return _occlusion(net, asked, sample, progress)
    return _gradients(net, name, asked, sample, progress)


def _activations(net: Net, asked: Asked, sample: Sample) -> Found:
    found = activations(net, sample.x, asked.layers)
    panels = tuple(tiles_panel(one.strongest(_PLANES)) for one in found)
    return Found(METHODS["activations"], (panels,), tuple(one.values for one in found))


def _occlusion(net: Net, asked: Asked, sample: Sample, progress: Progress) -> Found:
    found = occlude(
        net,
        sample.x,
        asked.classes,
        fill=asked.fill,
        size=asked.size,
        stride=asked.stride,
        progress=progress,
    )
    labels = [net.meaning.label(at) for at in range(net.classes)]
    row: tuple[Panel, ...] = map_panels(found.falls, sample.pixels, asked.alpha)
    if net.meaning.exclusive:
        best = answers(net, sample.x)[0]
        row = (*row, winners_panel(found, labels, best, sample.pixels, asked.alpha))
    return Found(METHODS["occlusion"], (row,), tuple(one.values for one in found.falls))


def _gradients(net: Net, name: str, asked: Asked, sample: Sample, progress: Progress) -> Found:
    rows: list[tuple[Panel, ...]] = []
    found: list[Map] = []
    checks: list[Checked] = []
    for layer in ("layers" in METHODS[name].options and asked.layers) or ("",):
        again = partial(_maps, name, asked, sample, layer)
        maps = again(net, progress)
        made = _checked(net, maps, again, layer, progress) if asked.sanity else []
        notes = [one.verdict for one in made] or [""] * len(maps)
        rows.append(map_panels(maps, sample.pixels, asked.alpha, notes))
        found += maps
        checks += made
    arrays = tuple(one.values for one in found)
    return Found(METHODS[name], tuple(rows), arrays, tuple(checks))


def _maps(
    name: str,
    asked: Asked,
    sample: Sample,
    layer: str,
    net: Net,
    progress: Progress = unheard,
) -> tuple[Map, ...]:
    if name in get_args(Gradcam):
        return gradcam(net, sample.x, asked.classes, cast("Gradcam", name), layer)
    method, averaging = cast("Saliency", name), asked.averaging
    return saliency(net, sample.x, asked.classes, method, averaging, progress=progress)


def _checked(
    net: Net,
    maps: tuple[Map, ...],
    again: Callable[[Net], tuple[Map, ...]],
    layer: str,
    progress: Progress,
) -> list[Checked]:
    """The check of each class's map."""
    checks = check(net, maps, again, progress=progress)
    at = f" at {layer}" if layer else ""
    pairs = zip(maps, checks, strict=True)
    return [
        Checked((f"class {one.label}" if one.label else "the output") + at, each)
        for one, each in pairs
    ]
