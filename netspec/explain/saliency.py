"""Saliency: how the score of a class changes with each element of the input."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias, get_args

import numpy as np

from netspec.autodiff.backward import Rule
from netspec.explain.maps import Array, Map, maps_of
from netspec.explain.net import Inputs, Net
from netspec.explain.progress import Progress, unheard, within
from netspec.machine.errors import UnusableError
from netspec.text.printable import printable

Method: TypeAlias = Literal["vanilla", "guided", "deconv", "smooth", "integrated", "input*gradient"]
#: How far the sum of integrated gradients may be from what it would be, as a part of that.
_FAR = 0.05
#: How far scores may be off by rounding alone, as a part of their size.
_ROUNDING = 1e-4
#: The rules by which a class's score comes back to the input, for the methods that have their own.
_RULES: dict[Method, Rule] = {"guided": "guided", "deconv": "deconv"}


@dataclass(frozen=True, eq=False)
class Averaging:
    """What `smooth` and `integrated` take the mean of: `samples` of noise drawn by `seed`, whose
    deviation is `noise` of the range of the input; `steps` on the way from `baseline`, None for 0.
    """

    samples: int = 25
    noise: float = 0.15
    seed: int = 0
    steps: int = 50
    baseline: Array | None = None

    def __post_init__(self) -> None:
        if self.samples < 1 or self.steps < 1:
            raise UnusableError("a mean is of one sample at least, and a way of one step")

    def start(self, x: Array) -> Array:
        """Where the way to an input begins."""
        return np.zeros_like(x) if self.baseline is None else self.baseline


def saliency(
    net: Net,
    x: Inputs,
    numbers: Sequence[int],
    method: Method = "vanilla",
    averaging: Averaging = Averaging(),
    *,
    progress: Progress = unheard,
) -> tuple[Map, ...]:
    """Maps of the input, (C, H, W), of one sample for each of some classes.

    - `vanilla`: dS/dx of the score S (Simonyan et al. 2013, "Deep inside convolutional networks").
    - `guided`, `deconv`: the same with what is below 0 stopped at rectifiers, see `Rule`.
    - `smooth`: the mean of dS/dx over x with normal noise (Smilkov et al. 2017, "SmoothGrad").
    - `integrated`: (x - b) times the mean of dS/dx on the straight way from the baseline b, by
      Gauss-Legendre quadrature as in Captum; the elements add up to S(x) - S(b) (Sundararajan et
      al. 2017, "Axiomatic attribution for deep networks").
    - `input*gradient`: x dS/dx (Shrikumar et al. 2016, "Not just a black box").

    Of several inputs the map is that of `net.input`, and the others stay as they are. `progress` is
    told how many gradients of how many are done where there are many.
    UnusableError for `guided` and `deconv` where there is no RELU or RELU6, at which they would
    differ from `vanilla`.
    """
    if method not in get_args(Method):
        raise UnusableError(
            f"no method `{printable(method)}`", help=f"there are {', '.join(get_args(Method))}"
        )
    feeds = net.feeds(x)
    if method in _MEANS:
        scores = net.scores(feeds)  # before anything is added to what may be too large already
        values = [
            _MEANS[method](net, feeds, number, averaging, within(progress, at, len(numbers)))
            for at, number in enumerate(numbers)
        ]
    else:
        if method in _RULES and not any(net.layer(at).layer.clamps for at in net.below):
            raise UnusableError(
                f"`{method}` differs from the gradient at RELU and RELU6, and this net has none",
                help="`vanilla` is what to ask for",
            )
        look = net.explain(feeds, numbers, net.input, _RULES.get(method, "plain"))
        scores, gradients = look.values[net.scored], look.gradients[net.input]
        shares = method == "input*gradient"
        values = list(gradients * feeds[net.input] if shares else gradients)
    maps = maps_of(net, scores, numbers, values, method, layer=net.input, signed=True)
    return _completed(net, feeds, maps, averaging) if method == "integrated" else maps


def _smooth(
    net: Net, feeds: dict[str, Array], number: int, averaging: Averaging, progress: Progress
) -> Array:
    x, random = feeds[net.input], np.random.default_rng(averaging.seed)
    deviation = np.float32(averaging.noise * float(x.max() - x.min()))

    def points(first: int, end: int) -> Array:
        drawn = random.standard_normal((end - first, *x.shape[1:]), np.float32)
        return x + deviation * drawn

    even = [1 / averaging.samples] * averaging.samples
    return _weighted(net, feeds, number, points, even, progress)


def _integrated(
    net: Net, feeds: dict[str, Array], number: int, averaging: Averaging, progress: Progress
) -> Array:
    x = feeds[net.input]
    baseline = averaging.start(x)
    away = x - baseline
    places, weights = np.polynomial.legendre.leggauss(averaging.steps)  # from -1 to 1
    along = ((1 + places) / 2).astype(np.float32).reshape(-1, *[1] * (x.ndim - 1))

    def points(first: int, end: int) -> Array:
        return baseline + along[first:end] * away

    mean = _weighted(net, feeds, number, points, list(weights / 2), progress)
    shares: Array = away[0] * mean
    return shares


def _completed(
    net: Net, feeds: dict[str, Array], maps: tuple[Map, ...], averaging: Averaging
) -> tuple[Map, ...]:
    """Maps that say to what their elements add up, and to what they would after endless steps."""
    baseline = net.scores({**feeds, net.input: averaging.start(feeds[net.input])})[0]
    return tuple(
        replace(one, note=_sums(float(one.values.sum()), one.score, float(baseline[one.number])))
        for one in maps
    )


def _sums(found: float, score: float, before: float) -> str:
    """`adds up to 9.27 of 9.28`, and a way out where that is far off."""
    exact, rounding = score - before, _ROUNDING * (abs(score) + abs(before))
    far = abs(found - exact) > _FAR * abs(exact) + rounding
    return f"adds up to {found:.4g} of {exact:.4g}" + ("; more steps come nearer" if far else "")


def _weighted(
    net: Net,
    feeds: dict[str, Array],
    number: int,
    points: Callable[[int, int], Array],
    weights: Sequence[float],
    progress: Progress,
) -> Array:
    """The weighted sum of dS/dx at many points, which are made a batch at a time, in order."""
    total = np.zeros(feeds[net.input].shape[1:])
    for first in range(0, len(weights), net.batch):
        part = weights[first : first + net.batch]
        each = {name: np.repeat(array, len(part), 0) for name, array in feeds.items()}
        each[net.input] = points(first, first + len(part))
        found = net.gradients(each, net.seed([number]), (net.input,))[net.input]
        total += np.tensordot(part, found.astype(np.float64), 1)
        progress(first + len(part), len(weights))
    return total.astype(np.float32)


_MEANS = {"smooth": _smooth, "integrated": _integrated}
