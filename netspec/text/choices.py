"""The ways to train a net that can be chosen by name, and the numbers that each takes.

They stand here alone; the reader of specs, the schema, the reference and the command line follow.
What each means is the training room's affair.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from netspec.text.limits import MAX_EPOCHS, MAX_PADDING


class Option(NamedTuple):
    """A number that may be written: what it is, its value if none is, and its bounds."""

    doc: str
    default: float | None = None
    ge: float | None = None
    gt: float | None = None
    le: float | None = None
    lt: float | None = None
    whole: bool = False


class Offer(NamedTuple):
    """One of several ways to do a thing: what it is, with its source, and its options."""

    doc: str
    options: Mapping[str, Option] = {}


_EPS = Option("number added to the divisor", 1e-8, gt=0)
_MOMENTUM = Option("share of the last step that is taken again", 0.9, ge=0, lt=1)
_MOMENTS = {
    "beta1": Option("share of the mean of gradients that is kept", 0.9, ge=0, lt=1),
    "beta2": Option("share of the mean of squares that is kept", 0.999, ge=0, lt=1),
    "eps": _EPS,
}

#: What is made small.
LOSSES: Mapping[str, Offer] = {
    "cross-entropy": Offer(
        "-log of the probability of the right class; labels or distributions",
        {
            "smoothing": Option(
                "probability spread over all classes (Szegedy et al. 2016)", 0.0, ge=0, lt=1
            )
        },
    ),
    "squared-error": Offer("mean over the elements of the squared difference"),
    "sum-squared-error": Offer(
        "sum over the elements of a sample of the squared difference, the mean over samples"
    ),
    "binary-cross-entropy": Offer(
        "mean over the elements of the cross-entropy of each with a target from 0 to 1"
    ),
}

#: How weights follow their gradients; `rate` is a setting of its own.
OPTIMIZERS: Mapping[str, Offer] = {
    "sgd": Offer("stochastic gradient descent (Robbins & Monro 1951)"),
    "momentum": Offer("SGD with momentum (Polyak 1964)", {"momentum": _MOMENTUM}),
    "nesterov": Offer(
        "SGD with Nesterov's momentum (Sutskever et al. 2013)", {"momentum": _MOMENTUM}
    ),
    "adagrad": Offer("Adagrad (Duchi et al. 2011)", {"eps": _EPS._replace(default=1e-10)}),
    "adadelta": Offer(
        "Adadelta (Zeiler 2012)",
        {
            "rho": Option("share of the means of squares that is kept", 0.9, ge=0, lt=1),
            "eps": _EPS._replace(default=1e-6),
        },
    ),
    "rmsprop": Offer(
        "RMSProp (Tieleman & Hinton 2012)",
        {
            "alpha": Option("share of the mean of squares that is kept", 0.99, ge=0, lt=1),
            "eps": _EPS,
        },
    ),
    "adam": Offer("Adam (Kingma & Ba 2014)", _MOMENTS),
    "adamw": Offer("Adam with decoupled weight decay (Loshchilov & Hutter 2019)", _MOMENTS),
    "rprop": Offer(
        "Rprop (Riedmiller & Braun 1993), for batches of all samples",
        {
            "less": Option("factor of a step after a change of sign", 0.5, gt=0, lt=1),
            "more": Option("factor of a step after none", 1.2, gt=1),
            "least": Option("smallest step", 1e-6, gt=0),
            "most": Option("largest step", 50.0, gt=0),
        },
    ),
}

#: How the rate changes from epoch to epoch.
SCHEDULES: Mapping[str, Offer] = {
    "fixed": Offer("the same rate throughout"),
    "step": Offer(
        "the rate times a factor every so many epochs",
        {
            "every": Option("epochs between two steps", 30, ge=1, le=MAX_EPOCHS, whole=True),
            "factor": Option("factor of a step", 0.1, gt=0, le=1),
        },
    ),
    "exponential": Offer(
        "the rate times a factor each epoch",
        {"factor": Option("factor of an epoch", 0.95, gt=0, le=1)},
    ),
    "polynomial": Offer(
        "rate * (1 - progress)^power",
        {"power": Option("exponent", 0.9, gt=0)},
    ),
    "cosine": Offer(
        "half a cosine from the rate to the least (Loshchilov & Hutter 2017)",
        {"least": Option("rate at the end, as a part of the first", 0.0, ge=0, le=1)},
    ),
    "plateau": Offer(
        "the rate times a factor when the validation error stops falling (He et al. 2015)",
        {
            "factor": Option("factor of a step", 0.1, gt=0, lt=1),
            "patience": Option(
                "epochs without a better validation error", 5, ge=1, le=MAX_EPOCHS, whole=True
            ),
        },
    ),
}

#: What is done to a picture at random before it is learned from.
AUGMENTS: Mapping[str, Offer] = {
    "flip": Offer("left and right exchanged", {"chance": Option("probability", 0.5, ge=0, le=1)}),
    "crop": Offer(
        "a window of the input's size out of the padded picture",
        {"pad": Option("pixels of padding on each side", 4, ge=1, le=MAX_PADDING, whole=True)},
    ),
    "colour": Offer(
        "brightness, contrast and saturation changed by up to this part",
        {"strength": Option("largest change, a part", 0.2, gt=0, lt=1)},
    ),
    "turn": Offer(
        "turned by up to so many degrees", {"degrees": Option("largest angle", 10.0, gt=0, le=180)}
    ),
    "scale": Offer(
        "enlarged or made smaller by up to this part",
        {"part": Option("largest change, a part", 0.1, gt=0, lt=1)},
    ),
    "shift": Offer(
        "moved by up to this part of each side",
        {"part": Option("largest way, a part of the side", 0.05, gt=0, lt=1)},
    ),
}

#: How weights start; biases start at 0 and scales at 1 in all.
INITS: Mapping[str, Offer] = {
    "he": Offer("normal, variance 2 / fan_in (He et al. 2015)"),
    "glorot": Offer("uniform within sqrt(6 / (fan_in + fan_out)) (Glorot & Bengio 2010)"),
    "lecun": Offer("normal, variance 1 / fan_in (LeCun et al. 1998, Efficient BackProp)"),
    "normal": Offer("normal", {"std": Option("standard deviation", 0.01, gt=0)}),
    "uniform": Offer("uniform within +-limit", {"limit": Option("largest size", 0.05, gt=0)}),
    "constant": Offer("all weights the same", {"value": Option("the weight", 0.0)}),
    "zero": Offer("all weights 0"),
}

#: How numbers are kept while a step is computed.
PRECISIONS = ("float32", "tf32", "float16", "bfloat16")
