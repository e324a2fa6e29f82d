"""Gradient ascent on pixels, kept among pictures by priors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from netspec.explain.blur import blurred
from netspec.explain.maps import Array
from netspec.explain.natural import natural
from netspec.explain.net import Net
from netspec.explain.progress import Progress
from netspec.machine.errors import UnusableError
from netspec.runtime.images import to_input
from netspec.text.printable import printable

#: Pictures of noise of which one is gone on from, and the noise's standard deviation.
_DRAWS, _NOISE = 16, 0.1
#: What remains of the directions of earlier steps: Polyak's momentum.
_MOMENTUM = 0.9
#: Every how many steps the picture is blurred.
_BLUR_EVERY = 4
#: Differences of neighbours that total variation takes for none, so that it has a gradient.
_EVEN = 0.01


@dataclass(frozen=True)
class Priors:
    """What keeps the ascent among pictures; pixels lie in 0..1.

    A step moves pixels by `rate` in the mean, and less and less towards the last of `steps`;
    `natural` ones lean to how natural pictures vary, see `natural`. Before each the picture is
    shifted by up to `jitter` of its sides. `l2` pulls pixels to the input 0, the mean colour of the
    data; `tv` evens them out by the gradient of their total variation (Rudin, Osher & Fatemi 1992).
    Both are weighed against a direction uphill of length 1 a pixel. Every fourth step ends with a
    `blur`, whose sigma in pixels falls to 0.
    """

    steps: int = 128
    rate: float = 0.1
    natural: bool = True
    jitter: float = 0.1
    l2: float = 0.5
    tv: float = 0.5
    blur: float = 0.5


class Ascent:
    """The way up from noise to pictures that excite a channel of a layer, whose score is the mean
    over its plane; or a class, the channel of the scores themselves where no layer is named.

    Pictures are (N, C, H, W) of pixels in 0..1, the channels in the order of the input.
    """

    def __init__(self, net: Net, layer: str, number: int, priors: Priors) -> None:
        if len(net.graph.inputs) != 1:
            names = ", ".join(map(printable, net.graph.inputs))
            raise UnusableError(f"`maximize` is for nets of one input; this takes {names}")
        self.net, self.priors = net, priors
        self.node = net.layer(layer or net.scored)
        kind = self.node.type
        net.check_channel(self.node.name, number)
        if len(net.graph.inputs[net.input].shape) != 3:
            raise UnusableError(
                f"`maximize` makes pictures, and the net takes {net.graph.inputs[net.input]}"
            )
        self._seed = np.zeros((1, *kind.shape), np.float32)
        self._seed[0, number] = kind.channels / kind.numel
        self._shape = net.graph.inputs[net.input].shape
        ends = np.zeros((2, *self._shape), np.float32)
        ends[1] = 255
        to_input(ends, net.image, ends)
        self._low, self._range = ends[0], ends[1] - ends[0]
        self._zero = np.clip(-self._low / self._range, 0, 1)

    def inputs(self, pictures: Array) -> Array:
        """What the net takes for pictures."""
        x: Array = self._low + self._range * pictures
        return x

    def scores(self, pictures: Array) -> Array:
        """The scores of pictures, (N)."""
        name = self.node.name
        return self._scores(self.net.activations(self.inputs(pictures), (name,))[name])

    def start(self, random: np.random.Generator) -> Array:
        """A picture to begin with, (C, H, W): of some greys with noise on them the one with the
        lowest score, so that nothing which is seen later was there; but not one where there is no
        gradient, such as below zero of a rectifier.
        """
        greys = random.random((_DRAWS, 1, 1, 1), np.float32)
        noise = random.standard_normal((_DRAWS, *self._shape), np.float32)
        drawn = np.clip(greys + np.float32(_NOISE) * noise, 0, 1)
        name = self.net.input
        found = self.net.look(self.inputs(drawn), self._seed, (name,), of=self.node.name)
        moving = found.gradients[name].any(axis=(1, 2, 3))
        scores = self._scores(found.values[self.node.name])
        best: Array = drawn[np.where(moving, scores, np.inf).argmin()]
        return best

    def climb(
        self,
        pictures: Array,
        generators: Sequence[np.random.Generator],
        progress: Progress,
    ) -> Array:
        """The pictures after all steps; each has a generator, which shifts it."""
        priors, uphill = self.priors, np.zeros_like(pictures)
        for step in range(priors.steps):
            left = 1 - step / priors.steps
            gradient = self._gradient(pictures, generators)
            if priors.natural:
                gradient = natural(gradient, reversed_colours=self.net.image.channels == "BGR")
            gradient = _unit(gradient)
            uphill = _MOMENTUM * uphill + (1 - _MOMENTUM) * gradient
            away = priors.l2 * (pictures - self._zero) + priors.tv * _variation(pictures)
            pictures = pictures + priors.rate * left * (_unit(uphill) - away)
            if priors.blur and step % _BLUR_EVERY == _BLUR_EVERY - 1:
                pictures = blurred(pictures, priors.blur * left)
            pictures = np.clip(pictures, 0, 1).astype(np.float32)
            progress(step + 1, priors.steps)
        return pictures

    def _gradient(self, pictures: Array, generators: Sequence[np.random.Generator]) -> Array:
        """How the scores change with the pixels of pictures that are shifted, what leaves on one
        side coming in on the other; shifted back.
        """
        most = [round(self.priors.jitter * side) for side in self._shape[1:]]
        shifts = [
            tuple(int(random.integers(-far, far + 1)) for far in most) for random in generators
        ]
        x, name = self.inputs(_rolled(pictures, shifts)), self.net.input
        found = self.net.gradients(x, self._seed, (name,), of=self.node.name)[name]
        return _rolled(found * self._range, [(-down, -right) for down, right in shifts])

    def _scores(self, answers: Array) -> Array:
        """The scores that the layer's answers hold."""
        scores: Array = (answers * self._seed).reshape(len(answers), -1).sum(axis=1)
        return scores


def _rolled(pictures: Array, shifts: Sequence[tuple[int, ...]]) -> Array:
    pairs = zip(pictures, shifts, strict=True)
    return np.stack([np.roll(picture, shift, (1, 2)) for picture, shift in pairs])


def _unit(directions: Array) -> Array:
    """Each with a root of its mean square of 1; one of zeros stays."""
    wide = directions.astype(np.float64)
    lengths = np.sqrt(np.square(wide).mean(axis=(1, 2, 3), keepdims=True))
    unit: Array = (wide / np.where(lengths > 0, lengths, 1)).astype(np.float32)
    return unit


def _variation(pictures: Array) -> Array:
    """The gradient of the total variation, the sum over pixels of sqrt(down^2 + right^2), their
    differences to the next pixels.
    """
    down = np.diff(pictures, axis=-2, append=pictures[..., -1:, :])
    right = np.diff(pictures, axis=-1, append=pictures[..., -1:])
    lengths = np.sqrt(down**2 + right**2 + np.float32(_EVEN**2))
    zero = np.float32(0)
    rows = np.diff(down / lengths, axis=-2, prepend=zero)
    columns = np.diff(right / lengths, axis=-1, prepend=zero)
    gradient: Array = -(rows + columns)
    return gradient
