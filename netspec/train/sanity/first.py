"""Whether a net knows nothing before it has learned."""

from __future__ import annotations

from math import isfinite

from netspec.train.data.dataset import Targets
from netspec.train.sanity.chance import chance
from netspec.train.sanity.check import Check
from netspec.train.sanity.probe import Probed
from netspec.train.sanity.setting import Setting

_NAME = "loss at the start"


def first_loss(setting: Setting, probed: Probed, y: Targets, causes: str) -> Check:
    """That the loss of a fresh net on these targets is about that of chance, and not far above it.

    `causes` is what may make it so.
    """
    loss = f"{probed.loss:.4g}"
    if not setting.fresh:
        return Check(_NAME, isfinite(probed.loss), f"{loss}, of weights that were learned before")
    expected = chance(setting.objective, y)
    text = f"{loss}, of {expected.words}"
    if not isfinite(probed.loss):
        return Check(_NAME, False, f"{text}; the gradients tell where")
    if probed.loss <= expected.most:
        return Check(_NAME, True, text)
    size = probed.sizes[setting.objective.scores]
    advice = causes or "do results grow from layer to layer?"
    return Check(_NAME, False, f"{text}: scores are too large, {size:.3g} on average; {advice}")
