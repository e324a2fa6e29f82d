"""Samples varied at random, so that a net learns what they show and not how they lie."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from netspec.text.training import Choice
from netspec.train.data.colouring import coloured
from netspec.train.data.draws import Draws
from netspec.train.data.resampling import MOVES, moved

#: Lanes of random numbers.
_FLIP, _DOWN, _ACROSS, _COLOUR, _MOVE = 10, 11, 12, 13, 20


@dataclass(frozen=True, eq=False)
class Augmentation:
    """What is done to samples (n, C, H, W), in this order whatever the order in which it is asked
    for: turned, scaled and shifted at once; cropped; flipped; coloured.
    """

    choices: Mapping[str, Choice]

    def apply(
        self,
        x: NDArray[np.float32],
        indices: NDArray[np.int64],
        draws: Draws,
        top: float | None,
    ) -> NDArray[np.float32]:
        """The samples, varied, each by the numbers that belong to its index.  (n, C, H, W) -> same.

        Colours stay within 0 and `top`, unless that is None.
        """
        moves = {name: self.choices[name] for name in MOVES if name in self.choices}
        if moves:
            x = moved(x, moves, indices, draws, _MOVE)
        if crop := self.choices.get("crop"):
            x = _cropped(x, int(crop["pad"]), indices, draws)
        if flip := self.choices.get("flip"):
            mirrored = draws.numbers(indices, _FLIP) < flip["chance"]
            x = np.where(mirrored[:, None, None, None], x[..., ::-1], x)
        if colour := self.choices.get("colour"):
            x = coloured(x, colour["strength"], indices, draws, _COLOUR, top)
        return x


def _cropped(
    x: NDArray[np.float32], pad: int, indices: NDArray[np.int64], draws: Draws
) -> NDArray[np.float32]:
    """A window of the same size somewhere in each picture, around which are zeros."""
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    windows = sliding_window_view(padded, x.shape[2:], (2, 3))
    down, across = (
        (draws.numbers(indices, lane) * (2 * pad + 1)).astype(np.int64) for lane in (_DOWN, _ACROSS)
    )
    return windows[np.arange(len(x)), :, down, across]
