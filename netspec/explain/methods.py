"""The methods by name: what each shows, and where it is from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Method:
    """A way to look into a net.

    `heading` is the question that it answers; `meaning` what its numbers measure, and `options`
    what of `Asked` means something to it. Without a picture (`pictured`) it shows the net itself. A
    `coarse` map is read over the picture.
    """

    name: str
    title: str
    heading: str
    shows: str
    options: tuple[str, ...]
    source: str = ""
    meaning: str = ""
    pictured: bool = True
    coarse: bool = False


_WHERE, _PIXELS = "Where it looks", "Which pixels count"
_LEARNED, _MADE = "What it has learned", "What it makes of the picture"

_MAP = ("classes", "alpha", "sanity")
_AT_LAYER = (*_MAP, "layers")

_ALL = (
    Method(
        "gradcam",
        "Grad-CAM",
        _WHERE,
        "Feature maps of a layer, each weighed by the mean gradient of the class's score to it; "
        "what speaks against the class is left out.",
        _AT_LAYER,
        "Selvaraju et al. 2016, arXiv:1610.02391",
        "weighed activation",
        coarse=True,
    ),
    Method(
        "gradcam++",
        "Grad-CAM++",
        _WHERE,
        "As Grad-CAM, with weights that do justice to several things of one class.",
        _AT_LAYER,
        "Chattopadhyay et al. 2017, arXiv:1710.11063",
        "weighed activation",
        coarse=True,
    ),
    Method(
        "cam",
        "CAM",
        _WHERE,
        "Feature maps before the global average, weighed as the last layer weighs them; their mean "
        "is the score but for the bias.",
        _AT_LAYER,
        "Zhou et al. 2015, arXiv:1512.04150",
        "score of the place",
        coarse=True,
    ),
    Method(
        "occlusion",
        "Occlusion",
        _WHERE,
        "How far the class's probability falls when a square hides this place, and which class "
        "wins then.",
        ("classes", "alpha", "size", "stride", "fill"),
        "Zeiler & Fergus 2013, arXiv:1311.2901",
        "fall of the probability",
        coarse=True,
    ),
    Method(
        "vanilla",
        "Vanilla gradient",
        _PIXELS,
        "How strongly the class's score answers to a change of each pixel.",
        _MAP,
        "Simonyan et al. 2013, arXiv:1312.6034",
        "magnitude of the gradient",
    ),
    Method(
        "smooth",
        "SmoothGrad",
        _PIXELS,
        "The mean gradient of many copies of the picture with noise.",
        (*_MAP, "samples", "noise"),
        "Smilkov et al. 2017, arXiv:1706.03825",
        "magnitude of the gradient",
    ),
    Method(
        "integrated",
        "Integrated gradients",
        _PIXELS,
        "What each pixel gives to the score on the straight way from an input of zeros to the "
        "picture; all of them add up to the difference of the two scores.",
        (*_MAP, "steps"),
        "Sundararajan et al. 2017, arXiv:1703.01365",
        "share of the score",
    ),
    Method(
        "input*gradient",
        "Input × gradient",
        _PIXELS,
        "What each pixel gives to the score, were the net linear.",
        _MAP,
        "Shrikumar et al. 2016, arXiv:1605.01713",
        "share of the score",
    ),
    Method(
        "guided",
        "Guided backpropagation",
        _PIXELS,
        "The gradient, where at each rectifier only what is positive passes back, and only where "
        "something positive came in. It is known to fail sanity checks (Adebayo et al. 2018, "
        "arXiv:1810.03292): it draws edges of the picture, whatever the weights are.",
        _MAP,
        "Springenberg et al. 2014, arXiv:1412.6806",
        "magnitude",
    ),
    Method(
        "deconv",
        "Deconvolution",
        _PIXELS,
        "The gradient, where at each rectifier only what is positive passes back. It recovers the "
        "picture more than it tells of the class (Nie et al. 2018, arXiv:1805.07039).",
        _MAP,
        "Zeiler & Fergus 2013, arXiv:1311.2901",
        "magnitude",
    ),
    Method(
        "guided-gradcam",
        "Guided Grad-CAM",
        _PIXELS,
        "Guided backpropagation where Grad-CAM looks. It is known to fail sanity checks as the "
        "former does.",
        _AT_LAYER,
        "Selvaraju et al. 2016, arXiv:1610.02391",
        "magnitude",
    ),
    Method(
        "activations",
        "Activations",
        _MADE,
        "Feature maps of a layer, the strongest first.",
        ("layers",),
        "Zeiler & Fergus 2013, arXiv:1311.2901",
        "activation",
    ),
    Method(
        "filters",
        "Filters",
        _LEARNED,
        "The kernels of a layer; those that see red, green and blue in colour.",
        ("layers",),
        meaning="weight",
        pictured=False,
    ),
    Method(
        "maximize",
        "Activation maximisation",
        _LEARNED,
        "Pictures found by gradient ascent on a score, kept smooth and small.",
        ("classes", "layers", "channels", "steps", "seeds"),
        "Simonyan et al. 2013, arXiv:1312.6034; Yosinski et al. 2015, arXiv:1506.06579",
        pictured=False,
    ),
    Method(
        "dissect",
        "Top patches",
        _LEARNED,
        "What the pictures show where a channel of a layer is excited most, the strongest first.",
        ("layers", "channels", "top"),
        "Zeiler & Fergus 2013, arXiv:1311.2901",
    ),
)

#: All methods, in the order of a page.
METHODS: Mapping[str, Method] = {method.name: method for method in _ALL}
#: Headings in the order of a page.
HEADINGS = tuple(dict.fromkeys(method.heading for method in _ALL))
#: Names of families, for one of them.
ALIASES = {"saliency": "vanilla"}
