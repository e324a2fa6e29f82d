"""Activation maximisation: the pictures that excite a class or a channel most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from netspec.explain.ascent import Ascent, Priors
from netspec.explain.maps import Array
from netspec.explain.net import Net
from netspec.explain.progress import Progress, unheard
from netspec.explain.samples import as_pixels

__all__ = ["Maximum", "Priors", "maximize"]


@dataclass(frozen=True, eq=False)
class Maximum:
    """A picture that excites a class, or a channel of a layer, by its `label` and `number`.

    `start` and `score` are what the ascent began and ended with: a class's score before softmax,
    with the `probability` that it ends with, or the mean over a channel's plane, with None.
    `pixels` are (H, W), or (H, W, 3) in RGB; `x` is the same as the input, (C, H, W).
    """

    layer: str
    label: str
    number: int
    seed: int
    start: float
    score: float
    probability: float | None
    pixels: NDArray[np.uint8]
    x: Array


def maximize(
    net: Net,
    number: int,
    *,
    layer: str = "",
    seeds: Sequence[int] = (0, 1, 2, 3),
    priors: Priors | None = None,
    progress: Progress = unheard,
) -> tuple[Maximum, ...]:
    """Pictures that raise the score of a class, or of a channel of a `layer`; one for each seed.

    Gradient ascent on the pixels (Simonyan et al. 2013, "Deep inside convolutional networks",
    section 2; Yosinski et al. 2015, "Understanding neural networks through deep visualization"),
    by directions of equal length with momentum, from noise on a grey: of 16 such pictures from the
    one with the lowest score, so that nothing which is seen was there.

    `progress` is told after each step how many of how many are done. UnusableError where the net
    has several inputs or the spec no `image:` section, and where there is no such class or channel.
    """
    ascent = Ascent(net, layer, number, priors or Priors())
    generators = [np.random.default_rng(seed) for seed in seeds]
    begun = np.stack([ascent.start(random) for random in generators])
    ended = ascent.climb(begun, generators, progress)
    x = ascent.inputs(ended)
    chances = [None] * len(seeds) if layer else net.probabilities(x)[:, number].tolist()
    rows = zip(
        seeds, ascent.scores(begun).tolist(), ascent.scores(ended).tolist(), chances, x, strict=True
    )
    label = f"channel {number}" if layer else net.meaning.label(number)
    return tuple(
        Maximum(
            ascent.node.name, label, number, seed, start, score, chance, as_pixels(net, one), one
        )
        for seed, start, score, chance, one in rows
    )
